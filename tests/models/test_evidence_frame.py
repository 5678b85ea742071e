import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.body.mirror import mirror_rotation_matrices
from hps_tf.body.skeleton import COCO17_NAMES, mirror_permutation
from hps_tf.geometry import axis_angle, camera
from hps_tf.models import evidence_frame

FACING = np.diag([1.0, -1.0, -1.0])
MATRIX = np.float32([[400, 0, 200], [0, 400, 150], [0, 0, 1]])


@pytest.fixture(scope="module")
def points(body):
    """The COCO keypoints of three people 3 m ahead, the mean of their rays along the axis."""
    pose = 0.4 * np.random.default_rng(0).normal(size=(3, 24, 3))
    found = body.keypoints("coco17", pose=pose).numpy() @ FACING + np.array([0, 0, 3])
    rays = found / np.linalg.norm(found, axis=-1, keepdims=True)
    turns = [Rotation.align_vectors([[0, 0, 1]], [mean])[0] for mean in rays.sum(axis=1)]
    return np.stack([turn.apply(each) for turn, each in zip(turns, found, strict=True)])


def _observe(points, matrix=MATRIX, confidence=None):
    matrices = np.tile(np.float32(matrix), (len(points), 1, 1))
    pixels = camera.project(np.float32(points), matrices)
    if confidence is None:
        confidence = np.ones(points.shape[:2], np.float32)
    return evidence_frame.observe(pixels, confidence, matrices)


def test_inputs_have_the_box_about_what_is_observed(points):
    inputs = _observe(points).inputs().numpy()
    assert inputs.shape == (3, evidence_frame.NUM_INPUTS)
    xy = inputs[:, :51].reshape(3, 17, 3)[..., :2]
    np.testing.assert_allclose(np.abs(xy).max(axis=(1, 2)), 1, atol=0.02)
    np.testing.assert_allclose(np.ptp(xy, axis=1).max(axis=1), 2, atol=1e-4)


@pytest.mark.parametrize("turn", [[0.5, 0, 0], [0, -0.4, 0], [0.3, 0.3, 0]])
def test_turning_the_camera_leaves_the_inputs(points, turn):
    turned = Rotation.from_rotvec(turn).apply(points.reshape(-1, 3)).reshape(points.shape)
    before, after = _observe(points), _observe(turned)
    np.testing.assert_allclose(after.inputs(), before.inputs(), atol=2e-5)
    expected = Rotation.from_rotvec(turn).as_matrix() @ before.turn.numpy()
    np.testing.assert_allclose(after.turn, expected, atol=1e-5)


def test_another_cameras_pixels_give_the_same_inputs(points):
    other = [[900, 12, 50], [0, 800, 700], [0, 0, 1]]
    np.testing.assert_allclose(
        _observe(points, other).inputs(), _observe(points).inputs(), atol=2e-5
    )


def test_the_turn_leads_back_to_the_rays(points):
    shifted = points + np.array([0.8, -0.5, 0])
    frame = _observe(shifted)
    rays = np.concatenate([frame.slopes, np.ones((3, 17, 1))], axis=2)
    back = rays @ np.swapaxes(frame.turn.numpy(), 1, 2)
    np.testing.assert_allclose(
        back[..., :2] / back[..., 2:], shifted[..., :2] / shifted[..., 2:], atol=1e-5
    )


def test_what_is_missing_counts_for_nothing(points):
    confidence = np.ones((3, 17), np.float32)
    confidence[:, 9:] = 0
    moved = points.copy()
    moved[:, 9:] += 5.0
    few = _observe(points, confidence=confidence).inputs().numpy()
    np.testing.assert_array_equal(_observe(moved, confidence=confidence).inputs(), few)
    np.testing.assert_array_equal(few[:, 27:51], 0)
    pixels = np.full((1, 17, 2), np.nan, np.float32)
    pixels[:, :3] = [[10, 10], [20, 15], [30, 90]]
    one = np.zeros((1, 17), np.float32)
    one[:, :3] = 1
    assert np.isfinite(evidence_frame.observe(pixels, one, MATRIX[None]).inputs()).all()


@pytest.mark.parametrize("num_seen", [0, 1])
def test_nothing_or_one_keypoint_gives_finite_inputs(num_seen):
    confidence = np.zeros((1, 17), np.float32)
    confidence[:, :num_seen] = 1
    frame = evidence_frame.observe(np.zeros((1, 17, 2), np.float32), confidence, MATRIX[None])
    assert np.isfinite(frame.inputs()).all()
    np.testing.assert_allclose(tf.linalg.det(frame.turn), 1, atol=1e-5)


def test_a_mirrored_persons_inputs_are_mirrored(body):
    pose = 0.4 * np.random.default_rng(1).normal(size=(4, 24, 3)).astype(np.float32)
    rotations = axis_angle.to_matrix(pose)
    inputs = []
    for each in (rotations, mirror_rotation_matrices(rotations)):
        points = body.keypoints("coco17", rotation_matrices=each).numpy() @ FACING + np.array(
            [0, 0, 3]
        )
        inputs.append(_observe(points).inputs().numpy())
    exchanged = inputs[1][:, :51].reshape(4, 17, 3)[:, mirror_permutation(COCO17_NAMES)]
    np.testing.assert_allclose(
        exchanged * [-1, 1, 1], inputs[0][:, :51].reshape(4, 17, 3), atol=1e-4
    )
    np.testing.assert_allclose(inputs[1][:, 51], inputs[0][:, 51], atol=1e-5)


def test_far_outliers_are_held_and_confidences_end_at_one(points):
    confidence = np.full((3, 17), 7.0, np.float32)
    frame = _observe(points * [30, 0.01, 1], confidence=confidence)
    assert np.abs(frame.inputs()[:, :51]).max() <= 3
    np.testing.assert_array_equal(frame.confidence, 1)


def test_an_error_of_the_size_is_added_to_the_last_input(points):
    frame = _observe(points)
    difference = (frame.inputs(tf.constant([0.1, 0.0, -0.2])) - frame.inputs()).numpy()
    np.testing.assert_allclose(difference[:, 51], [0.1, 0, -0.2], atol=1e-6)
    np.testing.assert_array_equal(difference[:, :51], 0)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_graph_gives_what_eager_execution_does(points, jit_compile):
    compiled = tf.function(lambda *a: evidence_frame.observe(*a), jit_compile=jit_compile)
    matrices = np.tile(MATRIX, (3, 1, 1))
    arguments = camera.project(np.float32(points), matrices), tf.ones((3, 17)), matrices
    for one, other in zip(evidence_frame.observe(*arguments), compiled(*arguments), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match="`keypoints_2d`: expected shape"):
        evidence_frame.observe(np.zeros((2, 16, 2)), np.zeros((2, 17)), np.zeros((2, 3, 3)))
    with pytest.raises(ValueError, match="`confidence`: expected shape"):
        evidence_frame.observe(np.zeros((2, 17, 2)), np.zeros((2, 17, 1)), np.zeros((2, 3, 3)))
