import numpy as np
import tensorflow as tf
from scipy import stats

from hps_tf.losses import robust_kernels
from hps_tf.losses.keypoints import keypoint_loss, robust_keypoint_loss
from hps_tf.losses.smoothness import squared_steps

SQUARES = np.float32([0.0, 0.25, 4.0, 100.0, 1e8])


def test_geman_mcclure_is_quadratic_near_zero_and_ends_at_its_cutoff():
    found = robust_kernels.geman_mcclure(tf.constant(SQUARES), tf.constant(10.0)).numpy()
    np.testing.assert_allclose(found, SQUARES / (1 + SQUARES / 100), rtol=1e-6)
    np.testing.assert_allclose(found[1], SQUARES[1], rtol=0.01)
    np.testing.assert_allclose(found[-1], 100.0, rtol=1e-4)
    infinite = robust_kernels.geman_mcclure(tf.constant(SQUARES), tf.constant(np.float32(np.inf)))
    np.testing.assert_array_equal(infinite, SQUARES)


def test_residuals_over_the_root_of_the_saturation_square_to_the_kernel():
    cutoff = tf.constant(3.0)
    scaled = tf.sqrt(SQUARES) / tf.sqrt(robust_kernels.saturation(SQUARES, cutoff))
    expected = robust_kernels.geman_mcclure(tf.constant(SQUARES), cutoff)
    np.testing.assert_allclose(tf.square(scaled), expected, rtol=1e-5)


def test_student_t_is_the_likelihood_of_its_distribution():
    residuals = np.array([0.3, -2.0, 7.0])
    squares = tf.constant(np.square(residuals), tf.float32)
    found = robust_kernels.student_t(squares, 3.0, tf.constant(1.0)).numpy()
    expected = stats.t.logpdf(0.0, df=3) - stats.t.logpdf(residuals, df=3)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_keypoint_loss_is_the_robust_loss_of_capped_distances():
    rng = np.random.default_rng(0)
    points, target = rng.uniform(0, 64, (2, 3, 5, 2)).astype(np.float32)
    weights = rng.uniform(size=(3, 5)).astype(np.float32)
    weights[1] = 0
    found = robust_keypoint_loss(
        points - target, weights, lambda squares: robust_kernels.capped_distance(squares, 64)
    )
    np.testing.assert_array_equal(keypoint_loss(points, target, weights, 64), found)
    assert found[1] == 0
    windows = robust_keypoint_loss(
        (points - target)[:, None], weights[:, None], lambda squares: squares
    )
    expected = (weights * np.square(points - target).sum(-1)).sum(-1)[[0, 2]]
    np.testing.assert_allclose(
        windows.numpy()[[0, 2], 0], expected / weights.sum(-1)[[0, 2]], rtol=1e-5
    )


def test_steps_are_squared_between_neighbours():
    first, second = np.random.default_rng(1).normal(size=(2, 3, 4, 2)).astype(np.float32)
    found = squared_steps([first, second])
    expected = 0.5 * sum(np.square(np.diff(part, axis=1)).sum(-1) for part in (first, second))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
