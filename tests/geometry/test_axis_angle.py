import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from hps_tf.geometry import axis_angle

AXIS = np.array([2.0, -1.0, 2.0]) / 3.0
# Zero, both sides of the bounds of the power series, and π from below.
HARD_ANGLES = [0.0, 1e-8, 1e-4, 0.4899, 0.5001, 0.99, 1.01, 2.0]
HARD_ANGLES += [np.pi - gap for gap in (1e-3, 1e-6, 1e-9)]
vectors = arrays(np.float64, 3, elements=st.floats(-8.0, 8.0))


def jacobians(function, points: np.ndarray) -> np.ndarray:
    """Derivatives (N, M, 3) of M outputs at N points."""
    points = tf.constant(points)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(points)
        outputs = tf.unstack(tf.reshape(function(points), [len(points), -1]), axis=-1)
    return np.stack([tape.gradient(output, points) for output in outputs], axis=-2)


def scipy_jacobians(function, points: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """Derivatives (N, M, 3) by central differences."""

    def values(offset):
        return function(Rotation.from_rotvec(points + offset)).reshape(len(points), -1)

    return np.stack([values(e) - values(-e) for e in step * np.eye(3)], axis=-1) / (2.0 * step)


@pytest.mark.parametrize(
    ("batch", "dtype"), [((), np.float64), ((2, 24), np.float64), ((2, 24), np.float32)]
)
def test_conversions_equal_scipy(batch, dtype, rng, execute):
    vectors = rng.normal(size=(*batch, 3)).astype(dtype)
    reference = Rotation.from_rotvec(vectors.reshape(-1, 3))
    tolerance = 4 * np.finfo(dtype).eps

    matrices = execute(axis_angle.to_matrix)(tf.constant(vectors))
    quaternions = execute(axis_angle.to_quaternion)(tf.constant(vectors))

    assert matrices.dtype == dtype
    np.testing.assert_allclose(
        matrices, reference.as_matrix().reshape(*batch, 3, 3), atol=tolerance
    )
    np.testing.assert_allclose(quaternions, reference.as_quat().reshape(*batch, 4), atol=tolerance)
    for returned in (
        execute(axis_angle.from_matrix)(matrices),
        execute(axis_angle.from_quaternion)(quaternions),
    ):
        np.testing.assert_allclose(
            returned, reference.as_rotvec().reshape(*batch, 3), atol=8 * tolerance
        )


def test_to_matrix_equals_tensorflow_graphics(rng):
    from tensorflow_graphics.geometry.transformation import rotation_matrix_3d  # Takes seconds.

    vectors = rng.normal(size=(100, 3))
    angle = np.linalg.norm(vectors, axis=-1, keepdims=True)
    expected = rotation_matrix_3d.from_axis_angle(vectors / angle, angle)
    np.testing.assert_allclose(axis_angle.to_matrix(vectors), expected, atol=1e-14)


def test_to_matrix_turns_columns_right_handedly():
    quarter_about_z = axis_angle.to_matrix(np.array([0.0, 0.0, np.pi / 2]))
    np.testing.assert_allclose(quarter_about_z @ np.eye(3)[:, :1], [[0], [1], [0]], atol=1e-15)


@given(vectors)
@settings(max_examples=25, deadline=None)
def test_matrices_are_rotations(vector):
    matrix = axis_angle.to_matrix(vector).numpy()
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-14)
    assert np.linalg.det(matrix) == pytest.approx(1.0)


@given(vectors)
@settings(max_examples=25, deadline=None)
def test_from_matrix_returns_the_shortest_vector_of_the_same_rotation(vector):
    matrix = axis_angle.to_matrix(vector)
    shortest = axis_angle.from_matrix(matrix)
    assert np.linalg.norm(shortest) <= np.pi + 1e-14
    np.testing.assert_allclose(axis_angle.to_matrix(shortest), matrix, atol=1e-14)


@given(vectors)
@settings(max_examples=25, deadline=None)
def test_quaternion_and_its_negative_are_the_same_rotation(vector):
    quaternion = axis_angle.to_quaternion(vector)
    np.testing.assert_allclose(
        axis_angle.to_matrix(axis_angle.from_quaternion(-quaternion)),
        axis_angle.to_matrix(axis_angle.from_quaternion(quaternion)),
        atol=1e-14,
    )


@pytest.mark.parametrize("angle", [*HARD_ANGLES, np.pi])
@pytest.mark.parametrize("axis", [AXIS, *np.eye(3), *-np.eye(3)])
def test_round_trip_is_exact_at_hard_angles(angle, axis):
    vector = angle * axis
    returned = axis_angle.from_matrix(axis_angle.to_matrix(vector)).numpy()
    if angle == np.pi:  # Both directions of the axis are right.
        returned *= np.sign(returned @ vector)
    np.testing.assert_allclose(returned, vector, rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize("angle", HARD_ANGLES)
def test_float32_round_trip_keeps_small_and_large_angles(angle):
    vector = (angle * AXIS).astype(np.float32)
    returned = axis_angle.from_matrix(axis_angle.to_matrix(vector)).numpy()
    if angle > 3.14:  # Rounding to float32 may pass π.
        returned *= np.sign(returned @ vector)
    np.testing.assert_allclose(returned, vector, rtol=1e-6, atol=1e-7 * angle)


def test_derivative_of_matrix_equals_finite_differences():
    points = np.outer([*HARD_ANGLES, np.pi, 4.0, 6.0], AXIS)
    np.testing.assert_allclose(
        jacobians(axis_angle.to_matrix, points),
        scipy_jacobians(Rotation.as_matrix, points),
        atol=1e-9,
    )


def test_derivative_of_quaternion_equals_finite_differences():
    points = np.outer(HARD_ANGLES, AXIS)
    np.testing.assert_allclose(
        jacobians(axis_angle.to_quaternion, points),
        scipy_jacobians(lambda rotations: rotations.as_quat(canonical=False), points),
        atol=1e-9,
    )


def test_derivative_of_matrix_at_zero_is_the_cross_product():
    generators = np.zeros((3, 3, 3))
    for x, y, z in [(0, 1, 2), (1, 2, 0), (2, 0, 1)]:
        generators[z, y, x], generators[y, z, x] = 1.0, -1.0
    derivatives = jacobians(axis_angle.to_matrix, np.outer([0.0, 1e-8], AXIS))
    np.testing.assert_allclose(derivatives[0], generators.reshape(9, 3), atol=1e-15)
    np.testing.assert_allclose(derivatives[1], generators.reshape(9, 3), atol=2e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_derivative_of_round_trip_is_the_identity(dtype):
    points = np.outer(HARD_ANGLES[:-2], AXIS).astype(dtype)
    expected = np.broadcast_to(np.eye(3), (len(points), 3, 3))
    tolerance = 50 * np.finfo(dtype).eps
    for function in (
        lambda v: axis_angle.from_matrix(axis_angle.to_matrix(v)),
        lambda v: axis_angle.from_quaternion(axis_angle.to_quaternion(v)),
    ):
        np.testing.assert_allclose(jacobians(function, points), expected, atol=tolerance)


def test_gradient_is_finite_at_the_identity_matrix_and_at_half_turns(execute):
    matrices = tf.constant([np.eye(3), *(2 * np.outer(a, a) - np.eye(3) for a in np.eye(3))])

    @execute
    def gradient(matrices):
        with tf.GradientTape() as tape:
            tape.watch(matrices)
            total = tf.reduce_sum(axis_angle.from_matrix(matrices))
        return tape.gradient(total, matrices)

    assert np.isfinite(gradient(matrices)).all()


def test_second_derivative_at_zero_is_that_of_the_exponential():
    def gradient_of_trace(points):
        with tf.GradientTape() as tape:
            tape.watch(points)
            trace = tf.linalg.trace(axis_angle.to_matrix(points))  # 1 + 2 cos θ
        return tape.gradient(trace, points)

    hessian = jacobians(gradient_of_trace, np.zeros([1, 3]))[0]
    np.testing.assert_allclose(hessian, -2.0 * np.eye(3), atol=1e-14)


def test_large_angles_neither_overflow_nor_spoil_the_gradient():
    points = np.array([[3e4, 0.0, 0.0]], np.float32)
    assert np.isfinite(axis_angle.to_matrix(points)).all()
    assert np.isfinite(jacobians(axis_angle.to_matrix, points)).all()


@pytest.mark.parametrize(
    ("function", "shape", "message"),
    [
        (
            axis_angle.to_matrix,
            (8, 72),
            r"`axis_angle`: expected shape \(\.\.\., 3\), received \(8, 72\)",
        ),
        (
            axis_angle.to_quaternion,
            (4,),
            r"`axis_angle`: expected shape \(\.\.\., 3\), received \(4,\)",
        ),
        (
            axis_angle.from_matrix,
            (3,),
            r"`matrix`: expected shape \(\.\.\., 3, 3\), received \(3,\)",
        ),
        (axis_angle.from_quaternion, (2, 3), r"`unit_quaternion`: expected shape \(\.\.\., 4\)"),
    ],
)
def test_wrong_shape_is_named(function, shape, message):
    with pytest.raises(ValueError, match=message):
        function(tf.zeros(shape))


@pytest.mark.parametrize("angle", [0.0, 1e-4, 0.4899, 0.5001, 2.0, 3.1, 5.0])
def test_right_jacobian_tells_how_the_rotation_turns(angle):
    vector = angle * AXIS
    inverse = Rotation.from_rotvec(vector).inv()
    step = 1e-6
    for axis, column in zip(np.eye(3), axis_angle.right_jacobian(vector).numpy().T, strict=True):
        forward, backward = (
            (inverse * Rotation.from_rotvec(vector + sign * step * axis)).as_rotvec()
            for sign in (1, -1)
        )
        np.testing.assert_allclose(column, (forward - backward) / (2 * step), atol=1e-8)


def test_right_jacobian_of_single_precision_is_near_that_of_double():
    vectors = np.outer([1e-6, 1e-3, 0.49, 0.51, 3.0], AXIS)
    single = axis_angle.right_jacobian(vectors.astype(np.float32))
    np.testing.assert_allclose(single, axis_angle.right_jacobian(vectors), atol=1e-6)
