import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hps_tf import body as bodies
from hps_tf.body import skeleton
from hps_tf.data.mocap.motion import BodyMotion


@pytest.fixture(scope="module")
def motion():
    rng = np.random.default_rng(0)
    rotations = Rotation.from_rotvec(rng.normal(0, 0.5, (6 * 24, 3))).as_matrix()
    return BodyMotion(rotations.reshape(6, 24, 3, 3), rng.normal(size=(6, 3)), 30.0)


def test_arms_are_level_in_the_t_pose(rest):
    for joint in ("elbow", "wrist", "hand"):
        np.testing.assert_allclose(rest.offset(f"l_{joint}")[1:], 0, atol=2e-3)
        assert rest.offset(f"l_{joint}")[0] > 0 > rest.offset(f"r_{joint}")[0]


def test_joints_are_those_of_the_body_model(rest, motion):
    body = bodies.load_default(3000)
    expected = body.joints(
        rotation_matrices=motion.rotation_matrices.astype(np.float32),
        translation=motion.translation.astype(np.float32),
    )
    np.testing.assert_allclose(rest.joint_positions(motion), expected, atol=1e-5)


def test_soles_of_the_standing_body_are_its_lowest_vertices(rest):
    body = bodies.load_default(3000)
    lowest = body().vertices.numpy()[0, :, 1].min()
    identity = np.tile(np.eye(3), (1, skeleton.NUM_JOINTS, 1, 1))
    standing = BodyMotion(identity, np.array([[0.0, 1.0, 0.0]]), 30.0)
    np.testing.assert_allclose(rest.lowest_sole(standing), [1 + lowest], atol=1e-3)
