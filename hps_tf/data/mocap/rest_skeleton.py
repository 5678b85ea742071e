"""The body's joints at rest, as far as retargeting needs them.

Convention: metres; y up, facing +z, left = +x; rest is the T-pose, where every joint's frame is
aligned with the world.
"""

import dataclasses

import numpy as np

from hps_tf.body import skeleton
from hps_tf.body.body_data import BodyData
from hps_tf.data.mocap import kinematics
from hps_tf.data.mocap.motion import BodyMotion

_FEET = [skeleton.JOINT_NAMES.index(f"{side}_{j}") for side in "lr" for j in ("ankle", "foot")]


@dataclasses.dataclass(frozen=True)
class RestSkeleton:
    """The T-pose of a body.

    Attributes:
      offsets: `(24, 3)` joint from its parent; zero for the pelvis.
      sole: Height of the soles above the pelvis (negative).
    """

    offsets: np.ndarray
    sole: float

    @classmethod
    def from_body(cls, body: BodyData) -> "RestSkeleton":
        """Turns a body's mean shape from the pose it is stored in to its T-pose.

        The soles are taken from the stored pose, where the body stands upright.
        """
        joints = body.template_joints
        offsets = np.zeros((skeleton.NUM_JOINTS, 3))
        for joint, parent in enumerate(skeleton.PARENTS):
            if parent >= 0:
                offsets[joint] = body.rest_rotations[parent] @ (joints[joint] - joints[parent])
        return cls(offsets, float(body.template[:, 1].min() - joints[0, 1]))

    def offset(self, joint: str) -> np.ndarray:
        """Returns a joint's offset `(3,)` from its parent."""
        return self.offsets[skeleton.JOINT_NAMES.index(joint)]

    def joint_positions(self, motion: BodyMotion) -> np.ndarray:
        """Returns the world positions `(F, 24, 3)` of the joints of a body in motion."""
        offsets = np.tile(self.offsets, (motion.num_frames, 1, 1))
        offsets[:, 0] = motion.translation
        return kinematics.forward_kinematics(motion.rotation_matrices, offsets, skeleton.PARENTS)[1]

    def lowest_sole(self, motion: BodyMotion) -> np.ndarray:
        """Returns the height `(F,)` of the lower foot's sole.

        Each foot is taken as flat: its sole is as far below its ankle and ball as at rest.
        """
        rest = np.zeros((1, 3))
        identity = np.broadcast_to(np.eye(3), (1, skeleton.NUM_JOINTS, 3, 3))
        standing = self.joint_positions(BodyMotion(identity, rest, motion.fps))[0]
        above_sole = standing[_FEET, 1] - self.sole
        return (self.joint_positions(motion)[:, _FEET, 1] - above_sole).min(axis=1)
