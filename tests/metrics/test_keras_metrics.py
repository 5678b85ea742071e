import keras
import numpy as np
import pytest

from hps_tf import metrics

FUNCTIONS = {
    "MPJPE": metrics.mpjpe,
    "PAMPJPE": metrics.pa_mpjpe,
    "MPVPE": lambda x, y: metrics.mpvpe(x, np.zeros((len(x), 3)), y, np.zeros((len(x), 3))),
}


def draw():
    return np.random.default_rng(0).normal(size=(2, 5, 24, 3)).astype(np.float32)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_metric_is_the_mean_over_all_people_of_all_updates(name):
    true, estimate = draw()
    metric = getattr(metrics, name)()
    metric.update_state(true[:2], estimate[:2])
    metric.update_state(true[2:], estimate[2:])
    expected = FUNCTIONS[name](estimate.astype(np.float64), true.astype(np.float64)).numpy()
    np.testing.assert_allclose(metric.result(), expected.mean(), rtol=1e-5)
    metric.reset_state()
    metric.update_state(true[:1], estimate[:1])
    np.testing.assert_allclose(metric.result(), expected[0], rtol=1e-5)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_people_of_weight_zero_do_not_count(name):
    true, estimate = draw()
    metric, alone = getattr(metrics, name)(), getattr(metrics, name)()
    metric.update_state(true, estimate, sample_weight=np.array([0, 1, 0, 1, 0], np.float32))
    alone.update_state(true[1::2], estimate[1::2])
    np.testing.assert_allclose(metric.result(), alone.result(), rtol=1e-6)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_metric_is_restored_from_its_config(name):
    metric = getattr(metrics, name)(name="error")
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert type(again) is type(metric)
    assert again.get_config() == metric.get_config()


def test_the_root_of_mpjpe_is_an_argument():
    true, estimate = draw()
    metric = metrics.MPJPE(root=4)
    metric.update_state(true, estimate)
    expected = metrics.mpjpe(estimate, true, root=4).numpy().mean()
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-6)
