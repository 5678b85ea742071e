import numpy as np
import pytest
import tensorflow as tf

from hps_tf.fitting.levenberg_marquardt import LevenbergMarquardt

SIZE = 6


def linear(x, own, shared):
    return tf.linalg.matvec(own["matrix"], x) - shared * own["target"]


def valley(x, own, shared):
    """Rosenbrock's function is a sum of squares."""
    del shared
    return tf.concat([10.0 * (x[:, 1::2] - x[:, ::2] ** 2), own["at"] - x[:, ::2]], axis=1)


def nothing(shared):
    del shared
    return tf.zeros(SIZE)


def problems(count, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "matrix": rng.normal(size=(count, 9, SIZE)).astype(np.float32),
        "target": rng.normal(size=(count, 9)).astype(np.float32),
    }


@pytest.mark.parametrize("count", [1, 20, 70])
def test_linear_problems_are_solved(count):
    own = problems(count)
    weights = tf.constant([0.5] * SIZE)
    solver = LevenbergMarquardt(linear, lambda shared: weights, max_slots=16, tolerance=1e-6)
    found = solver.minimize(np.zeros((count, SIZE), np.float32), own, tf.constant(1.0))
    for row in range(count):
        matrix, target = own["matrix"][row], own["target"][row]
        normal = matrix.T @ matrix + 0.5 * np.eye(SIZE)
        np.testing.assert_allclose(
            found.x[row], np.linalg.solve(normal, matrix.T @ target), atol=2e-3
        )
    assert found.converged.all()


def test_curved_valley_is_followed_to_its_end():
    own = {"at": np.array([[1.0, 0.5, -1.0], [2.0, 1.0, 0.0]], np.float32)}
    solver = LevenbergMarquardt(valley, nothing, tolerance=1e-5)
    found = solver.minimize(np.zeros((2, SIZE), np.float32), own, tf.constant(0.0))
    np.testing.assert_allclose(found.x[:, ::2], own["at"], atol=1e-2)
    np.testing.assert_allclose(found.loss, 0.0, atol=1e-4)


def test_a_start_that_is_not_finite_stays_and_harms_nobody():
    own = problems(3)
    own["target"][1] = np.nan
    solver = LevenbergMarquardt(linear, nothing)
    found = solver.minimize(np.zeros((3, SIZE), np.float32), own, tf.constant(1.0))
    np.testing.assert_array_equal(found.x[1], 0.0)
    assert found.loss[1] == np.finfo(np.float32).max
    assert np.isfinite(found.x).all()
    assert (found.loss[[0, 2]] < 20).all()


def test_variables_that_nothing_depends_on_stay():
    own = problems(2)
    own["matrix"][:, :, 3] = 0
    found = LevenbergMarquardt(linear, nothing).minimize(
        np.full((2, SIZE), 0.25, np.float32), own, tf.constant(1.0)
    )
    np.testing.assert_array_equal(found.x[:, 3], 0.25)


def test_bound_of_iterations_holds():
    own = {"at": np.array([[1.0, 0.5, -1.0]], np.float32)}
    solver = LevenbergMarquardt(valley, nothing, max_iterations=4, tolerance=0.0)
    found = solver.minimize(np.zeros((1, SIZE), np.float32), own, tf.constant(0.0))
    assert found.num_evaluations[0] == 4
    assert not found.converged[0]
