import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.body import load_default
from hps_tf.models import evidence_frame
from hps_tf.models.lifting_module import SPREADS
from hps_tf.models.lifting_network import LiftedNumbers
from trainers.tasks import lifting_errors

COUNT = 6
FACING = np.diag([1.0, -1.0, -1.0])


@pytest.fixture(scope="module")
def people():
    """People whom the batch tells of, and a prediction that errs in known ways."""
    body = load_default(num_vertices=3000)
    rng = np.random.default_rng(0)
    turns = Rotation.from_rotvec(0.3 * rng.normal(size=(COUNT * 24, 3)))
    true = turns.as_matrix().reshape(COUNT, 24, 3, 3)
    true[:, 0] = FACING @ true[:, 0]
    place = np.float32(rng.uniform([-0.2, -0.2, 3], [0.2, 0.2, 5], (COUNT, 3)))
    points = body.keypoints("coco17", rotation_matrices=true).numpy()
    seen = points + place[:, None]
    seen = seen[..., :2] / seen[..., 2:]
    off = np.float32(0.01 * rng.normal(size=seen.shape))
    batch = {
        "found": tf.constant(seen + off),
        "seen": tf.constant(seen),
        "confidence": tf.ones((COUNT, 17)),
        "rotation_matrices": tf.constant(true, tf.float32),
        "translation": tf.constant(place),
        "shape": tf.ones((COUNT, 10)),
    }
    errors = Rotation.from_rotvec(0.2 * rng.normal(size=(COUNT * 22, 3)))
    predicted = true.copy()
    turned = turns.as_matrix().reshape(COUNT, 24, 3, 3)[:, :22]
    turned[:, 0] = true[:, 0]
    matrices = errors.as_matrix().reshape(COUNT, 22, 3, 3)
    predicted[:, :22] = turned @ np.swapaxes(matrices, -1, -2)
    return batch, predicted, points, errors.as_rotvec().reshape(COUNT, 22, 3), off


def _numbers(shape=0.25):
    log_variances = {
        name: tf.zeros((COUNT, 21, 3) if name == "pose" else (COUNT, size))
        for name, size in SPREADS.items()
    }
    return LiftedNumbers(None, None, shape * tf.ones((COUNT, 10)), log_variances)


def _errors(people, batch=None):
    original, predicted, points, *_ = people
    batch = original if batch is None else batch
    view = tf.eye(3, batch_shape=[COUNT])
    frame = evidence_frame.observe(batch["found"], batch["confidence"], view)
    found = lifting_errors.errors(
        batch, frame, _numbers(), tf.constant(predicted, tf.float32), tf.constant(points)
    )
    return found, frame.half_size.numpy()


def test_rotations_err_by_the_vectors_that_lead_to_the_truth(people):
    found, _ = _errors(people)
    expected = people[3]
    np.testing.assert_allclose(found["root"], expected[:, 0], atol=1e-5)
    np.testing.assert_allclose(found["pose"], expected[:, 1:], atol=1e-5)


def test_keypoints_err_in_half_sides_of_the_box_and_shapes_in_units(people):
    found, half_size = _errors(people)
    np.testing.assert_allclose(found["keypoints"], people[4] / half_size[:, None, None], atol=1e-5)
    np.testing.assert_allclose(found["shape"], 0.75)


def test_places_err_by_what_the_keypoints_err(people):
    batch = people[0]
    exact, _ = _errors(people, {**batch, "found": batch["seen"]})
    np.testing.assert_allclose(exact["place"], 0, atol=1e-4)
    noisy, half_size = _errors(people)
    size = np.abs(noisy["place"]).mean(axis=0)
    assert size[:2].max() < 3 * 0.01 / np.sqrt(17) / half_size.min()
    assert 1e-4 < size[2] < 0.1


def test_no_gradient_comes_of_errors(people):
    batch, predicted, points, *_ = people
    view = tf.eye(3, batch_shape=[COUNT])
    rotations, places = tf.constant(predicted, tf.float32), tf.constant(points)
    with tf.GradientTape() as tape:
        tape.watch([rotations, places])
        frame = evidence_frame.observe(batch["found"], batch["confidence"], view)
        found = lifting_errors.errors(batch, frame, _numbers(), rotations, places)
        total = tf.add_n([tf.reduce_sum(error) for error in found.values()])
    assert tape.gradient(total, [rotations, places]) == [None, None]


def test_half_turns_and_none_at_all_have_finite_errors(people):
    batch, points = people[0], people[2]
    half_turn = np.diag([1.0, -1.0, -1.0])
    for turn in (np.eye(3), half_turn):
        turned = batch["rotation_matrices"].numpy() @ turn
        view = tf.eye(3, batch_shape=[COUNT])
        frame = evidence_frame.observe(batch["found"], batch["confidence"], view)
        found = lifting_errors.errors(
            batch, frame, _numbers(), tf.constant(turned, tf.float32), tf.constant(points)
        )
        angle = np.linalg.norm(found["pose"], axis=-1)
        np.testing.assert_allclose(angle, 0 if turn is not half_turn else np.pi, atol=2e-3)


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

    found = lifting_errors.surprise(errors, log_variances, is_found).numpy()
    for row, surprise in enumerate(found):
        counted = [
            *nll(errors["root"][row], log_variances["root"][row]),
            *nll(errors["keypoints"][row], log_variances["keypoints"][row][:, None])[
                is_found[row]
            ].ravel(),
        ]
        assert surprise == pytest.approx(np.mean(counted), rel=1e-4)


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
            surprises = lifting_errors.surprise(errors, spreads, tf.ones((4000, 17), tf.bool))
            loss = 37 * tf.reduce_mean(surprises)
        gradients = tape.gradient(loss, list(learnt.values()))
        for variable, gradient, count in zip(learnt.values(), gradients, (3, 34), strict=True):
            variable.assign_sub(tf.clip_by_value(gradient / count, -1, 1))
    for name, deviation in deviations.items():
        assert np.exp(0.5 * learnt[name].numpy()) == pytest.approx(deviation, rel=0.03)
