import itertools

import numpy as np

from hps_tf.body import rest_pose
from hps_tf.body.skeleton import JOINT_NAMES


def test_t_pose_needs_no_rotation():
    joints = np.zeros((24, 3))
    for side, outwards in (("l", 1.0), ("r", -1.0)):
        for distance, name in enumerate(("shoulder", "elbow", "wrist", "hand")):
            joints[JOINT_NAMES.index(f"{side}_{name}"), 0] = outwards * (0.2 + 0.3 * distance)
    knuckles = np.array(
        [[1.1, 0.0, 0.04], [1.1, 0.0, -0.04], [-1.1, 0.0, 0.04], [-1.1, 0.0, -0.04]]
    )
    rotations = rest_pose.rest_rotations(joints, knuckles)
    np.testing.assert_allclose(rotations, np.tile(np.eye(3), (24, 1, 1)), atol=1e-15)


def test_arms_become_horizontal_and_palms_level(data):
    joints = data.template_joints
    rng = np.random.default_rng(0)
    hands = [JOINT_NAMES.index(f"{side}_hand") for side in ("l", "r")]
    knuckles = np.repeat(joints[hands], 2, axis=0) + rng.normal(0.0, 0.02, (4, 3))
    rotations = rest_pose.rest_rotations(joints, knuckles)
    for side, outwards, (index, little) in zip(
        ("l", "r"), (1.0, -1.0), knuckles.reshape(2, 2, 3), strict=True
    ):
        chain = [JOINT_NAMES.index(f"{side}_{n}") for n in ("shoulder", "elbow", "wrist", "hand")]
        for joint, child in itertools.pairwise(chain):
            bone = rotations[joint] @ (joints[child] - joints[joint])
            np.testing.assert_allclose(bone / np.linalg.norm(bone), [outwards, 0, 0], atol=1e-12)
        palm = rotations[chain[2]] @ (index - little)
        assert abs(palm[1]) < 1e-12
        assert palm[2] > 0.0


def test_result_is_rotations(data):
    rotations = rest_pose.rest_rotations(data.template_joints, np.eye(4)[:, :3])
    identity = np.tile(np.eye(3), (24, 1, 1))
    np.testing.assert_allclose(rotations @ np.swapaxes(rotations, 1, 2), identity, atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(rotations), 1.0)
