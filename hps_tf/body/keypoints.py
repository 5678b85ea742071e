"""Keypoint sets as blends of posed joints and of landmarks that the head carries rigidly.

Human3.6M's points approximate its marker skeleton: no body model is fitted to it here.
"""

import numpy as np

from hps_tf.body.skeleton import JOINT_NAMES, KEYPOINT_NAMES

#: Points fixed to the head joint that are no joints.
LANDMARK_NAMES = ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "head_top")

_POINT_NAMES = JOINT_NAMES + LANDMARK_NAMES

_BLENDS = {
    "pelvis": {"l_hip": 0.5, "r_hip": 0.5},
    "spine": {"spine2": 1.0},
    "thorax": {"neck": 0.5, "l_shoulder": 0.25, "r_shoulder": 0.25},
    "jaw": {"head": 1.0},
}


def blend_matrix(set_name: str) -> np.ndarray:
    """Returns the weights that blend joints and landmarks into a keypoint set.

    Args:
      set_name: A key of `skeleton.KEYPOINT_NAMES`.

    Returns:
      `(K, 24 + 6)` float32, rows summing to one; the columns are the joints, then the landmarks.

    Raises:
      ValueError: If there is no such set.
    """
    if set_name not in KEYPOINT_NAMES:
        raise ValueError(
            f"`set_name`: expected one of {', '.join(KEYPOINT_NAMES)}, received {set_name!r}"
        )
    names = KEYPOINT_NAMES[set_name]
    if names == JOINT_NAMES:
        return np.eye(len(names), len(_POINT_NAMES), dtype=np.float32)
    matrix = np.zeros((len(names), len(_POINT_NAMES)), np.float32)
    for row, name in zip(matrix, names, strict=True):
        for point, weight in _blend(name).items():
            row[_POINT_NAMES.index(point)] = weight
    return matrix


def _blend(keypoint: str) -> dict[str, float]:
    if keypoint in _BLENDS:
        return _BLENDS[keypoint]
    if keypoint in LANDMARK_NAMES:
        return {keypoint: 1.0}
    side, joint = keypoint.split("_")
    return {f"{side[0]}_{joint}": 1.0}
