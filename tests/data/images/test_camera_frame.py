import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hps_tf.body import load_default
from hps_tf.data.images import camera_frame

BODY = load_default(3000)


def motions(seed, count):
    matrices = np.tile(np.eye(4), (count, 1, 1))
    matrices[:, :3, :3] = Rotation.random(count, rng=seed).as_matrix()
    matrices[:, :3, 3] = np.random.default_rng(seed).normal(size=(count, 3))
    return matrices


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 1000))
def test_the_moved_body_has_the_moved_joints(seed):
    rng = np.random.default_rng(seed)
    pose = rng.normal(scale=0.4, size=(2, 24, 3))
    shape, translation = rng.normal(size=(1, 16)), rng.normal(size=(2, 3))
    pelvis = BODY.joints(shape=shape)[0, 0].numpy()
    extrinsics = motions(seed, 2)
    joints = BODY.joints(pose=pose, shape=shape, translation=translation).numpy()
    moved = camera_frame.move_body(pose, translation, pelvis, extrinsics)
    found = BODY.joints(pose=moved[0], shape=shape, translation=moved[1]).numpy()
    np.testing.assert_allclose(found, camera_frame.transform(joints, extrinsics), atol=2e-5)


def test_a_pelvis_that_does_not_rest_at_the_origin_counts():
    pelvis = np.array([0.0, -0.24, 0.03])
    pose, translation = np.zeros((1, 24, 3)), np.array([[0.5, 0.1, 0.2]])
    extrinsics = motions(1, 1)[0]
    moved = camera_frame.move_body(pose, translation, pelvis, extrinsics)
    np.testing.assert_allclose(
        pelvis + moved[1], camera_frame.transform((pelvis + translation)[None], extrinsics)[0]
    )


def test_knows_rigid_motions():
    assert camera_frame.is_rigid(motions(0, 5))
    assert not camera_frame.is_rigid(2 * motions(0, 5))
    assert not camera_frame.is_rigid(np.diag([1.0, 1.0, -1.0, 1.0])[None])
