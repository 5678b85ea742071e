"""Rotation angles as motion files hold them.

Convention: degrees; column vectors; the rotation of axes "ZYX" is Rz @ Ry @ Rx.
"""

import numpy as np
from scipy.spatial.transform import Rotation

from hps_tf.errors import InputError

# A body in degrees has some joint beyond this: arms hang 80 degrees below their zero pose.
_LARGEST_RADIANS = 2 * np.pi
# Below this, everything stands at zero pose, which means the same in either unit.
_ZERO_POSE = 0.02


def to_matrices(axes: str, degrees: np.ndarray) -> np.ndarray:
    """Turns angles about one to three axes into rotation matrices.

    Args:
      axes: The axes in the order of the product, e.g. ``"ZYX"``; "" is the identity.
      degrees: `(..., len(axes))` angles.

    Returns:
      `(..., 3, 3)` rotation matrices.
    """
    if not axes:
        return np.broadcast_to(np.eye(3), (*degrees.shape[:-1], 3, 3))
    angles = degrees.reshape(-1, len(axes))
    rotations = Rotation.from_euler(axes, angles, degrees=True).as_matrix()
    return rotations.reshape(*degrees.shape[:-1], 3, 3)


def check_degrees(degrees: np.ndarray, name: str) -> None:
    """Checks that angles declared as degrees are not radians.

    Args:
      degrees: All rotation angles of the file, any shape.
      name: How errors call the file.

    Raises:
      InputError: If the body moves, but no angle is larger than a full turn in radians.
    """
    largest = np.abs(degrees).max(initial=0.0)
    if _ZERO_POSE < largest <= _LARGEST_RADIANS:
        raise InputError(
            f"{name}: expected rotations in degrees, received none above {largest:.3g}: these look"
            " like radians"
        )
