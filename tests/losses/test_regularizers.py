import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from hps_tf.losses import latent_loss, shape_prior_loss

VALUES = np.random.default_rng(0).normal(size=(3, 6))


def test_latent_loss_is_the_negative_log_density_by_dimension_up_to_a_constant():
    density = scipy.stats.norm.logpdf(VALUES).mean(axis=1)
    expected = -density - np.log(2 * np.pi) / 2
    np.testing.assert_allclose(latent_loss(tf.constant(VALUES, tf.float32)), expected, rtol=1e-5)


def test_shape_prior_loss_is_the_mean_square():
    expected = [np.mean([value**2 for value in person]) for person in VALUES]
    found = shape_prior_loss(tf.constant(VALUES, tf.float32))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("loss", [latent_loss, shape_prior_loss])
def test_gradient_equals_finite_differences_and_is_zero_at_the_mean(loss):
    theoretical, numerical = tf.test.compute_gradient(loss, [tf.constant(VALUES)], delta=1e-4)
    np.testing.assert_allclose(theoretical[0], numerical[0], atol=1e-8)
    mean = tf.zeros((2, 6))
    with tf.GradientTape() as tape:
        tape.watch(mean)
        values = loss(mean)
    np.testing.assert_array_equal(values, np.zeros(2))
    np.testing.assert_array_equal(tape.gradient(values, mean), np.zeros((2, 6)))


@pytest.mark.parametrize(("loss", "name"), [(latent_loss, "latent"), (shape_prior_loss, "shape")])
def test_another_number_of_axes_is_refused(loss, name):
    for shape in [(6,), (2, 3, 6)]:
        with pytest.raises(ValueError, match=rf"`{name}`: expected shape \(batch, \w+\), received"):
            loss(tf.zeros(shape))
