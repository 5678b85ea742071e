import numpy as np
import pytest

from hps_tf.body import load_default
from hps_tf.priors import FlowPrior
from hps_tf.priors.pose_space import SIX_D
from hps_tf.visualization.gallery import in_a_row, varied_poses
from hps_tf.visualization.portraits import standing


@pytest.fixture(scope="module")
def body():
    return load_default(3000)


def test_people_in_a_row_stand_apart_in_order():
    rng = np.random.default_rng(0)
    people = rng.normal(size=(4, 50, 3)) * rng.uniform(0.2, 2, (4, 1, 1))
    placed = in_a_row(people)
    np.testing.assert_array_equal(placed[..., 1:], people[..., 1:])
    low, high = placed[..., 0].min(axis=1), placed[..., 0].max(axis=1)
    np.testing.assert_allclose(low[1:] - high[:-1], 0.12)
    np.testing.assert_allclose(np.ptp(placed[..., 0], axis=1), np.ptp(people[..., 0], axis=1))


def test_varied_poses_are_different_likely_samples(body):
    prior = FlowPrior(SIX_D, 0.1, "light", num_steps=1, num_joint_steps=1)
    rotations = varied_poses(prior, body, 3, seed=0)
    assert rotations.shape == (3, 24, 3, 3)
    candidates = prior.sample(16 * 3, 0)
    log_prob = prior.log_prob(candidates).numpy()
    matrices = prior.space.to_matrices(candidates).numpy()
    indices = [int(abs(matrices - pose).sum(axis=(1, 2, 3)).argmin()) for pose in rotations]
    assert len(set(indices)) == 3
    assert indices[0] == log_prob.argmax()
    assert (log_prob[indices] >= np.median(log_prob)).all()


def test_people_stand_on_the_floor_below_their_pelvis(body):
    rotations = np.tile(np.eye(3, dtype=np.float32), (40, 24, 1, 1))
    shape = np.random.default_rng(0).normal(size=(40, body.num_shape)).astype(np.float32)
    people = standing(body, rotations, shape)
    np.testing.assert_allclose(people[..., 1].min(axis=1), 0, atol=1e-12)
    expected = body(rotation_matrices=rotations, shape=shape).vertices.numpy()
    np.testing.assert_allclose(people[..., [0, 2]], expected[..., [0, 2]], atol=1e-6)
