import numpy as np
import pytest
import tensorflow as tf

from hps_tf.geometry import rotation_6d
from hps_tf.models import LiftingNetwork, LiftingOptions, lifting_mirror

INPUTS = np.random.default_rng(0).normal(size=(6, 52)).astype(np.float32)
MODE = np.random.default_rng(1).normal(size=126)


def test_outputs_of_zero_are_the_mode_upright_and_facing_the_camera():
    network = LiftingNetwork(LiftingOptions(width=8, blocks=1), MODE)
    for weight in network.module.trainable_variables:
        weight.assign(tf.zeros_like(weight))
    found = network(INPUTS)
    expected = rotation_6d.to_matrix(np.float32(MODE.reshape(21, 6)))
    np.testing.assert_allclose(found.rotation_matrices[0, 1:22], expected, atol=1e-6)
    np.testing.assert_allclose(found.rotation_matrices[0, 0], np.diag([1, -1, -1]), atol=1e-6)
    np.testing.assert_array_equal(found.shape, 0)


def test_rotations_are_rotations_and_hands_are_at_rest(lifting):
    rotations = lifting(INPUTS).rotation_matrices.numpy()
    products = rotations @ np.swapaxes(rotations, -1, -2)
    np.testing.assert_allclose(products, np.broadcast_to(np.eye(3), products.shape), atol=1e-5)
    np.testing.assert_allclose(np.linalg.det(rotations), 1, atol=1e-5)
    np.testing.assert_array_equal(rotations[:, 22:], np.broadcast_to(np.eye(3), (6, 2, 3, 3)))


def test_the_pose_vector_is_what_the_rotations_are_made_of(lifting):
    found = lifting(INPUTS)
    made = rotation_6d.to_matrix(tf.reshape(found.pose_vector, [6, 21, 6]))
    np.testing.assert_allclose(made, found.rotation_matrices[:, 1:22], atol=1e-6)


def test_log_variances_are_split_in_their_order(lifting):
    found = lifting(INPUTS).log_variances
    shapes = {name: tuple(value.shape[1:]) for name, value in found.items()}
    assert shapes == {
        "pose": (21, 3), "root": (3,), "place": (3,), "shape": (10,), "keypoints": (17,),
    }  # fmt: skip
    together = np.concatenate([np.reshape(value, (6, -1)) for value in found.values()], axis=1)
    np.testing.assert_array_equal(together, lifting.module(INPUTS)["log_variances"])


def test_every_weight_of_the_predictions_has_a_gradient(lifting):
    with tf.GradientTape() as tape:
        found = lifting(INPUTS, training=True)
        loss = tf.reduce_sum(found.rotation_matrices[..., 0]) + tf.reduce_sum(found.shape)
    weights = [w for w in lifting.module.trainable_variables if "spread" not in w.path]
    for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
        assert gradient is not None, weight.path
        assert np.isfinite(gradient).all()


def test_from_both_sides_is_the_mean_of_both(lifting):
    found, own = lifting.from_both_sides(INPUTS), lifting(INPUTS)
    mirrored = lifting(lifting_mirror.mirror("evidence", INPUTS))
    np.testing.assert_allclose(found.shape, 0.5 * (own.shape + mirrored.shape), atol=1e-5)
    vector = 0.5 * (own.pose_vector + lifting_mirror.mirror("pose", mirrored.pose_vector))
    np.testing.assert_allclose(found.pose_vector, vector, atol=1e-5)
    made = rotation_6d.to_matrix(tf.reshape(vector, [6, 21, 6]))
    np.testing.assert_allclose(found.rotation_matrices[:, 1:22], made, atol=1e-5)


@pytest.mark.parametrize(("width", "blocks"), [(0, 1), (8, 0), (8.0, 1)])
def test_impossible_sizes_are_refused(width, blocks):
    with pytest.raises(ValueError, match="expected a whole number above 0"):
        LiftingOptions(width=width, blocks=blocks)


def test_rounds_below_0_are_refused():
    with pytest.raises(ValueError, match="`rounds`: expected a whole number not below 0, received"):
        LiftingOptions(width=8, blocks=1, rounds=-1)


def test_a_mode_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"`mode`: expected shape \(126,\), received \(63,\)"):
        LiftingNetwork(LiftingOptions(width=8, blocks=1), np.zeros(63))
