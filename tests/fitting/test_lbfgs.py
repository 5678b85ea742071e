import numpy as np
import pytest
import tensorflow as tf
from scipy import optimize

from hps_tf.fitting.lbfgs import LBFGS

SIZE = 12


def quadratic(x, own, shared):
    """Convex, each problem with its own centre and curvatures."""
    offset = x - own["centre"]
    return shared * tf.reduce_sum(own["curvature"] * tf.square(offset), axis=1) + own["floor"]


def rosenbrock(x, own, shared):
    del shared
    even, odd = x[:, ::2], x[:, 1::2]
    valley = 100.0 * tf.square(odd - tf.square(even)) + tf.square(own["scale"][:, None] - even)
    return tf.reduce_sum(valley, axis=1)


def problems(count, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "centre": rng.normal(size=(count, SIZE)).astype(np.float32),
        "curvature": np.exp(rng.uniform(-3, 3, (count, SIZE))).astype(np.float32),
        "floor": np.ones(count, np.float32),
    }


@pytest.mark.parametrize("count", [1, 5, 40])
def test_quadratics_are_solved(count):
    own = problems(count)
    minimizer = LBFGS(quadratic, max_slots=16, tolerance=1e-6)
    found = minimizer.minimize(np.zeros((count, SIZE), np.float32), own, tf.constant(1.0))
    np.testing.assert_allclose(found.x, own["centre"], atol=2e-3)
    np.testing.assert_allclose(found.loss, 1.0, atol=1e-4)
    assert found.converged.all()
    assert (found.num_evaluations < 200).all()


def test_answers_do_not_depend_on_the_company():
    own = problems(40)
    start = np.zeros((40, SIZE), np.float32)
    minimizer = LBFGS(quadratic, max_slots=16)
    together = minimizer.minimize(start, own, tf.constant(1.0))
    for row in (0, 17, 39):
        one = {name: value[row : row + 1] for name, value in own.items()}
        alone = minimizer.minimize(start[:1], one, tf.constant(1.0))
        np.testing.assert_allclose(alone.x[0], together.x[row], atol=2e-3)
        assert abs(int(alone.num_evaluations[0]) - int(together.num_evaluations[row])) <= 50


def test_curved_valley_is_followed_as_far_as_scipy_follows_it():
    scale = np.linspace(0.5, 1.5, 6).astype(np.float32)
    start = np.zeros((6, 4), np.float32)
    minimizer = LBFGS(rosenbrock, max_evaluations=1000, tolerance=1e-4)
    found = minimizer.minimize(start, {"scale": scale}, tf.constant(0.0))

    def loss(x, scale):
        return np.sum(100 * (x[1::2] - x[::2] ** 2) ** 2 + (scale - x[::2]) ** 2)

    for row in range(6):
        theirs = optimize.minimize(loss, start[row], args=(scale[row],), method="L-BFGS-B")
        assert found.loss[row] <= theirs.fun + 1e-3


def test_shared_values_do_not_compile_anew():
    minimizer = LBFGS(quadratic)
    own, start = problems(4), np.zeros((4, SIZE), np.float32)
    minimizer.minimize(start, own, tf.constant(1.0))
    minimizer.minimize(start, own, tf.constant(2.0))
    assert minimizer._compiled.experimental_get_tracing_count() == 1


def test_a_start_that_is_not_finite_spends_its_calls_and_harms_nobody():
    own = problems(3)
    own["centre"][1] = np.nan
    minimizer = LBFGS(quadratic, max_evaluations=100, tolerance=1e-6)
    found = minimizer.minimize(np.zeros((3, SIZE), np.float32), own, tf.constant(1.0))
    assert not found.converged[1]
    np.testing.assert_allclose(found.x[[0, 2]], own["centre"][[0, 2]], atol=2e-3)
    np.testing.assert_array_equal(found.x[1], 0.0)


def test_progress_adds_up():
    ended = []
    own = problems(40)
    LBFGS(quadratic, max_slots=16).minimize(
        np.zeros((40, SIZE), np.float32), own, tf.constant(1.0), ended.append
    )
    assert sum(ended) == 40


def test_bound_of_calls_holds():
    own = problems(2)
    minimizer = LBFGS(quadratic, max_evaluations=25, tolerance=0.0)
    found = minimizer.minimize(np.zeros((2, SIZE), np.float32), own, tf.constant(1.0))
    np.testing.assert_array_equal(found.num_evaluations, 25)
    assert not found.converged.any()


def test_agrees_with_tensorflow_probability():
    import tensorflow_probability as tfp

    own = problems(8)
    minimizer = LBFGS(quadratic, tolerance=1e-6)
    start = np.zeros((8, SIZE), np.float32)
    found = minimizer.minimize(start, own, tf.constant(1.0))

    def value_and_gradient(x):
        return tfp.math.value_and_gradient(lambda x: quadratic(x, own, 1.0), x)

    theirs = tfp.optimizer.lbfgs_minimize(value_and_gradient, start, max_iterations=100)
    np.testing.assert_allclose(found.loss, theirs.objective_value, atol=1e-3)


def test_in_a_graph_the_same_minima_are_found_without_xla():
    own = tf.nest.map_structure(tf.constant, problems(5))
    minimizer = LBFGS(quadratic, max_evaluations=150)

    @tf.function(autograph=False)
    def solve(start):
        return minimizer.in_graph(start, own, tf.constant(1.0))

    x, loss = solve(tf.zeros((5, SIZE)))
    np.testing.assert_allclose(x, own["centre"], atol=2e-3)
    np.testing.assert_allclose(loss, 1.0, atol=1e-4)
    graph = solve.get_concrete_function(tf.zeros((5, SIZE))).graph.as_graph_def()
    assert not any(f.attr["_XlaMustCompile"].b for f in graph.library.function)


def test_in_a_graph_a_problem_without_finite_losses_stays_where_it_is():
    own = problems(3)
    own["centre"][1] = np.nan
    x, loss = LBFGS(quadratic, max_evaluations=60).in_graph(
        tf.ones((3, SIZE)), tf.nest.map_structure(tf.constant, own), tf.constant(1.0)
    )
    np.testing.assert_array_equal(x[1], np.ones(SIZE))
    assert np.isinf(loss[1])
    np.testing.assert_allclose(tf.gather(x, [0, 2]), own["centre"][[0, 2]], atol=0.05)
