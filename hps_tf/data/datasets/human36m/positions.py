"""Joints in Human3.6M's CDF files: variable ``Pose``, one record of (frames, joints x coordinates).

Of the 32 joints 17 move by themselves; the others repeat or end a bone. `JOINTS` are their places,
in the order of `hps_tf.body.skeleton.H36M17_NAMES`.
"""

from pathlib import Path

import numpy as np

from hps_tf.data.datasets.human36m import cdf_structure
from hps_tf.errors import InputError

NUM_JOINTS = 32
JOINTS = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)

_METRES = 1e-3
_VARIABLE = "Pose"
_MAX_BYTES = 1 << 26  # The longest video takes 5 million.
_MAX_FRAMES = 1 << 20
_KNEE, _ANKLE = 2, 3
_SHINS = (0.2, 0.7)  # Metres.


def read_3d(path: Path) -> np.ndarray:
    """Reads the 17 joints `(N, 17, 3)`, metres.

    Raises:
      InputError: If the file is damaged, or not of joints in millimetres.
      OSError: If it cannot be read.
    """
    joints = _read(path, 3) * _METRES
    shin = np.median(np.linalg.norm(joints[:, _KNEE] - joints[:, _ANKLE], axis=1))
    if not _SHINS[0] < shin < _SHINS[1]:
        raise InputError(
            f"{path}: expected joints in millimetres, received shins of {shin / _METRES:.4g}"
        )
    return joints


def read_2d(path: Path) -> np.ndarray:
    """Reads the 17 joints `(N, 17, 2)`, pixels; see `read_3d`."""
    return _read(path, 2)


def _read(path: Path, num_coordinates: int) -> np.ndarray:
    try:
        import cdflib
    except ImportError:
        raise InputError(
            "expected the package cdflib, which reads Human3.6M's files, received none;"
            " pip install 'hps_tf[human36m]'"
        ) from None
    size = path.stat().st_size
    if size > _MAX_BYTES:
        raise InputError(f"{path}: expected at most {_MAX_BYTES} bytes, received {size}")
    try:
        cdf_structure.check(path.read_bytes(), _VARIABLE, _MAX_BYTES)
        values = np.asarray(cdflib.CDF(path).varget(_VARIABLE))
    except Exception as error:  # A damaged file can raise anything.
        raise InputError(
            f"{path}: expected a CDF file with the variable {_VARIABLE}, received: {error}"
        ) from None
    width = num_coordinates * NUM_JOINTS
    if values.dtype.kind != "f" or values.ndim < 2 or values.shape[-1] != width:
        raise InputError(
            f"{path}, {_VARIABLE}: expected (frames, {width}) numbers, received {values.shape} of"
            f" {values.dtype}"
        )
    joints = values.astype(np.float64).reshape(-1, NUM_JOINTS, num_coordinates)[:, list(JOINTS)]
    if not 0 < len(joints) <= _MAX_FRAMES:
        raise InputError(f"{path}, {_VARIABLE}: expected frames, received {len(joints)}")
    is_bad = ~np.isfinite(joints).all(axis=(1, 2))
    if is_bad.any():
        raise InputError(
            f"{path}, {_VARIABLE}: expected finite numbers, received NaN in frame"
            f" {int(is_bad.argmax()) + 1}"
        )
    return joints
