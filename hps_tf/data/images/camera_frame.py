"""Bodies moved from the world into a camera.

Convention: metres, radians; extrinsics are 4 x 4 rigid motions from the world into OpenCV's camera
frame. A body turns about its pelvis joint, so that a motion (R, t) of a body whose pelvis rests at
p and that is moved by s turns it by R and moves it by R (p + s) + t - p.
"""

import numpy as np
from scipy.spatial.transform import Rotation

_TOLERANCE = 1e-3


def transform(points: np.ndarray, extrinsics: np.ndarray) -> np.ndarray:
    """Moves points `(N, K, 3)` by extrinsics `(N, 4, 4)` or `(4, 4)`."""
    rotation, offset = extrinsics[..., :3, :3], extrinsics[..., :3, 3]
    return points @ np.swapaxes(rotation, -1, -2) + offset[..., np.newaxis, :]


def move_body(
    pose: np.ndarray, translation: np.ndarray, pelvis: np.ndarray, extrinsics: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Moves bodies.

    Args:
      pose: `(N, 24, 3)` axis-angle.
      translation: `(N, 3)`.
      pelvis: `(3,)` where the pelvis joint of the body rests.
      extrinsics: `(N, 4, 4)` or `(4, 4)`.

    Returns:
      Pose and translation in the camera frame.
    """
    rotation, offset = extrinsics[..., :3, :3], extrinsics[..., :3, 3]
    moved = np.array(pose, np.float64)
    moved[:, 0] = (Rotation.from_matrix(rotation) * Rotation.from_rotvec(moved[:, 0])).as_rotvec()
    place = np.einsum("...ij,...j->...i", rotation, pelvis + translation) + offset - pelvis
    return moved, place


def is_rigid(extrinsics: np.ndarray) -> bool:
    """Tells whether all of `(..., 4, 4)` are rigid motions, to rounding."""
    rotation = extrinsics[..., :3, :3]
    squares = rotation @ np.swapaxes(rotation, -1, -2)
    return bool(
        np.abs(squares - np.eye(3)).max(initial=0.0) < _TOLERANCE
        and (np.linalg.det(rotation) > 0).all()
        and (extrinsics[..., 3, :] == (0, 0, 0, 1)).all()
    )
