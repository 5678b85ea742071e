import numpy as np
import pytest
import tensorflow as tf

from hps_tf.fitting.posterior import Posterior
from hps_tf.fitting.tangent_variables import TangentVariables
from hps_tf.fitting.weights import Weights
from hps_tf.fitting.windows import arrange


def tensors(**weights):
    return Weights(*(tf.constant(weight, tf.float32) for weight in Weights(**weights)))


@pytest.fixture(scope="module", params=[1, 2])
def posterior(request, body):
    return Posterior(body, TangentVariables(request.param, 10), "coco17")


@pytest.fixture(scope="module")
def windows(posterior, people, about):
    evidence = people.evidence("coco17", noise=3.0)
    evidence.confidence[1, 3:6] = 0.0
    evidence.keypoints[1, 3] = np.nan
    length = posterior.layout.num_frames
    expected = about(keypoint_deviation=2.0).by_window(length)
    return arrange(evidence, length, np.arange(6 // length), expected)


@pytest.fixture(scope="module")
def variables(posterior):
    count = 6 // posterior.layout.num_frames
    rng = np.random.default_rng(0)
    return tf.constant(rng.normal(size=(count, posterior.layout.size)), tf.float32)


@pytest.mark.parametrize("outlier", [np.inf, 20.0])
def test_jacobian_gives_the_gradient(posterior, windows, variables, outlier):
    weights = tensors(outlier=outlier, smoothness=0.0)
    with tf.GradientTape() as tape:
        tape.watch(variables)
        loss = posterior.terms(variables, windows, weights)["keypoints"]
    gradient = tape.gradient(loss, variables).numpy()
    residuals, by_frame, by_shape = posterior.linearise(variables, windows, weights)
    length = posterior.layout.num_frames
    frames = tf.linalg.matvec(by_frame, residuals, transpose_a=True) / length
    shape = tf.reduce_mean(tf.linalg.matvec(by_shape, residuals, transpose_a=True), axis=1)
    found = tf.concat([tf.reshape(frames, [len(gradient), -1]), shape], axis=1)
    np.testing.assert_allclose(found, gradient, atol=1e-4 * np.abs(gradient).max())


def test_loss_has_its_closed_form(posterior, windows, variables):
    terms = posterior.terms(variables, windows, tensors(expected=0.5))
    described = posterior.describe(variables, windows, tensors(expected=0.5))
    is_seen = windows.confidence > 0
    offsets = np.where(is_seen[..., None], described.keypoints_2d - windows.keypoints, 0.0)
    sums = np.square(offsets / 2.0).sum(axis=(2, 3))
    count = 2 * is_seen.sum(axis=2)
    expected = 0.5 * (1 + count) * np.log1p(sums)
    np.testing.assert_allclose(terms["keypoints"], expected.mean(axis=1), rtol=1e-4)
    length = posterior.layout.num_frames
    squares = np.square(variables)
    deviations = 2.0 * np.reshape(windows.pixel_size, [-1, length])
    pulls = 0.5 * (0.1 + 0.6 * deviations**2)
    frames = np.reshape(squares[:, :-10], [-1, length, 69]).sum(axis=2)
    prior = 0.5 * (pulls * (frames + squares[:, -10:].sum(axis=1, keepdims=True))).mean(axis=1)
    np.testing.assert_allclose(terms["expected"], prior, rtol=1e-5)
    assert ("smoothness" in terms) == (length > 1)


def test_joints_respond_linearly_to_small_moves(posterior, body, windows, variables):
    by_frame, by_shape = posterior.joint_response(variables, windows)
    rng = np.random.default_rng(1)
    move = 1e-2 * rng.normal(size=variables.shape).astype(np.float32)

    def joints(x):
        found = posterior.layout.split(tf.constant(x), windows.anchors)
        shape = tf.repeat(found.shape, posterior.layout.num_frames, axis=0)
        rotations = tf.reshape(found.rotation_matrices, [-1, 24, 3, 3])
        seen = body.joints(rotation_matrices=rotations, shape=shape)
        return (seen - seen[:, :1]).numpy()

    difference = joints(variables + move) - joints(variables - move)
    frames, shape = np.split(move, [-10], axis=1)
    frames = frames.reshape(*by_frame.shape[:2], -1)
    expected = tf.linalg.matvec(by_frame, frames) + tf.linalg.matvec(by_shape, shape[:, None])
    np.testing.assert_allclose(difference / 2, np.reshape(expected, difference.shape), atol=5e-4)


def test_unsure_keypoints_count_little(body, people, about):
    posterior = Posterior(body, TangentVariables(1, 10), "coco17")
    expected = about()
    expected.spread.keypoints[:, 9] = 1e4
    windows = arrange(people.evidence("coco17"), 1, np.arange(6), expected.by_window(1))
    residuals = posterior.linearise(tf.zeros((6, 79)), windows, tensors()).residuals
    by_keypoint = np.abs(np.reshape(residuals, (6, 17, 2))).max(axis=2)
    assert (by_keypoint[:, 9] < 1e-2 * by_keypoint[:, 10]).all()
