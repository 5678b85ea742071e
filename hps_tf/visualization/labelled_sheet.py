"""Contact sheets of image examples: each image beside its labels drawn over it.

Over the image lie the part map in the parts' colours, the outline of the posed body, and a dot at
each labelled keypoint, fainter where its weight is lower.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw

from hps_tf.body import BodyModel
from hps_tf.data.images import image_records
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.images.image_example import ImageExample
from hps_tf.rendering import BACKGROUND, rasterize
from hps_tf.rendering.colour import to_uint8
from hps_tf.visualization import palette
from hps_tf.visualization.contact_sheet import contact_sheet

_CELL = 224
"""Pixels a side of an image in the sheet, about: small ones are enlarged by a whole factor."""

_PART_OPACITY = 0.55
_DOT_RADIUS = 2.6
_INK = to_uint8(np.array(palette.INK)).tolist()


def of_examples(
    examples: Sequence[ImageExample], image_size: int, body: BodyModel, columns: int, title: str
) -> np.ndarray:
    """Draws examples.

    Args:
      examples: The examples, of one size.
      image_size: S.
      body: Whose poses and shapes they are labelled with.
      columns: Examples in a row.
      title: Above them all.

    Returns:
      `(H, W, 3)` uint8 RGB.
    """
    records = np.array([image_records.encode(example) for example in examples], object)
    return _draw(image_records.parse(records, image_size, body.num_shape), body, columns, title)


def of_dataset(
    dataset: ImageDataset, count: int, body: BodyModel | None, columns: int, title: str
) -> np.ndarray:
    """Draws examples spread evenly over a split.

    Args:
      dataset: The split.
      count: How many, at most.
      body: Whose poses and shapes they are labelled with; without one there are no outlines.
      columns: Examples in a row.
      title: Above them all.

    Returns:
      `(H, W, 3)` uint8 RGB.

    Raises:
      InputError: If an entry is damaged.
    """
    numbers = np.unique(np.linspace(0, len(dataset) - 1, count).round().astype(int))
    records = dataset.records(numbers)
    batch = image_records.parse(records, dataset.image_size, dataset.num_shape)
    return _draw(batch, body, columns, title)


def _draw(
    batch: image_records.Batch, body: BodyModel | None, columns: int, title: str
) -> np.ndarray:
    arrays = {field: values.numpy() for field, values in batch.items()}
    vertices = None
    if body is not None:
        posed = body(**{name: batch[name] for name in ("pose", "shape", "translation")})
        vertices = posed.vertices.numpy()
    cells, captions = [], []
    for index in range(len(arrays["image"])):
        example = {field: values[index] for field, values in arrays.items()}
        image = to_uint8(example["image"])
        scale = max(1, round(_CELL / len(image)))
        labelled = _labelled(image, example, scale)
        if body is not None and vertices is not None and example["has_pose"]:
            labelled = _with_outline(labelled, vertices[index], body.faces, example, scale)
        labelled = _with_dots(labelled, example, scale)
        cells.append(np.concatenate([_enlarged(image, scale), labelled], axis=1))
        captions.append(example["name"].decode())
    return contact_sheet(cells, columns, title=title, captions=captions)


def _labelled(image: np.ndarray, example: Mapping[str, np.ndarray], scale: int) -> np.ndarray:
    labels = example["part_labels"]
    opacity = _PART_OPACITY * (labels > 0)[..., np.newaxis]
    mixed = (1 - opacity) * image + opacity * 255 * palette.PART_COLOURS[labels]
    return _enlarged(mixed.round().astype(np.uint8), scale)


def _enlarged(image: np.ndarray, scale: int) -> np.ndarray:
    return image.repeat(scale, axis=0).repeat(scale, axis=1)


def _with_outline(
    picture: np.ndarray,
    vertices: np.ndarray,
    faces: np.ndarray,
    example: Mapping[str, np.ndarray],
    scale: int,
) -> np.ndarray:
    """Draws the border of the body's silhouette, just outside of it."""
    camera = example["intrinsics"].astype(np.float64)
    camera[:2] *= scale
    camera[:2, 2] += (scale - 1) / 2
    raster = rasterize(vertices, faces, camera, picture.shape[:2])
    inside = np.pad(raster.triangles != BACKGROUND, 1)
    near = inside[:-2, 1:-1] | inside[2:, 1:-1] | inside[1:-1, :-2] | inside[1:-1, 2:]
    picture = picture.copy()
    picture[near & ~inside[1:-1, 1:-1]] = 255
    return picture


def _with_dots(picture: np.ndarray, example: Mapping[str, np.ndarray], scale: int) -> np.ndarray:
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image, "RGBA")
    for (x, y), weight in zip(
        scale * (example["keypoints_2d"] + 0.5) - 0.5, example["keypoint_weights"], strict=True
    ):
        if weight > 0:
            opacity = round(255 * min(1.0, 0.3 + 0.7 * float(weight)))
            box = (x - _DOT_RADIUS, y - _DOT_RADIUS, x + _DOT_RADIUS, y + _DOT_RADIUS)
            draw.ellipse(box, fill=(255, 255, 255, opacity), outline=(*_INK, opacity))
    return np.asarray(image)
