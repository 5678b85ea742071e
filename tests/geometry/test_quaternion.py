import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

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


@pytest.mark.parametrize("batch", [(), (2, 24)])
def test_products_equal_scipy(batch, execute):
    count = int(np.prod(batch))
    first, second = (Rotation.random(count, random_state=seed) for seed in (1, 2))
    quaternions = [each.as_quat().reshape(*batch, 4) for each in (first, second)]
    product = execute(quaternion.multiply)(*map(tf.constant, quaternions))
    assert product.shape == (*batch, 4)
    expected = (first * second).as_matrix().reshape(*batch, 3, 3)
    np.testing.assert_allclose(quaternion.to_matrix(product), expected, atol=1e-15)


@pytest.mark.parametrize("components", [*np.eye(4), [1e-8, 0, 0, 1], [0.6, 0, -0.8, 0]])
def test_derivatives_of_matrices_and_products_are_exact_at_degenerate_rotations(components):
    # Polynomials of degree two: central differences have no error but rounding.
    components, other = np.array(components), np.array([0.1, -0.5, 0.3, 0.8])
    for function in (
        quaternion.to_matrix,
        lambda q: quaternion.multiply(q, other),
        lambda q: quaternion.multiply(other, q),
    ):
        theoretical, numerical = tf.test.compute_gradient(function, [components], delta=1e-3)
        np.testing.assert_allclose(theoretical[0], numerical[0], atol=1e-11)


def test_tensorflow_graphics_is_imported_only_when_it_computes():
    code = (
        "import sys, hps_tf.geometry.quaternion as quaternion, hps_tf.fitting.fit\n"
        "assert 'tensorflow' in sys.modules and 'tensorflow_graphics' not in sys.modules\n"
        "quaternion.to_matrix([0.0, 0.0, 0.0, 1.0])\n"
        "assert 'tensorflow_graphics' in sys.modules and 'tensorflow_addons' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


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
    with pytest.raises(ValueError, match=r"`second`: expected shape \(\.\.\., 4\)"):
        quaternion.multiply(tf.zeros([2, 4]), tf.zeros([2, 3]))
    with pytest.raises(ValueError, match=r"`matrix`: expected shape \(\.\.\., 3, 3\)"):
        quaternion.from_matrix(tf.zeros([3, 4]))
