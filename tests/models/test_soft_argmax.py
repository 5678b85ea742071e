import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from hps_tf.models import soft_argmax

STRIDE = 4


def _logits(x, y, size=16, spread=1.0):
    """A Gaussian around a place in pixels of the image."""
    column, row = ((value + 0.5) / STRIDE - 0.5 for value in (x, y))
    grid = np.arange(size)
    squares = (grid - column) ** 2 + (grid[:, np.newaxis] - row) ** 2
    return (-0.5 * squares / spread**2)[np.newaxis, ..., np.newaxis].astype(np.float32)


@given(st.floats(14, 48), st.floats(14, 48))
def test_finds_a_gaussian_to_a_fraction_of_a_pixel(x, y):
    found = soft_argmax(_logits(x, y), STRIDE)
    np.testing.assert_allclose(found.keypoints_2d[0, 0], [x, y], atol=0.5)
    assert found.confidence[0, 0] > 0.9


def test_one_certain_pixel_is_at_its_centre():
    logits = np.full((1, 16, 16, 1), -100.0, np.float32)
    logits[0, 3, 5] = 0
    found = soft_argmax(logits, STRIDE)
    np.testing.assert_allclose(found.keypoints_2d[0, 0], [5 * 4 + 1.5, 3 * 4 + 1.5], atol=1e-4)


def test_lies_at_the_likelier_of_two_candidates_and_not_between():
    logits = np.logaddexp(_logits(10, 10), _logits(50, 50) - 0.5)
    found = soft_argmax(logits, STRIDE)
    np.testing.assert_allclose(found.keypoints_2d[0, 0], [10, 10], atol=1.0)
    assert 0.4 < found.confidence[0, 0] < 0.7


def test_flat_maps_have_low_confidence():
    found = soft_argmax(np.zeros((1, 16, 16, 1), np.float32), STRIDE)
    assert found.confidence[0, 0] < 0.1
    assert np.isfinite(found.keypoints_2d).all()


def test_gradient_agrees_with_finite_differences():
    logits = tf.constant(
        _logits(21.0, 30.0) + np.random.default_rng(0).normal(size=(1, 16, 16, 1)) * 0.1, tf.float32
    )
    with tf.GradientTape() as tape:
        tape.watch(logits)
        x = soft_argmax(logits, STRIDE).keypoints_2d[0, 0, 0]
    gradient = tape.gradient(x, logits).numpy()
    row, column = np.unravel_index(np.abs(gradient[0, ..., 0]).argmax(), (16, 16))
    step = np.zeros(logits.shape, np.float32)
    step[0, row, column] = 1e-2
    ahead, behind = (
        soft_argmax(logits + sign * step, STRIDE).keypoints_2d[0, 0, 0] for sign in (1, -1)
    )
    np.testing.assert_allclose(gradient[0, row, column, 0], (ahead - behind) / 2e-2, rtol=2e-2)


def test_wrong_shape_is_an_error():
    with pytest.raises(ValueError, match="`logits`: expected shape"):
        soft_argmax(np.zeros((16, 16, 1), np.float32), STRIDE)
