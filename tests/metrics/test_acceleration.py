import numpy as np
import pytest

from hps_tf.metrics.acceleration import acceleration_error


def _joints(seed=0, shape=(2, 7, 24, 3)):
    return np.random.default_rng(seed).normal(size=shape)


def test_equals_second_differences():
    ours, truth = _joints(0), _joints(1)
    offset = (ours - ours[..., :1, :]) - (truth - truth[..., :1, :])
    expected = np.linalg.norm(np.diff(offset, n=2, axis=1), axis=-1).mean(axis=(1, 2))
    np.testing.assert_allclose(acceleration_error(ours, truth), expected)


def test_steady_error_is_none():
    truth = _joints()
    drift = np.linspace(0, 1, 7)[:, None, None] * _joints(2, (1, 24, 3))
    np.testing.assert_allclose(acceleration_error(truth + drift + 5.0, truth), 0.0, atol=1e-12)


def test_two_frames_are_too_few():
    with pytest.raises(ValueError, match="at least 3 frames, received 2"):
        acceleration_error(_joints(shape=(2, 24, 3)), _joints(shape=(2, 24, 3)))


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="`target`: expected shape"):
        acceleration_error(_joints(), _joints(shape=(2, 7, 17, 3)))
