import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hps_tf.geometry import axis_angle, rotation_matrix

FIRST, SECOND = (Rotation.random(20, random_state=seed).as_matrix() for seed in (0, 1))
AXIS = np.array([2.0, -1.0, 2.0]) / 3.0


def project_to_rotation(matrix: np.ndarray) -> np.ndarray:
    u, _, vt = np.linalg.svd(matrix)
    return u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt


def test_relative_rotation_leads_from_the_reference_to_the_matrix(execute):
    relative = execute(rotation_matrix.relative)(tf.constant(FIRST), tf.constant(SECOND))
    np.testing.assert_allclose(FIRST @ relative, SECOND, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_geodesic_distance_equals_scipy(dtype, execute):
    expected = (Rotation.from_matrix(FIRST).inv() * Rotation.from_matrix(SECOND)).magnitude()
    distance = execute(rotation_matrix.geodesic_distance)(
        tf.constant(FIRST.astype(dtype)), tf.constant(SECOND.astype(dtype))
    )
    assert distance.dtype == dtype
    np.testing.assert_allclose(distance, expected, atol=10 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_geodesic_distance_keeps_its_digits_at_zero_and_at_pi(dtype):
    angles = np.array([0.0, 1e-8, 1e-5, 1e-3, np.pi - 1e-3, np.pi - 1e-5, np.pi]).astype(dtype)
    rotations = axis_angle.to_matrix(angles[:, np.newaxis] * AXIS.astype(dtype))
    distance = rotation_matrix.geodesic_distance(np.eye(3, dtype=dtype), rotations)
    np.testing.assert_allclose(distance, angles, rtol=1e-6, atol=4 * np.finfo(dtype).eps)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_geodesic_distance_is_a_metric(seed):
    a, b, c = Rotation.random(3, random_state=seed).as_matrix()
    ab, ba, bc, ac = rotation_matrix.geodesic_distance([a, b, b, a], [b, a, c, c]).numpy()
    assert ab == pytest.approx(ba)
    assert ac <= ab + bc + 1e-12


@pytest.mark.parametrize("angle", [1e-4, 1.0, np.pi - 1e-4])
def test_gradient_of_geodesic_distance_is_the_axis(angle):
    vector = tf.constant(angle * AXIS)
    with tf.GradientTape() as tape:
        tape.watch(vector)
        distance = rotation_matrix.geodesic_distance(np.eye(3), axis_angle.to_matrix(vector))
    np.testing.assert_allclose(tape.gradient(distance, vector), AXIS, atol=1e-9)


@pytest.mark.parametrize("second", [np.eye(3), np.diag([1.0, -1.0, -1.0])])
def test_gradient_of_geodesic_distance_is_finite_at_its_ends(second, execute):
    @execute
    def gradient(matrix):
        with tf.GradientTape() as tape:
            tape.watch(matrix)
            distance = rotation_matrix.geodesic_distance(np.eye(3), matrix)
        return tape.gradient(distance, matrix)

    assert np.isfinite(gradient(tf.constant(second))).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nearest_equals_svd(dtype, rng, execute):
    matrices = rng.normal(size=(20, 3, 3)).astype(dtype)
    nearest = execute(rotation_matrix.nearest)(tf.constant(matrices))
    expected = [project_to_rotation(m) for m in matrices.astype(np.float64)]
    # XLA stops its SVD at 1e-6 in either precision.
    np.testing.assert_allclose(nearest, expected, atol=1e-5)


def test_nearest_is_exact_without_xla(rng):
    matrices = rng.normal(size=(20, 3, 3))
    expected = [project_to_rotation(m) for m in matrices]
    np.testing.assert_allclose(rotation_matrix.nearest(matrices), expected, atol=1e-12)


def test_nearest_leaves_rotations_alone():
    np.testing.assert_allclose(rotation_matrix.nearest(FIRST), FIRST, atol=1e-14)


def test_nearest_of_a_reflection_is_a_rotation(execute):
    nearest = execute(rotation_matrix.nearest)(tf.constant(np.diag([3.0, 2.0, -1.0])))
    np.testing.assert_allclose(nearest, np.eye(3), atol=1e-6)


@pytest.mark.parametrize("rank", [0, 1])
def test_nearest_of_a_singular_matrix_is_some_rotation_with_finite_gradient(rank, execute):
    matrix = tf.constant(np.outer([1.0, 2.0, 3.0], [0.0, 1.0, 0.0]) * rank)

    @execute
    def value_and_gradient(matrix):
        with tf.GradientTape() as tape:
            tape.watch(matrix)
            nearest = rotation_matrix.nearest(matrix)
        return nearest, tape.gradient(nearest, matrix)

    nearest, gradient = (result.numpy() for result in value_and_gradient(matrix))
    np.testing.assert_allclose(nearest @ nearest.T, np.eye(3), atol=1e-6)
    assert np.linalg.det(nearest) == pytest.approx(1.0, abs=1e-6)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    "matrix",
    [
        np.eye(3),  # All stretches equal, where the derivative of SVD is infinite.
        FIRST[0],
        np.diag([2.0, 2.0, 1.0]) @ FIRST[1],
        np.array([[1.0, 2.0, 0.5], [0.3, -1.0, 2.0], [0.2, 0.7, 1.5]]),
        np.array([[1.0, 2.0, 0.5], [0.3, -1.0, 2.0], [-0.2, -0.7, -1.5]]),
    ],
)
def test_derivative_of_nearest_equals_finite_differences(matrix):
    theoretical, numerical = tf.test.compute_gradient(rotation_matrix.nearest, [matrix], delta=1e-5)
    np.testing.assert_allclose(theoretical[0], numerical[0], atol=1e-8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rotation_matrix.relative(tf.eye(4), tf.eye(3)), "`reference`.*received .4, 4."),
        (
            lambda: rotation_matrix.geodesic_distance(tf.zeros([3]), tf.eye(3)),
            "`first`.*received .3,.",
        ),
        (
            lambda: rotation_matrix.geodesic_distance(tf.eye(3), tf.eye(2)),
            "`second`.*received .2, 2.",
        ),
        (lambda: rotation_matrix.nearest(tf.zeros([3, 4])), "`matrix`.*received .3, 4."),
    ],
)
def test_wrong_shape_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
