import numpy as np
import pytest
import tensorflow as tf

from hps_tf.fitting.clip_fit import ClipFit
from hps_tf.fitting.posterior import Posterior
from hps_tf.fitting.tangent_variables import TangentVariables
from hps_tf.fitting.weights import Weights
from hps_tf.fitting.windows import arrange

LENGTH = 3


@pytest.fixture(scope="module")
def weights():
    return Weights(*(tf.constant(weight, tf.float32) for weight in Weights(smoothness=2.0)))


@pytest.fixture(scope="module")
def frames(people, about):
    """Two windows of three frames, as windows of one frame with their windows' shapes."""
    expected = about(keypoint_deviation=3.0)
    windows = expected.by_window(LENGTH)
    evidence = people.evidence("coco17", noise=3.0)
    shape, deviation = (
        tf.repeat(part, LENGTH, axis=0) for part in (windows.shape, windows.spread.shape)
    )
    by_frame = expected.by_window(1)
    by_frame = by_frame._replace(shape=shape, spread=by_frame.spread._replace(shape=deviation))
    return tf.nest.map_structure(
        tf.constant, arrange(evidence, 1, np.arange(6), by_frame)
    ), arrange(evidence, LENGTH, np.arange(2), windows)


@pytest.fixture(scope="module")
def minimize(body, weights):
    posterior = Posterior(body, TangentVariables(1, 10), "coco17")
    return tf.function(ClipFit(posterior, 30).minimize, autograph=False)


@pytest.fixture(scope="module")
def found(minimize, frames, weights):
    return minimize(tf.zeros((6, 79)), frames[0], weights, tf.constant(LENGTH))


def test_a_minimum_of_the_windows_posterior_is_found(body, frames, weights, found):
    posterior = Posterior(body, TangentVariables(LENGTH, 10), "coco17")
    x = tf.constant(posterior.layout.from_frames(found.x.numpy()))
    start = tf.zeros_like(x)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, start])
        loss = posterior(x, frames[1], weights)
        begun = posterior(start, frames[1], weights)
    np.testing.assert_allclose(found.loss, loss, rtol=1e-4)
    assert (loss < begun).numpy().all()
    steepest = np.abs(tape.gradient(begun, start)).max()
    assert np.abs(tape.gradient(loss, x)).max() < 1e-3 * steepest


def test_frames_of_a_window_share_the_shape(found):
    shape = found.x.numpy()[:, -10:].reshape(2, LENGTH, 10)
    np.testing.assert_array_equal(shape, np.repeat(shape[:, :1], LENGTH, axis=1))
    assert np.abs(shape).max() > 0


def test_a_window_does_not_depend_on_one_that_is_not_finite(minimize, frames, weights, found):
    keypoints = frames[0].keypoints.numpy()
    keypoints[1, 0, 4] = np.nan
    spoilt = frames[0]._replace(keypoints=tf.constant(keypoints))
    other = minimize(tf.zeros((6, 79)), spoilt, weights, tf.constant(LENGTH))
    assert np.isinf(other.loss[0])
    np.testing.assert_array_equal(other.x[:LENGTH], 0.0)
    np.testing.assert_allclose(other.x[LENGTH:], found.x[LENGTH:], atol=1e-2)
