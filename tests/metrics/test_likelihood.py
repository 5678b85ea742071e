import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from hps_tf.metrics import likelihood

DIM = 3


def standard_normal_log_prob(x):
    return -0.5 * tf.reduce_sum(tf.square(x), -1) - 0.5 * DIM * np.log(2 * np.pi)


def test_nll_equals_scipy():
    x = np.random.default_rng(0).normal(size=(20, DIM)).astype(np.float32)
    expected = -stats.multivariate_normal(np.zeros(DIM)).logpdf(x) / DIM
    np.testing.assert_allclose(
        likelihood.nll_per_dim(standard_normal_log_prob, x), expected, rtol=1e-5
    )


def test_noise_has_the_stated_deviation_and_follows_the_seed():
    x = np.ones((20_000, DIM), np.float32)
    noisy = likelihood.dequantised(x, sigma=0.1, seed=3)
    assert noisy.dtype == np.float32
    np.testing.assert_allclose((noisy - x).std(), 0.1, rtol=0.02)
    np.testing.assert_array_equal(noisy, likelihood.dequantised(x, sigma=0.1, seed=3))
    assert not np.array_equal(noisy, likelihood.dequantised(x, sigma=0.1, seed=4))


def test_noise_of_a_pose_does_not_depend_on_how_many_follow():
    x = np.zeros((10, DIM), np.float32)
    first = likelihood.dequantised(x[:4], sigma=1.0, seed=0)
    np.testing.assert_array_equal(first, likelihood.dequantised(x, sigma=1.0, seed=0)[:4])


def test_summary_of_a_ramp_is_its_percentages():
    summary = likelihood.summary(np.arange(101.0))
    assert summary.mean == summary.median == 50.0
    assert summary.quantiles == {q: pytest.approx(q) for q in likelihood.QUANTILES}
