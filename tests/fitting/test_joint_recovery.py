from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.body.limbs import LIMBS, indices
from hps_tf.fitting import joint_recovery
from hps_tf.fitting.joint_recovery import JointRecovery
from hps_tf.fitting.pose_variables import NoPrior
from hps_tf.geometry import axis_angle

COUNT = 6
ARM = indices(LIMBS["left_arm"])


@pytest.fixture(scope="module")
def recovery(body, gaussian):
    return JointRecovery(body, gaussian)


@pytest.fixture(scope="module")
def joints(body, flow):
    """Poses that the prior draws, turned any way, metres from the origin."""
    rng = np.random.default_rng(0)
    source = flow.references["gaussian"]
    pose = flow.space.to_pose(flow.space.project(source.sample(COUNT, 1))).numpy()
    pose[:, 0] = Rotation.random(COUNT, rng=0).as_rotvec()
    translation = rng.uniform(-3, 3, (COUNT, 3)).astype(np.float32)
    return body.joints(pose=pose, translation=translation).numpy().astype(np.float64)


def distances(found, joints):
    return np.linalg.norm(found - joints, axis=-1)


def test_exact_joints_are_met(recovery, joints):
    assert distances(recovery.mode(joints, 0.005).joints, joints).mean() < 0.005


def test_pose_and_translation_are_those_of_the_joints(recovery, body, joints):
    found = recovery.mode(joints, 0.005)
    again = body.joints(pose=found.pose, translation=found.translation.astype(np.float32))
    np.testing.assert_allclose(again, found.joints, atol=1e-4)


def test_noise_is_removed(recovery, joints):
    noise = np.random.default_rng(1).normal(scale=0.1, size=joints.shape)
    found = recovery.mode(joints + noise, 0.1).joints
    assert distances(found, joints).mean() < 0.6 * np.linalg.norm(noise, axis=2).mean()


def test_with_noise_beyond_measure_the_mode_is_the_priors(recovery, gaussian, joints):
    found = recovery.mode(joints, 1e3)
    still = gaussian.rotation_matrices(tf.zeros([1, gaussian.dim]), gaussian.parameters())
    expected = axis_angle.from_matrix(still).numpy()[:, 1:]
    np.testing.assert_allclose(found.pose[:, 1:], np.tile(expected, (COUNT, 1, 1)), atol=1e-3)


def test_with_noise_beyond_measure_hypotheses_are_draws_of_the_prior(recovery, gaussian, joints):
    found = recovery.hypotheses(joints, 1e3, 40, seed=0)
    samples = np.random.default_rng(5).standard_normal((240, gaussian.dim), np.float32)
    drawn = gaussian.rotation_matrices(tf.constant(samples), gaussian.parameters())
    expected = axis_angle.from_matrix(drawn).numpy()[:, 1:22].std(axis=0)
    actual = found.pose.reshape(-1, 24, 3)[:, 1:22].std(axis=0)
    np.testing.assert_allclose(actual.mean(), expected.mean(), rtol=0.05)


def test_hypotheses_agree_where_joints_are_seen_and_differ_where_they_are_hidden(recovery, joints):
    hidden = joints.copy()
    hidden[:, ARM] = np.nan
    found = recovery.hypotheses(hidden, 0.005, 4, seed=0).joints
    assert found.shape == (COUNT, 4, 24, 3)
    spread = found.std(axis=1).mean(axis=(0, 2))
    seen = np.setdiff1d(np.arange(24), ARM)
    assert spread[seen].max() < 0.01
    assert spread[ARM[1:]].min() > 0.05


def test_the_same_seed_gives_the_same_hypotheses(recovery, joints):
    first, again, other = (
        recovery.hypotheses(joints, 0.1, 2, seed=seed).joints for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


def test_turning_the_joints_turns_the_poses(recovery, joints):
    turn = Rotation.from_rotvec([0.3, -2.0, 1.0])
    place = np.array([5.0, 0.0, -9.0])
    moved = turn.apply(joints.reshape(-1, 3)).reshape(joints.shape) + place
    hidden, moved_hidden = joints.copy(), moved.copy()
    hidden[:, ARM], moved_hidden[:, ARM] = np.nan, np.nan
    found = recovery.mode(hidden, 0.02).joints
    expected = turn.apply(found.reshape(-1, 3)).reshape(found.shape) + place
    assert np.median(distances(recovery.mode(moved_hidden, 0.02).joints, expected)) < 0.005


class Idle:
    """A solver that stays where it starts."""

    def __init__(self, *_, **__):
        pass

    def minimize(self, start, own, shared):
        return SimpleNamespace(x=start)


def test_ambient_hypotheses_start_from_given_poses(monkeypatch, body, flow, joints):
    monkeypatch.setattr(joint_recovery, "LBFGS", Idle)
    recovery = JointRecovery(body, NoPrior(flow.space, np.zeros(flow.space.dim)))
    with pytest.raises(ValueError, match="`starts`: expected poses for a prior in ambient space"):
        recovery.hypotheses(joints, 0.02, 2, seed=0)
    starts = flow.space.to_matrices(flow.references["gaussian"].sample(2 * COUNT, seed=0))
    found = recovery.hypotheses(joints, 0.02, 2, seed=0, starts=starts.numpy())
    expected = axis_angle.from_matrix(starts)[:, 1:].numpy().reshape(COUNT, 2, 23, 3)
    np.testing.assert_allclose(found.pose[:, :, 1:], expected, atol=1e-4)


def test_the_body_begins_where_the_joints_are(monkeypatch, body, gaussian, joints):
    monkeypatch.setattr(joint_recovery, "LBFGS", Idle)
    found = JointRecovery(body, gaussian).mode(joints, 0.02).joints
    np.testing.assert_allclose(found.mean(axis=1), joints.mean(axis=1), atol=1e-4)
    assert distances(found, joints).mean() < 0.35


@pytest.mark.parametrize(
    ("change", "sigma", "message"),
    [
        (lambda joints: joints[:, :17], 0.1, "`joints`: expected shape"),
        (lambda joints: joints[:0], 0.1, "expected at least 3 seen, received no poses"),
        (lambda joints: joints, 0.0, "`sigma`: expected a positive number, received 0.0"),
        (
            lambda joints: np.where(np.arange(24)[:, None] < 2, joints, np.nan),
            0.1,
            "expected at least 3 seen, received 2 of pose 0",
        ),
    ],
)
def test_wrong_arguments_are_named(recovery, joints, change, sigma, message):
    with pytest.raises(ValueError, match=message):
        recovery.mode(change(joints), sigma)
