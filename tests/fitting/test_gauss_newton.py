import numpy as np
import pytest
import tensorflow as tf

from hps_tf.fitting import gauss_newton

NUM_RESIDUALS, SIZE = 5, 9


@pytest.fixture
def problems():
    rng = np.random.default_rng(0)
    matrices = rng.normal(size=(4, NUM_RESIDUALS, SIZE)).astype(np.float32)
    return matrices, rng.normal(size=(4, NUM_RESIDUALS)).astype(np.float32)


def solve(matrices, targets, curvature, num_iterations, start=0.0):
    """Linear problems |A x - b|² + c |x|²."""

    def linearise(x, count):
        del count
        return tf.linalg.matvec(matrices, x) - targets, tf.constant(matrices)

    def losses(trials):
        residuals = tf.linalg.matvec(matrices[None], trials) - targets
        squares = tf.reduce_sum(tf.square(residuals), axis=2)
        return squares + curvature * tf.reduce_sum(tf.square(trials), axis=2)

    first = tf.fill([len(matrices), SIZE], start)
    return gauss_newton.minimize(first, linearise, losses, curvature, num_iterations)


@pytest.mark.parametrize("curvature", [0.01, 0.5, 30.0])
@pytest.mark.parametrize("start", [0.0, 1.5])
def test_linear_problems_have_their_closed_form(problems, curvature, start):
    matrices, targets = problems
    found = solve(matrices, targets, tf.constant(curvature), 12, start)
    for row, (matrix, target) in enumerate(zip(*problems, strict=True)):
        normal = matrix.T @ matrix + curvature * np.eye(SIZE)
        expected = np.linalg.solve(normal, matrix.T @ target)
        np.testing.assert_allclose(found.x[row], expected, atol=2e-3)
    assert (found.last_gain.numpy() < 1e-4).all()


def test_a_problem_does_not_depend_on_one_that_is_not_finite(problems):
    matrices, targets = problems
    alone = solve(matrices, targets, tf.constant(0.5), 4)
    spoilt = matrices.copy()
    spoilt[1] = np.nan
    found = solve(spoilt, targets, tf.constant(0.5), 4)
    kept = [0, 2, 3]
    np.testing.assert_allclose(found.x.numpy()[kept], alone.x.numpy()[kept], atol=1e-6)
    np.testing.assert_array_equal(found.x[1], 0.0)
    assert np.isinf(found.loss[1])


def test_more_iterations_are_never_worse(problems):
    losses = [solve(*problems, tf.constant(0.01), count).loss.numpy() for count in (1, 2, 4, 8)]
    assert (np.diff(losses, axis=0) <= 1e-5).all()


def test_singular_problems_are_solved_without_a_prior(problems):
    matrices, targets = problems
    matrices[:, 1] = matrices[:, 0]
    targets[:, 1] = targets[:, 0]
    found = solve(1000 * matrices, 1000 * targets, tf.constant(0.0), 12)
    assert (found.loss.numpy() < 1.0).all()
