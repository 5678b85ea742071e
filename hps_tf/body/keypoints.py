"""Keypoint sets as blends of posed joints and of landmarks that the head carries rigidly.

Human3.6M's points approximate its marker skeleton: no body model is fitted to it here.
"""

import numpy as np

from hps_tf.body.skeleton import JOINT_NAMES, KEYPOINT_NAMES, SMPL24, Skeleton

#: Points fixed to the head joint that are no joints.
LANDMARK_NAMES = ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "head_top")

_BLENDS = {
    "pelvis": {"l_hip": 0.5, "r_hip": 0.5},
    "spine": {"spine2": 1.0},
    "thorax": {"neck": 0.5, "l_shoulder": 0.25, "r_shoulder": 0.25},
    "jaw": {"head": 1.0},
}


def blend_matrix(set_name: str, skeleton: Skeleton = SMPL24) -> np.ndarray:
    """Returns the weights that blend joints and landmarks into a keypoint set.

    Args:
      set_name: A key of `skeleton.KEYPOINT_NAMES`.
      skeleton: The body's joint tree.

    Returns:
      `(K, J + 6)` float32, rows summing to one; the columns are the joints, then the landmarks.

    Raises:
      ValueError: If there is no such set.
    """
    if set_name not in KEYPOINT_NAMES:
        raise ValueError(
            f"`set_name`: expected one of {', '.join(KEYPOINT_NAMES)}, received {set_name!r}"
        )
    names = KEYPOINT_NAMES[set_name]
    num_joints = skeleton.num_joints
    matrix = np.zeros((len(names), num_joints + len(LANDMARK_NAMES)), np.float32)
    if names == JOINT_NAMES:
        matrix[np.arange(len(names)), skeleton.smpl24] = 1.0
        return matrix
    for row, name in zip(matrix, names, strict=True):
        for point, weight in _blend(name).items():
            if point in LANDMARK_NAMES:
                row[num_joints + LANDMARK_NAMES.index(point)] = weight
            else:
                row[skeleton.index(point)] = weight
    return matrix


def _blend(keypoint: str) -> dict[str, float]:
    if keypoint in _BLENDS:
        return _BLENDS[keypoint]
    if keypoint in LANDMARK_NAMES:
        return {keypoint: 1.0}
    side, joint = keypoint.split("_")
    return {f"{side[0]}_{joint}": 1.0}
