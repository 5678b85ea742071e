"""Square crops around people, with all that is known of them moved into the crop.

Convention: pixels (x right, y down), centres at integers; a box is (left, top, width, height) and
its edges lie half a pixel outside the centres of its pixels, as in `hps_tf.geometry.camera`. A crop
of S x S pixels covers its box from edge to edge.

What lies outside the photograph is mid grey: repeating the border would draw limbs on from where
the photograph cuts them off.
"""

import io
from typing import NamedTuple

import numpy as np
from PIL import Image

from hps_tf.data.keypoints.part_masks import PartMap
from hps_tf.geometry import camera

#: Side of the crop over the longer side of the person's box.
MARGIN = 1.25

GREY = 128
_JPEG_QUALITY = 95
FILTER_REACH = 2  # The bicubic filter's, in pixels of the coarser of its two images.
_MAX_COORDINATE = 1e6
_MAX_PIXELS = 1 << 28  # Of a box; more would fill the memory.


class PersonCrop(NamedTuple):
    """A crop and its labels.

    Attributes:
      image: `(S, S, 3)` as an encoded JPEG.
      box: `(4,)` square that it covers of the full frame.
      intrinsics: `(3, 3)` of the camera that sees the crop.
      keypoints: `(K, 2)` pixels of the crop, if there were any.
      part_labels: `(S, S)` uint8, if there was a map.
    """

    image: bytes
    box: np.ndarray
    intrinsics: np.ndarray
    keypoints: np.ndarray | None
    part_labels: np.ndarray | None


def crop_person(
    photograph: np.ndarray,
    box: np.ndarray,
    intrinsics: np.ndarray,
    image_size: int,
    *,
    margin: float = MARGIN,
    keypoints: np.ndarray | None = None,
    part_map: PartMap | None = None,
) -> PersonCrop:
    """Cuts a person out of a photograph.

    Args:
      photograph: `(H, W, 3)` uint8.
      box: `(4,)` around the person.
      intrinsics: `(3, 3)` of the full frame.
      image_size: S.
      margin: Side of the crop over the longer side of `box`.
      keypoints: `(K, 2)` pixels of the full frame.
      part_map: The person's parts.

    Returns:
      The crop.

    Raises:
      ValueError: If the photograph or a box is none that can be cropped.
    """
    square = square_box(box, margin)
    size = (image_size, image_size)
    moved = None
    if keypoints is not None:
        moved = camera.crop_points(np.asarray(keypoints, np.float64), square, size).numpy()
    part_labels = None
    if part_map is not None:
        part_labels = crop_labels(part_map, square, image_size, photograph.shape[:2])
    return PersonCrop(
        encode_jpeg(crop_pixels(photograph, square, image_size)),
        square,
        camera.crop_intrinsics(np.asarray(intrinsics, np.float64), square, size).numpy(),
        moved,
        part_labels,
    )


def square_box(box: np.ndarray, margin: float = MARGIN) -> np.ndarray:
    """Returns the `(4,)` square with the middle of a box and `margin` times its longer side.

    Raises:
      ValueError: If the box is not finite or has no area.
    """
    left, top, width, height = np.asarray(box, np.float64)
    if not (np.isfinite(box).all() and width > 0 and height > 0):
        raise ValueError(f"`box`: expected an area, received {np.asarray(box).tolist()}")
    side = margin * max(width, height)
    return np.array([left + (width - side) / 2, top + (height - side) / 2, side, side])


def crop_pixels(photograph: np.ndarray, box: np.ndarray, image_size: int) -> np.ndarray:
    """Resamples a box of a photograph, with antialiasing.

    Args:
      photograph: `(H, W, 3)` uint8.
      box: `(4,)`; may leave the photograph.
      image_size: S.

    Returns:
      `(S, S, 3)` uint8, mid grey outside the photograph.

    Raises:
      ValueError: If the photograph has another shape or type, or the box has no area or too large
        a one.
    """
    if photograph.ndim != 3 or photograph.shape[2] != 3 or photograph.dtype != np.uint8:
        raise ValueError(
            f"`photograph`: expected (H, W, 3) uint8, received {photograph.shape}"
            f" {photograph.dtype}"
        )
    corner, extent = np.split(np.asarray(box, np.float64), 2)
    is_near = (np.abs(box) <= _MAX_COORDINATE).all()
    if not is_near or not (extent > 0).all() or extent.prod() > _MAX_PIXELS:
        raise ValueError(
            f"`box`: expected one within {_MAX_COORDINATE:g} pixels that covers at most"
            f" {_MAX_PIXELS}, received"
            f" {np.asarray(box).tolist()}"
        )
    # Whole pixels around the box, as many as the filter reaches, then the exact box within them.
    reach = np.ceil(FILTER_REACH * np.maximum(1.0, extent / image_size)).astype(int)
    low = np.floor(corner).astype(int) - reach
    high = np.ceil(corner + extent).astype(int) + reach
    around = Image.fromarray(_padded(photograph, low, high))
    inner = corner - low
    cropped = around.resize(
        (image_size, image_size),
        Image.Resampling.BICUBIC,
        box=(*inner.tolist(), *(inner + extent).tolist()),
    )
    return np.asarray(cropped)


def crop_labels(
    part_map: PartMap, box: np.ndarray, image_size: int, frame_size: tuple[int, ...]
) -> np.ndarray:
    """Resamples a map of parts to a box, the label at each pixel's centre.

    Args:
      part_map: The map; it need not cover the box.
      box: `(4,)` in the full frame.
      image_size: S.
      frame_size: Height and width of the full frame; beyond it nothing is labelled.

    Returns:
      `(S, S)` uint8.
    """
    size = (image_size, image_size)
    diagonal = np.repeat(np.arange(image_size, dtype=np.float64)[:, np.newaxis], 2, axis=1)
    pixels = camera.uncrop_points(diagonal, np.asarray(box, np.float64), size).numpy()
    columns, has_column = _cells(pixels[:, 0], part_map, axis=1, frame_side=frame_size[1])
    rows, has_row = _cells(pixels[:, 1], part_map, axis=0, frame_side=frame_size[0])
    return part_map.labels[np.ix_(rows, columns)] * np.outer(has_row, has_column)


def encode_jpeg(pixels: np.ndarray) -> bytes:
    """Encodes `(H, W, 3)` uint8 pixels."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()


def _padded(photograph: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The pixels from `low` to before `high`, both (x, y)."""
    width, height = high - low
    padded = np.full((height, width, 3), GREY, np.uint8)
    frame = photograph.shape[1::-1]
    (left, top), (right, bottom) = np.clip(low, 0, frame), np.clip(high, 0, frame)
    x, y = low
    padded[top - y : bottom - y, left - x : right - x] = photograph[top:bottom, left:right]
    return padded


def _cells(
    pixels: np.ndarray, part_map: PartMap, axis: int, frame_side: int
) -> tuple[np.ndarray, np.ndarray]:
    """The cell of a map along an axis that each pixel's centre falls in, and whether one does."""
    first, length = part_map.box[1 - axis], part_map.box[3 - axis]
    count = part_map.labels.shape[axis]
    place = np.floor((pixels + 0.5 - first) * count / length)
    is_labelled = (place >= 0) & (place < count) & (pixels >= -0.5) & (pixels < frame_side - 0.5)
    return np.where(is_labelled, place, 0).astype(int), is_labelled.astype(np.uint8)
