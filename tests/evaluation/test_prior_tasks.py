import itertools

import numpy as np
import pytest

from hps_tf.body.limbs import END_JOINTS, LIMBS, indices
from hps_tf.body.skeleton import JOINT_NAMES, PARENTS
from hps_tf.evaluation import prior_tasks
from hps_tf.fitting.joint_recovery import Recovered
from hps_tf.fitting.pose_variables import AmbientPrior, LatentPrior
from hps_tf.priors import MixturePrior
from hps_tf.priors.pose_space import AXIS_ANGLE

COUNT = 4


class FakeRecovery:
    """Finds the true joints, off by known vectors; remembers what it saw."""

    def __init__(self, truth, is_latent=True, mode=0.0, hypotheses=()):
        self.truth, self.is_latent = truth, is_latent
        self._mode, self._hypotheses = mode, hypotheses
        self.seen, self.sigma, self.starts = None, None, None

    def mode(self, joints, sigma):
        self.seen, self.sigma = joints, sigma
        return self._found(self.truth + np.array([self._mode, 0.0, 0.0]))

    def hypotheses(self, joints, sigma, count, seed, starts=None):
        assert count == len(self._hypotheses)
        self.starts = starts
        offsets = np.zeros((count, 24, 3))
        offsets[..., 0] = np.asarray(self._hypotheses)[:, None]
        return self._found(self.truth[:, None] + offsets)

    def _found(self, joints):
        return Recovered(pose=joints, translation=joints[..., 0, :], joints=joints)


@pytest.fixture(scope="module")
def poses():
    return np.random.default_rng(0).normal(scale=0.3, size=(COUNT, 24, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def truth(body, poses):
    return body.joints(pose=poses).numpy().astype(np.float64)


@pytest.fixture
def is_hidden():
    hidden = np.zeros((COUNT, 24), bool)
    hidden[:, indices(LIMBS["left_arm"])] = True
    return hidden


def test_noise_has_the_deviation_that_the_solver_is_told(body, poses, truth):
    recovery = FakeRecovery(truth, mode=0.02)
    errors = prior_tasks.denoising(recovery, body, poses, 0.1, seed=0)
    np.testing.assert_allclose(errors, 0.02, atol=1e-6)
    assert recovery.sigma == 0.1
    assert (recovery.seen - truth).std() == pytest.approx(0.1, rel=0.15)


def test_completion_hides_the_limb_and_measures_it_alone(body, poses, truth, is_hidden):
    recovery = FakeRecovery(truth, mode=0.3, hypotheses=(0.1, -0.2, 0.4))
    found = prior_tasks.completion(recovery, body, poses, is_hidden, 3, seed=0)
    assert np.isnan(recovery.seen[is_hidden]).all()
    np.testing.assert_allclose(recovery.seen[~is_hidden], truth[~is_hidden], atol=1e-6)
    np.testing.assert_allclose(found.mode, 0.3, atol=1e-6)
    np.testing.assert_allclose(found.best, 0.1, atol=1e-6)
    np.testing.assert_allclose(found.spread, (0.3 + 0.3 + 0.6) / 3, atol=1e-6)


def test_a_joint_that_is_seen_does_not_count_in_completion(body, poses, truth, is_hidden):
    moved = truth.copy()
    moved[~is_hidden] += 1.0
    found = prior_tasks.completion(
        FakeRecovery(moved, hypotheses=(0.0, 0.0)), body, poses, is_hidden, 2, seed=0
    )
    np.testing.assert_allclose(found, np.zeros((3, COUNT)), atol=1e-6)


def test_an_ambient_prior_without_samples_has_one_hypothesis(body, poses, truth, is_hidden):
    recovery = FakeRecovery(truth, is_latent=False, mode=0.3, hypotheses=(0.1, -0.2))
    found = prior_tasks.completion(recovery, body, poses, is_hidden, 2, seed=0)
    np.testing.assert_array_equal(found.best, found.mode)
    assert np.isnan(found.spread).all()
    starts = np.zeros((2 * COUNT, 24, 3, 3))
    found = prior_tasks.completion(recovery, body, poses, is_hidden, 2, seed=0, starts=starts)
    assert recovery.starts is starts
    np.testing.assert_allclose(found.best, 0.1, atol=1e-6)


def test_inverse_kinematics_sees_five_joints_and_measures_the_others(body, poses, truth):
    ends = indices(END_JOINTS)
    moved = truth.copy()
    moved[:, ends] += 1.0
    recovery = FakeRecovery(moved, mode=0.05)
    errors = prior_tasks.inverse_kinematics(recovery, body, poses)
    np.testing.assert_allclose(errors, 0.05, atol=1e-6)
    assert (np.isfinite(recovery.seen).all(axis=2).sum(axis=1) == 5).all()
    np.testing.assert_allclose(recovery.seen[:, ends], truth[:, ends], atol=1e-6)


def test_a_limb_is_all_that_follows_a_joint_of_the_trunk():
    for joints in LIMBS.values():
        for before, joint in itertools.pairwise(joints):
            assert JOINT_NAMES[PARENTS[JOINT_NAMES.index(joint)]] == before
        last = JOINT_NAMES.index(joints[-1])
        assert last not in PARENTS


def test_variables_are_latent_where_the_prior_has_latents(prior):
    assert isinstance(prior_tasks.variables(prior), LatentPrior)
    ambient = prior_tasks.variables(MixturePrior(AXIS_ANGLE, 0.1))
    assert isinstance(ambient, AmbientPrior)
    assert np.abs(ambient.start()).max() > 0.1  # A likely pose, not the T-pose.


def test_random_poses_are_rotations(prior):
    drawn = prior_tasks.random_poses(prior, prior.space, 3, seed=0)
    assert drawn.shape == (3, 24, 3, 3)
    np.testing.assert_allclose(np.linalg.det(drawn), 1.0, atol=1e-4)
