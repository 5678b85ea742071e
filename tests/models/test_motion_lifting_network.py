import keras
import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_default
from hps_tf.models import Lifter, MotionLiftingNetwork, MotionLiftingOptions, lifting_mirror

FRAMES = 3
INPUTS = np.random.default_rng(0).normal(size=(2 * FRAMES, 52)).astype(np.float32)
MODE = np.random.default_rng(1).normal(size=126)


@pytest.fixture(scope="module")
def network():
    """A small network, not trained; never changed."""
    keras.utils.set_random_seed(0)
    options = MotionLiftingOptions(width=16, blocks=1, rounds=2, units=4, num_frames=FRAMES)
    network = MotionLiftingNetwork(options, MODE, {"made": "by a test"})
    for weight in network.module.trainable_variables:
        weight.assign(weight + 0.1 * tf.random.normal(weight.shape))
    return network


def test_a_window_does_not_depend_on_the_others(network):
    both, first = network(INPUTS), network(INPUTS[:FRAMES])
    assert both.rotation_matrices.shape == (2 * FRAMES, 24, 3, 3)
    np.testing.assert_allclose(both.pose_vector[:FRAMES], first.pose_vector, atol=1e-5)
    assert both.log_variances["pose"].shape == (2 * FRAMES, 21, 3)


@pytest.mark.parametrize(("changed", "seen"), [(0, FRAMES - 1), (FRAMES - 1, 0)])
def test_frames_see_those_before_and_after(network, changed, seen):
    other = INPUTS.copy()
    other[changed] += 1.0
    one, two = network(INPUTS).pose_vector[seen], network(other).pose_vector[seen]
    assert np.abs(one - two).max() > 1e-4


def test_from_both_sides_is_the_mean_of_both(network):
    found, own = network.from_both_sides(INPUTS), network(INPUTS)
    mirrored = network(lifting_mirror.mirror("evidence", INPUTS))
    np.testing.assert_allclose(found.shape, 0.5 * (own.shape + mirrored.shape), atol=1e-5)


def test_every_weight_of_the_predictions_has_a_gradient(network):
    weights = [w for w in network.module.trainable_variables if "spread" not in w.path]
    with tf.GradientTape() as tape:
        found = network(INPUTS, training=True)
        loss = tf.reduce_sum(found.rotation_matrices[..., 0]) + tf.reduce_sum(found.shape)
    for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
        assert gradient is not None, weight.path
        assert np.isfinite(gradient).all()


def test_a_network_read_back_gives_the_same_numbers(network, tmp_path):
    network.save(tmp_path / "motion.npz")
    again = MotionLiftingNetwork.from_preset(tmp_path / "motion.npz")
    assert again.options == network.options
    assert again.card == network.card
    np.testing.assert_array_equal(again(INPUTS).pose_vector, network(INPUTS).pose_vector)


def test_a_lifter_lifts_windows(network):
    keypoints = np.random.default_rng(2).uniform(0, 100, size=(2 * FRAMES, 17, 2))
    intrinsics = np.tile([[100.0, 0, 50], [0, 100, 50], [0, 0, 1]], (2 * FRAMES, 1, 1))
    lifter = Lifter(network, load_default(3000))
    people = lifter(keypoints, np.ones((2 * FRAMES, 17)), intrinsics).people
    assert people.joints.shape == (2 * FRAMES, 24, 3)
    assert np.isfinite(people.joints).all()


@pytest.mark.parametrize("name", ["units", "num_frames"])
def test_impossible_sizes_are_refused(name):
    with pytest.raises(ValueError, match=f"`{name}`: expected a whole number above 0, received 0"):
        MotionLiftingOptions(width=8, blocks=1, **{name: 0})
