import numpy as np
import pytest
import tensorflow as tf

from hps_tf.geometry import axis_angle
from hps_tf.geometry.spread import Spread
from hps_tf.losses import prediction_errors, surprise_loss
from hps_tf.losses.surprise import negative_log_likelihood

COUNT = 2
AXES = {"pose": (21, 3), "root": (3,), "place": (3,), "shape": (10,), "keypoints": (17,)}


def _bodies(seed):
    rng = np.random.default_rng(seed)
    turns = rng.normal(scale=0.3, size=(COUNT, 24, 3)).astype(np.float32)
    place = rng.normal(scale=0.2, size=(COUNT, 3)).astype(np.float32) + np.float32([0, 0, 4])
    shape = rng.normal(size=(COUNT, 16)).astype(np.float32)
    return turns, axis_angle.to_matrix(turns).numpy(), shape, place


@pytest.fixture(scope="module")
def errors():
    (_, *found), (_, *true) = _bodies(0), _bodies(1)
    of = prediction_errors(*map(tf.constant, found), *map(tf.constant, true))
    return of, found, true


def _spread(value=1.0):
    return Spread(**{name: tf.fill((COUNT, *axes), value) for name, axes in AXES.items()})


def test_the_errors_of_rotations_turn_the_prediction_into_the_truth(errors):
    found, (rotations, *_), (true, *_) = errors
    turned = rotations[:, 0] @ axis_angle.to_matrix(found["root"]).numpy()
    np.testing.assert_allclose(turned, true[:, 0], atol=1e-5)
    turned = rotations[:, 1:22] @ axis_angle.to_matrix(found["pose"]).numpy()
    np.testing.assert_allclose(turned, true[:, 1:22], atol=1e-5)


def test_places_are_compared_by_slopes_and_the_logarithm_of_the_depth(errors):
    found, (*_, place), (*_, true) = errors
    np.testing.assert_allclose(
        found["place"][:, :2], true[:, :2] / true[:, 2:] - place[:, :2] / place[:, 2:], atol=1e-6
    )
    np.testing.assert_allclose(found["place"][:, 2], np.log(true[:, 2] / place[:, 2]), atol=1e-6)
    assert found["shape"].shape == (COUNT, 10)


def test_is_the_mean_negative_log_likelihood_of_what_was_found(errors):
    keypoints = np.random.default_rng(2).normal(size=(COUNT, 17, 2)).astype(np.float32)
    is_found = np.ones((COUNT, 17), np.float32)
    is_found[0, 3:] = 0.0
    value = surprise_loss(errors[0], _spread(2.0), keypoints, is_found)
    for person in range(COUNT):
        numbers = [each[person].numpy().ravel() for each in errors[0].values()]
        numbers.append(keypoints[person, is_found[person] > 0].ravel())
        numbers = np.concatenate(numbers)
        expected = np.mean(0.5 * (numbers / 2.0) ** 2 + np.log(2.0))
        np.testing.assert_allclose(value[person], expected, rtol=1e-5)


def test_it_teaches_the_deviations_alone(errors):
    keypoints, is_found = tf.ones((COUNT, 17, 2)), tf.ones((COUNT, 17))
    spread = _spread(0.5)
    with tf.GradientTape() as tape:
        tape.watch((errors[0], keypoints, spread))
        total = tf.reduce_sum(surprise_loss(errors[0], spread, keypoints, is_found))
    to_errors, to_keypoints, to_spread = tape.gradient(total, (errors[0], keypoints, spread))
    assert to_keypoints is None
    assert set(to_errors.values()) == {None}
    assert all(np.isfinite(each).all() and np.any(each) for each in to_spread)


def test_a_deviation_of_zero_is_finite(errors):
    keypoints, is_found = tf.ones((COUNT, 17, 2)), tf.zeros((COUNT, 17))
    assert np.isfinite(surprise_loss(errors[0], _spread(0.0), keypoints, is_found)).all()


def test_surprise_agrees_with_numpy_and_leaves_out_what_is_missing():
    rng = np.random.default_rng(0)
    shapes = {"root": (4, 3), "keypoints": (4, 17, 2)}
    errors = {name: np.float32(rng.normal(size=shape)) for name, shape in shapes.items()}
    log_variances = {
        "root": np.float32(rng.normal(size=(4, 3))),
        "keypoints": np.float32(rng.normal(size=(4, 17))),
    }
    is_found = rng.uniform(size=(4, 17)) < 0.5

    def nll(error, log_variance):
        return 0.5 * (error**2 / np.exp(log_variance) + log_variance)

    found = negative_log_likelihood(errors, log_variances, is_found).numpy()
    for row, value in enumerate(found):
        counted = [
            *nll(errors["root"][row], log_variances["root"][row]),
            *nll(errors["keypoints"][row], log_variances["keypoints"][row][:, None])[
                is_found[row]
            ].ravel(),
        ]
        assert value == pytest.approx(np.mean(counted), rel=1e-4)


def test_the_least_surprising_spreads_are_those_of_the_errors():
    deviations = {"root": 0.3, "keypoints": 0.02}
    rng = np.random.default_rng(0)
    errors = {
        "root": np.float32(0.3 * rng.normal(size=(4000, 3))),
        "keypoints": np.float32(0.02 * rng.normal(size=(4000, 17, 2))),
    }
    learnt = {name: tf.Variable(-3.0) for name in deviations}
    for _ in range(60):  # Newton's steps; the second derivative is a half at the least surprise.
        with tf.GradientTape() as tape:
            spreads = {
                "root": tf.fill((4000, 3), learnt["root"].value()),
                "keypoints": tf.fill((4000, 17), learnt["keypoints"].value()),
            }
            surprises = negative_log_likelihood(errors, spreads, tf.ones((4000, 17), tf.bool))
            loss = 37 * tf.reduce_mean(surprises)
        gradients = tape.gradient(loss, list(learnt.values()))
        for variable, gradient, count in zip(learnt.values(), gradients, (3, 34), strict=True):
            variable.assign_sub(tf.clip_by_value(gradient / count, -1, 1))
    for name, deviation in deviations.items():
        assert np.exp(0.5 * learnt[name].numpy()) == pytest.approx(deviation, rel=0.03)
