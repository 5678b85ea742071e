"""Cameras: how they look at a person, and the square that is cut out around the person.

Convention: the camera frame is OpenCV's (x right, y down, z forward), metres; the world is y up.
The full frame is notional, of `FRAME_SIZE` pixels per side; boxes are left, top, width, height.
"""

from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from hps_tf.data.synthetic.style import Style

FRAME_SIZE = 1000.0

_ROLL = np.radians(3)
_SHARE_OF_FRAME = (0.3, 0.9)
_NEAREST = 1.0
"""Metres from the camera to the nearest vertex, at least."""

_MARGIN = (1.15, 1.5)
_JITTER = 0.03
_TRUNCATED = 0.1
"""Share of people of whom the legs or a side are cut off."""

_CUT = (0.15, 0.4)


class Shot(NamedTuple):
    """How a person is pictured.

    Attributes:
      focal_length: Pixels of the full frame.
      translation: `(3,)` of the body, in the camera frame.
      box: `(4,)` the cut-out of the full frame.
    """

    focal_length: float
    translation: np.ndarray
    box: np.ndarray

    @property
    def intrinsics(self) -> np.ndarray:
        """`(3, 3)` of the full frame."""
        centre = (FRAME_SIZE - 1) / 2
        focal = self.focal_length
        return np.array([[focal, 0, centre], [0, focal, centre], [0, 0, 1.0]])


def orientation(rng: np.random.Generator, style: Style) -> Rotation:
    """Draws the rotation from the world to the camera; the camera looks level or down."""
    pitch = np.radians(rng.uniform(*style.pitch))
    roll = np.clip(rng.normal(0, _ROLL), -2 * _ROLL, 2 * _ROLL)
    facing = Rotation.from_rotvec([np.pi, 0, 0])  # y up, looking along -z
    return Rotation.from_rotvec([0, 0, roll]) * Rotation.from_rotvec([pitch, 0, 0]) * facing


def take(rng: np.random.Generator, vertices: np.ndarray, style: Style) -> Shot:
    """Puts a person somewhere in the full frame and chooses the square to cut out.

    Args:
      rng: Source of randomness.
      vertices: `(..., V, 3)` of the body, turned as the camera sees it, around the origin; the
        square holds them all.
      style: The image domain.

    Returns:
      The shot.
    """
    points = np.ascontiguousarray(vertices.reshape(-1, 3).T, np.float64)
    low, high = points.min(axis=1), points.max(axis=1)
    extent = (high - low)[:2].max()
    focal_length = FRAME_SIZE * rng.uniform(*style.focal_length)
    share = rng.uniform(*_SHARE_OF_FRAME)
    depth = max(focal_length * extent / (share * FRAME_SIZE), _NEAREST - low[2])
    room = max(0.0, FRAME_SIZE - focal_length * extent / depth) / 2
    offset = room * rng.uniform(-1, 1, 2)
    translation = np.append(offset / focal_length * depth - (low + high)[:2] / 2, depth)
    shot = Shot(focal_length, translation.astype(np.float32), np.zeros(4))
    x, y, z = points + shot.translation[:, np.newaxis]
    pixels = focal_length * np.stack([x, y]) / z + (FRAME_SIZE - 1) / 2
    return shot._replace(box=_square(rng, pixels.min(axis=1), pixels.max(axis=1)))


def _square(rng: np.random.Generator, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The square `(4,)` around the points from `low` to `high`, some of which it may cut off."""
    margin = rng.uniform(*_MARGIN)
    if rng.uniform() >= _TRUNCATED:
        side = (high - low).max() * margin
        jitter = side * rng.uniform(-_JITTER, _JITTER, 2)
        return np.append((low + high - side) / 2 + jitter, (side, side))
    low, high = low.copy(), high.copy()
    edge = rng.choice(("bottom", "left", "right"), p=(0.6, 0.2, 0.2))
    cut = rng.uniform(*_CUT) * (high - low)
    if edge == "bottom":
        high[1] -= cut[1]
    elif edge == "left":
        low[0] += cut[0]
    else:
        high[0] -= cut[0]
    side = (high - low).max() * margin
    # The cut is the square's edge, however much room there is.
    corner = (low + high - side) / 2
    if edge == "bottom":
        corner[1] = high[1] - side
    elif edge == "left":
        corner[0] = low[0]
    else:
        corner[0] = high[0] - side
    return np.append(corner, (side, side))
