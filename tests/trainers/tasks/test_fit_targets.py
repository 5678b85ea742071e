import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_default
from hps_tf.geometry import axis_angle
from hps_tf.metrics.joint_error import mpjpe
from hps_tf.models import evidence_frame
from tests.data.posed import people as make_people
from trainers.tasks.fit_targets import FitTargets, _conjugate_gradients

COUNT = 12


@pytest.fixture(scope="module")
def body():
    return load_default(num_vertices=3000)


@pytest.fixture(scope="module")
def people(body):
    return make_people(body, COUNT)


@pytest.fixture(scope="module")
def fitted(body, people):
    """Estimates that are 0.2 radians off, and the fits from them to exact keypoints."""
    rng = np.random.default_rng(0)
    poses = rng.normal(scale=0.3, size=(200, 24, 3)).astype(np.float32)
    targets = FitTargets(body, np.tile(np.eye(3, dtype=np.float32), (24, 1, 1)), poses, 10, 6)
    turns = axis_angle.to_matrix(rng.normal(scale=0.2, size=(COUNT, 24, 3)).astype(np.float32))
    rotations = tf.matmul(people.rotation_matrices, turns)
    slopes = people.keypoints[..., :2] / people.keypoints[..., 2:]
    confidence = tf.ones((COUNT, 17))
    frame = evidence_frame.observe(slopes, confidence, tf.eye(3, batch_shape=[COUNT]))
    found = targets(
        rotations, people.shape, people.translation, slopes, confidence, frame.half_size
    )
    return rotations, found


def test_fits_come_nearer_to_the_keypoints_and_to_the_people(body, people, fitted):
    rotations, found = fitted
    assert found.is_valid.numpy().all()
    off = {}
    for name, each in {"before": rotations, "after": found.rotation_matrices}.items():
        shape = people.shape if name == "before" else found.shape
        place = people.translation if name == "before" else found.translation
        arguments = {"rotation_matrices": each, "shape": shape, "translation": place}
        points = body.keypoints("coco17", **arguments).numpy()
        slopes = points[..., :2] / points[..., 2:]
        true = people.keypoints.numpy()
        distance = np.linalg.norm(slopes - true[..., :2] / true[..., 2:], axis=2).mean()
        off[name] = distance, float(np.mean(mpjpe(body.joints(**arguments), people.joints)))
    assert off["after"][0] < 0.35 * off["before"][0]
    assert off["after"][1] < off["before"][1]


def test_what_is_found_are_rotations(fitted):
    rotations = fitted[1].rotation_matrices.numpy()
    products = rotations @ np.swapaxes(rotations, -1, -2)
    np.testing.assert_allclose(products, np.broadcast_to(np.eye(3), products.shape), atol=1e-4)


def test_conjugate_gradients_solve_the_normal_equations():
    rng = np.random.default_rng(0)
    jacobian = rng.normal(size=(3, 8, 30)).astype(np.float32)
    gram = jacobian @ np.swapaxes(jacobian, 1, 2)
    right = rng.normal(size=(3, 8)).astype(np.float32)
    total = np.full((3, 1), 2.0, np.float32)
    found = _conjugate_gradients(tf.constant(gram), tf.constant(total), tf.constant(right))
    expected = np.linalg.solve(gram + 2.0 * np.eye(8), right[..., None])[..., 0]
    np.testing.assert_allclose(found, expected, atol=1e-4)
