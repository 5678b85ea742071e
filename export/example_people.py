"""Pictures of people, for requests that a model is tried with."""

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import JOINT_NAMES, NUM_JOINTS
from hps_tf.visualization.body_picture import body_picture

_LEFT, _RIGHT = JOINT_NAMES.index("l_shoulder"), JOINT_NAMES.index("r_shoulder")
_LOWEST, _HIGHEST = -1.2, -0.5  # Radians by which the arms are turned about the way they face.


def pictures(body: BodyModel, size: tuple[int, int], count: int) -> np.ndarray:
    """Pictures people who stand, each with the arms held higher than the one before.

    Args:
      body: The body model.
      size: Height and width.
      count: How many pictures, of a person each.

    Returns:
      `(count, H, W, 3)` uint8 RGB.
    """
    pose = np.zeros((count, NUM_JOINTS, 3), np.float32)
    pose[:, _LEFT, 2] = np.linspace(_LOWEST, _HIGHEST, count)
    pose[:, _RIGHT, 2] = -pose[:, _LEFT, 2]
    vertices, _ = body(pose=pose)
    return np.stack([body_picture(points, body.faces, view=size) for points in vertices.numpy()])
