import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tensorflow_graphics.geometry.transformation import rotation_matrix_3d

from hps_tf.geometry import quaternion

HALF_TURNS = Rotation.from_rotvec(np.pi * np.eye(3)).as_matrix()


@pytest.mark.parametrize(
    ("batch", "dtype"), [((), np.float64), ((2, 24), np.float64), ((2, 24), np.float32)]
)
def test_conversions_equal_scipy(batch, dtype, execute):
    reference = Rotation.random(int(np.prod(batch)), random_state=0)
    matrices = reference.as_matrix().reshape(*batch, 3, 3).astype(dtype)
    quaternions = reference.as_quat(canonical=True).reshape(*batch, 4).astype(dtype)
    tolerance = 4 * np.finfo(dtype).eps

    np.testing.assert_allclose(
        execute(quaternion.to_matrix)(tf.constant(quaternions)), matrices, atol=tolerance
    )
    np.testing.assert_allclose(
        execute(quaternion.from_matrix)(tf.constant(matrices)), quaternions, atol=tolerance
    )


def test_to_matrix_equals_tensorflow_graphics():
    quaternions = Rotation.random(100, random_state=1).as_quat()
    expected = rotation_matrix_3d.from_quaternion(quaternions)
    np.testing.assert_allclose(quaternion.to_matrix(quaternions), expected, atol=1e-15)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_from_matrix_gives_unit_quaternions_of_the_same_rotation(seed):
    matrix = Rotation.random(random_state=seed).as_matrix()
    result = quaternion.from_matrix(matrix)
    assert np.linalg.norm(result) == pytest.approx(1.0)
    assert result[3] >= 0.0
    np.testing.assert_allclose(quaternion.to_matrix(result), matrix, atol=1e-14)


@pytest.mark.parametrize("axis", range(3))
def test_half_turns_are_exact(axis):
    expected = np.eye(4)[axis]
    np.testing.assert_allclose(
        np.abs(quaternion.from_matrix(HALF_TURNS[axis])), expected, atol=1e-15
    )


@pytest.mark.parametrize("matrix", [np.eye(3), *HALF_TURNS[:, [1, 2, 0]], *HALF_TURNS])
def test_derivative_of_from_matrix_equals_finite_differences(matrix):
    # Away from w = 0, where the sign of q flips: half turns are looked at from a little before.
    matrix = matrix @ Rotation.from_rotvec([0.01, -0.02, 0.015]).as_matrix()
    theoretical, numerical = tf.test.compute_gradient(quaternion.from_matrix, [matrix], delta=1e-5)
    np.testing.assert_allclose(theoretical[0], numerical[0], atol=1e-9)


@pytest.mark.parametrize("matrix", [np.eye(3), *HALF_TURNS])
def test_gradient_is_finite_at_the_identity_and_at_half_turns(matrix):
    (theoretical,), _ = tf.test.compute_gradient(quaternion.from_matrix, [matrix])
    assert np.isfinite(theoretical).all()
    assert np.abs(theoretical).max() <= 1.0


def test_wrong_shape_is_named():
    with pytest.raises(ValueError, match=r"`unit_quaternion`: expected shape \(\.\.\., 4\)"):
        quaternion.to_matrix(tf.zeros([2, 3]))
    with pytest.raises(ValueError, match=r"`matrix`: expected shape \(\.\.\., 3, 3\)"):
        quaternion.from_matrix(tf.zeros([3, 4]))
