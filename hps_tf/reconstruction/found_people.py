"""Checks of people that a detector found, and of boxes that a user gives."""

import numpy as np

from hps_tf.detection.people import People
from hps_tf.errors import InputError


def checked_people(people: People) -> People:
    """Checks the output of a detector, which may be the user's own.

    Raises:
      InputError: If an array has another shape than `People` has.
    """
    count = len(people.boxes)
    shapes = {"boxes": (4,), "keypoints": (17, 2), "confidence": (17,), "score": ()}
    for name, shape in shapes.items():
        received = np.shape(getattr(people, name))
        if received != (count, *shape):
            raise InputError(
                f"detector: expected {name} of shape {(count, *shape)}, received {received}"
            )
    return People(*(np.asarray(part, np.float32) for part in people))


def usable(people: People) -> People:
    """Leaves out who has no keypoint that could be lifted."""
    points = np.isfinite(people.keypoints).all(axis=2) & (people.confidence > 0)
    return People(*(np.asarray(part)[points.any(axis=1)] for part in people))


def checked_boxes(given: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Checks boxes `(P, 4)` of an image `(H, W, 3)`; left, top, width and height, pixels.

    Raises:
      ValueError: If one has no area or lies outside the image.
    """
    checked = np.asarray(given, np.float32)
    if checked.ndim != 2 or checked.shape[1] != 4:
        raise ValueError(f"`boxes`: expected shape (P, 4) for each image, received {checked.shape}")
    height, width = image.shape[:2]
    overlaps = (checked[:, :2] < (width, height)).all(axis=1)
    overlaps &= (checked[:, :2] + checked[:, 2:] > 0).all(axis=1)
    is_box = np.isfinite(checked).all(axis=1) & (checked[:, 2:] >= 2).all(axis=1) & overlaps
    if not is_box.all():
        raise ValueError(
            f"`boxes`: expected some in the image of {width} x {height} pixels, of at least 2"
            f" pixels per side, received {checked[~is_box][0].tolist()}"
        )
    return checked
