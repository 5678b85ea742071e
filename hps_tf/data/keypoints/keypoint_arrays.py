"""Reader of MoveNet's arrays: an .npy file, or `output_0` of an .npz file.

A single-pose model gives `(1, 1, 17, 3)` per image, MultiPose `(1, 6, 56)`; images come first.
"""

import io

import numpy as np

from hps_tf.data.keypoints import detections_json, movenet_pose
from hps_tf.data.keypoints.people import People
from hps_tf.errors import InputError
from hps_tf.io.npz_arrays import DAMAGED, NpzArrays

_FIELD = "output_0"
_MAX_NUMBERS = 1 << 24
_MAX_AXES = 5


def is_archive_of_movenet(data: bytes) -> bool:
    """Returns whether an .npz file holds MoveNet's output."""
    return data.startswith(b"PK") and f"{_FIELD}.npy".encode() in data


def read(data: bytes, name: str, first_frame: int = 0) -> People:
    """Reads people from the content of a file.

    Args:
      data: The file's content; nothing of it is unpickled.
      name: How errors call the file.
      first_frame: Index of the first image.

    Raises:
      InputError: If it is damaged, or the array has another shape.
    """
    if is_archive_of_movenet(data):
        array = NpzArrays(data, name).numbers(_FIELD)
    else:
        array = _array(data, name)
    is_multi = array.shape[-1:] == (movenet_pose.NUM_MULTIPOSE,)
    is_single = array.shape[-2:] == (17, 3)
    if not (is_multi or is_single) or array.ndim > _MAX_AXES or array.size > _MAX_NUMBERS:
        raise InputError(
            f"{name}: expected MoveNet's array of shape (..., 17, 3) or (..., 6, 56), received"
            f" {array.shape}"
        )
    return detections_json.read(array.tolist(), name, first_frame)


def _array(data: bytes, name: str) -> np.ndarray:
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
            raise ValueError("something else than numbers")
        if array.size > _MAX_NUMBERS:
            raise ValueError(f"{array.size} of them, more than {_MAX_NUMBERS}")
        return array.astype(np.float64)
    except DAMAGED as error:
        raise InputError(f"{name}: expected an array of numbers, received: {error}") from None
