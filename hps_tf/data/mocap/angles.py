"""Rotation angles as motion files hold them.

Convention: degrees; column vectors; the rotation of axes "ZYX" is Rz @ Ry @ Rx.
"""

from typing import Literal

import numpy as np
from scipy.spatial.transform import Rotation

from hps_tf.errors import InputError

#: What a file's angles can be in.
AngleUnit = Literal["degrees", "radians"]

# A body in degrees has some joint beyond this: arms hang 80 degrees below their zero pose. If they
# hang at zero too, somebody who stands still may have none.
_LARGEST_RADIANS = 2 * np.pi
# Below this, everything stands at zero pose, which means the same in either unit.
_ZERO_POSE = 0.02
# Programs that write radians write them within half a turn; the root alone may have turned farther.
_HALF_TURN = 1.02 * np.pi


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


def are_small(degrees: np.ndarray) -> bool:
    """Tells whether angles, any shape, are so small that they may be radians."""
    return bool(_ZERO_POSE < np.abs(degrees).max(initial=0.0) <= _LARGEST_RADIANS)


def check_degrees(degrees: np.ndarray, name: str) -> None:
    """Checks that small angles, taken as degrees, are not radians.

    Args:
      degrees: The rotation angles of all joints but the root, any shape.
      name: How errors call the file.

    Raises:
      InputError: If none is larger than half a turn in radians.
    """
    largest = np.abs(degrees).max(initial=0.0)
    if largest <= _HALF_TURN:
        raise looks_like_radians(f"none above {largest:.3g}", name)


def looks_like_radians(received: str, name: str) -> InputError:
    """Returns the error of a file whose angles look like radians, with the remedy."""
    return InputError(
        f"{name}: expected rotations in degrees, received {received}: these look like radians"
        " (state the unit: --angles degrees, or --angles radians)"
    )
