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
