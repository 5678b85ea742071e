"""Pictures of a network's predictions beside the labels.

Convention: pixels of the input image; part labels as in `hps_tf.body.parts`.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image

from hps_tf.rendering.colour import to_uint8
from hps_tf.visualization.contact_sheet import contact_sheet
from hps_tf.visualization.overlay import Marks, overlay
from hps_tf.visualization.palette import PART_COLOURS

_SIDE = 192
"""Pixels of a picture's side, at least; smaller images are enlarged."""

_LABEL_OPACITY = 0.65


class Pictured(NamedTuple):
    """An image with its prediction and its labels.

    Attributes:
      image: `(S, S, 3)` float in 0..1.
      intrinsics: `(3, 3)` of its camera.
      vertices: `(V, 3)` predicted, in the camera frame.
      detected_2d: `(17, 2)` keypoints of the heatmaps.
      is_sure: `(17,)` which of them to show.
      keypoints_2d: `(17, 2)` those of the predicted body, projected.
      part_labels: `(h, h)` predicted labels.
      true_vertices: `(V, 3)`, or None where the pose is not known.
      true_part_labels: `(h, h)`, or None where they are not known.
    """

    image: np.ndarray
    intrinsics: np.ndarray
    vertices: np.ndarray
    detected_2d: np.ndarray
    is_sure: np.ndarray
    keypoints_2d: np.ndarray
    part_labels: np.ndarray
    true_vertices: np.ndarray | None = None
    true_part_labels: np.ndarray | None = None


def prediction_sheet(people: list[Pictured], faces: np.ndarray, title: str) -> np.ndarray:
    """Draws one image per row: the image, part maps and body found, and true ones if any are known.

    Args:
      people: The images.
      faces: `(F, 3)` vertex indices.
      title: A line above them all.

    Returns:
      `(H, W, 3)` uint8 RGB.
    """
    has_truth = any(
        person.true_vertices is not None or person.true_part_labels is not None for person in people
    )
    pictures, captions = [], []
    for person in people:
        row = _row(person, faces)
        if not has_truth:
            del row[4], row[2]
        for picture, caption in row:
            pictures.append(picture)
            captions.append(caption)
    columns = len(pictures) // len(people)
    return contact_sheet(pictures, columns, title=title, captions=captions)


def _row(person: Pictured, faces: np.ndarray) -> list[tuple[np.ndarray, str]]:
    scale = max(1, -(-_SIDE // person.image.shape[0]))
    image = _enlarged(to_uint8(person.image), scale)
    camera = person.intrinsics.copy()
    camera[:2, 2] += 0.5
    camera[:2] *= scale
    camera[:2, 2] -= 0.5
    marks = Marks(
        (scale * (person.detected_2d + 0.5) - 0.5)[np.newaxis],
        person.is_sure[np.newaxis],
        (scale * (person.keypoints_2d + 0.5) - 0.5)[np.newaxis],
    )
    true_parts, true_body = image, image
    if person.true_part_labels is not None:
        true_parts = _with_parts(image, person.true_part_labels)
    if person.true_vertices is not None:
        true_body = overlay(image, person.true_vertices[np.newaxis], faces, camera)
    return [
        (image, "image"),
        (_with_parts(image, person.part_labels), "parts found"),
        (true_parts, "true parts" if person.true_part_labels is not None else "not labelled"),
        (overlay(image, person.vertices[np.newaxis], faces, camera, marks=marks), "body found"),
        (true_body, "true body" if person.true_vertices is not None else "not labelled"),
    ]


def _enlarged(image: np.ndarray, scale: int) -> np.ndarray:
    return image.repeat(scale, axis=0).repeat(scale, axis=1)


def _with_parts(image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    size = image.shape[1], image.shape[0]
    labels = np.asarray(Image.fromarray(labels).resize(size, Image.Resampling.NEAREST))
    opacity = _LABEL_OPACITY * (labels > 0)[..., np.newaxis]
    return to_uint8((1 - opacity) * (image / 255.0) + opacity * PART_COLOURS[labels])
