import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_default
from hps_tf.body.skeleton import JOINT_NAMES
from hps_tf.geometry import axis_angle

STEP = 1e-2


@pytest.fixture(scope="module")
def body():
    return load_default(num_vertices=3000)


@pytest.fixture(scope="module")
def bodies(body):
    rng = np.random.default_rng(0)
    pose = 0.5 * rng.normal(size=(3, 24, 3)).astype(np.float32)
    shape = rng.normal(size=(3, body.num_shape)).astype(np.float32)
    return {"rotation_matrices": axis_angle.to_matrix(pose), "shape": shape}


@pytest.fixture(scope="module")
def posed(body, bodies):
    return body.keypoint_chain("coco17")(*bodies.values())


@pytest.mark.parametrize("name", ["coco17", "smpl24", "h36m17"])
def test_points_are_the_body_models(body, bodies, name):
    posed = body.keypoint_chain(name)(*bodies.values())
    np.testing.assert_allclose(posed.points, body.keypoints(name, **bodies), atol=1e-6)


@pytest.mark.parametrize("joint", ["pelvis", "l_knee", "spine1", "head", "r_wrist"])
def test_a_turn_moves_points_across_their_levers(body, bodies, posed, joint):
    row = JOINT_NAMES.index(joint)
    for axis in range(3):
        turn = np.zeros((24, 3), np.float32)
        turn[row, axis] = STEP
        forward, backward = (
            body.keypoints(
                "coco17",
                rotation_matrices=bodies["rotation_matrices"] @ axis_angle.to_matrix(sign * turn),
                shape=bodies["shape"],
            )
            for sign in (1, -1)
        )
        expected = np.cross(posed.rotations[:, None, row, :, axis], posed.levers[:, :, row])
        np.testing.assert_allclose((forward - backward) / (2 * STEP), expected, atol=2e-4)


def test_shape_moves_points_linearly(body, bodies, posed):
    moved = body.keypoints("coco17", **bodies | {"shape": bodies["shape"] + np.eye(16)[3]})
    by_shape = posed.by_shape[..., 3]
    np.testing.assert_allclose(moved - posed.points, by_shape, atol=1e-6)


def test_what_a_joint_does_not_carry_has_no_lever(posed):
    wrist, hip = JOINT_NAMES.index("l_wrist"), JOINT_NAMES.index("l_hip")
    assert not posed.levers[:, :, wrist].numpy().any()  # A keypoint at the joint itself stays.
    left_knee, nose = 13, 0
    assert posed.levers[:, left_knee, hip].numpy().any()
    assert not posed.levers[:, nose, hip].numpy().any()


def test_graph_and_xla_agree(body, bodies, posed):
    chain = body.keypoint_chain("coco17")
    for jit in (False, True):
        compiled = tf.function(chain, jit_compile=jit, autograph=False)(*bodies.values())
        for one, other in zip(posed, compiled, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)


def test_unknown_set_and_faceless_body_are_refused(body):
    with pytest.raises(ValueError, match="`set_name`: expected one of"):
        body.keypoint_chain("openpose")
