import numpy as np
import pytest
import tensorflow as tf
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from hps_tf.geometry import axis_angle, rotation_6d


def gram_schmidt(vector: np.ndarray) -> np.ndarray:
    """Written out with NumPy's QR, whose signs are made those of Gram-Schmidt."""
    q, r = np.linalg.qr(vector.reshape(2, 3).T)
    q *= np.sign(np.diag(r))
    return np.column_stack([q, np.cross(q[:, 0], q[:, 1])])


@pytest.mark.parametrize(
    ("batch", "dtype"), [((), np.float64), ((2, 24), np.float64), ((2, 24), np.float32)]
)
def test_to_matrix_equals_qr(batch, dtype, rng, execute):
    vectors = rng.normal(size=(*batch, 6)).astype(dtype)
    expected = [gram_schmidt(v) for v in vectors.reshape(-1, 6).astype(np.float64)]
    np.testing.assert_allclose(
        execute(rotation_6d.to_matrix)(tf.constant(vectors)),
        np.reshape(expected, (*batch, 3, 3)),
        atol=40 * np.finfo(dtype).eps,
    )


def test_layout_is_first_column_then_second(execute):
    matrix = tf.constant(np.arange(9.0).reshape(3, 3))
    np.testing.assert_array_equal(execute(rotation_6d.from_matrix)(matrix), [0, 3, 6, 1, 4, 7])


def test_round_trip_is_exact_for_rotations():
    matrices = Rotation.random(100, random_state=0).as_matrix()
    returned = rotation_6d.to_matrix(rotation_6d.from_matrix(matrices))
    np.testing.assert_allclose(returned, matrices, atol=1e-15)


@given(arrays(np.float64, 6, elements=st.floats(-10.0, 10.0)), st.floats(0.1, 10.0))
@settings(max_examples=50, deadline=None)
def test_any_scale_gives_the_same_rotation(vector, scale):
    assume(np.linalg.norm(np.cross(vector[:3], vector[3:])) > 1e-3)
    matrix = rotation_6d.to_matrix(vector).numpy()
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-6)
    assert np.linalg.det(matrix) == pytest.approx(1.0)
    np.testing.assert_allclose(rotation_6d.to_matrix(scale * vector), matrix, atol=1e-6)


@pytest.mark.parametrize("angle", [0.0, 1e-8, 1e-4, 1.0, np.pi - 1e-6])
def test_derivative_equals_finite_differences(angle):
    vector = rotation_6d.from_matrix(axis_angle.to_matrix(angle * np.array([0.6, 0.0, 0.8])))
    theoretical, numerical = tf.test.compute_gradient(rotation_6d.to_matrix, [vector], delta=1e-5)
    np.testing.assert_allclose(theoretical[0], numerical[0], atol=1e-9)


@pytest.mark.parametrize(
    "vector", [np.zeros(6), [1.0, 0, 0, 2.0, 0, 0], [0, 0, 0, 0, 1.0, 0], [1.0, 2.0, 3.0, 0, 0, 0]]
)
def test_degenerate_vectors_give_finite_values_and_gradients(vector, execute):
    vector = tf.constant(vector, tf.float32)

    @execute
    def value_and_gradient(vector):
        with tf.GradientTape() as tape:
            tape.watch(vector)
            matrix = rotation_6d.to_matrix(vector)
        return matrix, tape.gradient(matrix, vector)

    for result in value_and_gradient(vector):
        assert np.isfinite(result).all()


def test_wrong_shape_is_named():
    with pytest.raises(
        ValueError, match=r"`rotation_6d`: expected shape \(\.\.\., 6\), received \(9,\)"
    ):
        rotation_6d.to_matrix(tf.zeros([9]))
    with pytest.raises(
        ValueError, match=r"`matrix`: expected shape \(\.\.\., 3, 3\), received \(6,\)"
    ):
        rotation_6d.from_matrix(tf.zeros([6]))
