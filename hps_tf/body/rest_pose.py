"""Rotations that carry a body's native pose into the T-pose of zero rotations.

Convention: y up, facing +z, left = +x. A mesh modelled in an A-pose stays in it: baking a T-pose
would bake its armpit artefacts into every pose.
"""

import itertools

import numpy as np

from hps_tf.body.skeleton import JOINT_NAMES, NUM_JOINTS
from hps_tf.geometry import shortest_rotation

_SIDES = (("l", np.array([1.0, 0.0, 0.0])), ("r", np.array([-1.0, 0.0, 0.0])))


def rest_rotations(joints: np.ndarray, knuckles: np.ndarray) -> np.ndarray:
    """Computes each joint's global rotation from the native pose to the T-pose.

    Upper arm, forearm and hand become horizontal, palms down; the palm's twist is shared evenly
    between forearm and hand. All other joints keep their orientation.

    Args:
      joints: `(24, 3)` joints of the mean shape in the native pose.
      knuckles: `(4, 3)` of index and little finger, left then right. The line from the little
        to the index finger points forwards in the T-pose.

    Returns:
      `(24, 3, 3)` rotation matrices.
    """
    rotations = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    for (side, outwards), (index, little) in zip(_SIDES, knuckles.reshape(2, 2, 3), strict=True):
        chain = [
            JOINT_NAMES.index(f"{side}_{name}") for name in ("shoulder", "elbow", "wrist", "hand")
        ]
        _, elbow, wrist, hand = chain
        rotation = np.eye(3)
        for joint, child in itertools.pairwise(chain):
            bone = rotation @ (joints[child] - joints[joint])
            rotation = shortest_rotation.between(bone, outwards) @ rotation
            rotations[joint] = rotation
        palm = rotations[wrist] @ (index - little)
        twist = np.arctan2(palm[1], palm[2])
        rotations[elbow] = _rotation_about_x(0.5 * twist) @ rotations[elbow]
        rotations[wrist] = _rotation_about_x(twist) @ rotations[wrist]
        rotations[hand] = rotations[wrist]
    return rotations


def _rotation_about_x(angle: float) -> np.ndarray:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])
