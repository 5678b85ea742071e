import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.body import BodyModel, default_body
from hps_tf.body.mirror import mirror_rotation_matrices
from hps_tf.body.skeleton import COCO17_NAMES, MIRROR_JOINTS, mirror_permutation
from hps_tf.geometry import camera
from hps_tf.models import Lifter, evidence_frame

FACING = np.diag([1.0, -1.0, -1.0])
_SIDES = list(mirror_permutation(COCO17_NAMES))


@pytest.fixture(scope="module")
def lifter(lifting, body):
    return Lifter(lifting, body)


@pytest.fixture(scope="module")
def evidence(body):
    """Four people before four cameras, some keypoints missing."""
    rng = np.random.default_rng(0)
    pose = 0.3 * rng.normal(size=(4, 24, 3))
    points = body.keypoints("coco17", pose=pose).numpy() @ FACING
    points += rng.uniform([-1, -0.5, 3], [1, 0.5, 6], (4, 1, 3))
    matrices = np.tile(np.float32([[500, 0, 300], [0, 520, 200], [0, 0, 1]]), (4, 1, 1))
    matrices[1, 0, 2] = 90
    confidence = rng.uniform(0.2, 1, (4, 17)) * (rng.uniform(size=(4, 17)) < 0.8)
    return camera.project(np.float32(points), matrices).numpy(), np.float32(confidence), matrices


def _numbers(lifted):
    return [np.asarray(value) for part in lifted for value in part]


def test_people_are_those_of_the_body_model(lifter, body, evidence):
    people, _ = lifter(*evidence)
    again = body(
        rotation_matrices=people.rotation_matrices,
        shape=people.shape,
        translation=people.translation,
    )
    np.testing.assert_allclose(people.vertices, again.vertices, atol=1e-5)
    np.testing.assert_allclose(people.joints, again.joints, atol=1e-5)
    np.testing.assert_allclose(
        people.keypoints_2d, camera.project(people.keypoints_3d, evidence[2]), atol=1e-3
    )
    assert people.shape.shape == (4, body.num_shape)
    np.testing.assert_array_equal(people.shape[:, 10:], 0)
    assert people.pose_vector.shape == (4, 126)


def test_spreads_are_positive_and_of_their_shapes(lifter, evidence):
    _, spread = lifter(*evidence)
    shapes = {name: tuple(value.shape) for name, value in spread._asdict().items()}
    assert shapes == {
        "pose": (4, 21, 3), "root": (4, 3), "place": (4, 3), "shape": (4, 10), "keypoints": (4, 17),
    }  # fmt: skip
    assert all((value.numpy() > 0).all() for value in spread)


def test_a_person_does_not_depend_on_the_others(lifter, evidence):
    together = _numbers(lifter(*evidence))
    for row in range(4):
        alone = _numbers(lifter(*(each[row : row + 1] for each in evidence)))
        for one, many in zip(alone, together, strict=True):
            np.testing.assert_allclose(one[0], many[row], rtol=2e-4, atol=2e-4)
    assert all(len(value) == 0 for value in _numbers(lifter(*(each[:0] for each in evidence))))


@pytest.mark.parametrize("jit_compile", [False, True])
def test_operations_of_a_graph_give_the_same(lifter, evidence, jit_compile):
    compiled = tf.function(lifter.lift, jit_compile=jit_compile)
    expected = _numbers(lifter(*evidence))
    for one, other in zip(_numbers(compiled(*evidence)), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)


def test_the_graph_has_stock_operators_alone(lifter):
    graph = lifter._traced.get_concrete_function().graph
    kinds = {operation.type for operation in graph.get_operations()}
    assert not kinds & {"PyFunc", "EagerPyFunc", "PyFuncStateless", "XlaLaunch"}


def test_people_turn_with_the_camera(lifter, evidence):
    pixels, confidence, matrices = (each[:1] for each in evidence)
    rays = np.concatenate([camera.viewing_slopes(pixels, matrices), np.ones((1, 17, 1))], axis=2)
    # Turned so that the mean ray of what is seen is ahead, from where every turn is the smallest.
    units = rays[0] / np.linalg.norm(rays[0], axis=-1, keepdims=True)
    mean = units[confidence[0] > 0].sum(axis=0)
    ahead = Rotation.align_vectors([[0, 0, 1]], [mean])[0]
    turn = Rotation.from_rotvec([0.2, -0.3, 0]) * ahead

    def lift(rotation):
        points = rotation.apply(rays[0])[None].astype(np.float32)
        return lifter(camera.project(points, matrices), confidence, matrices)

    before, after = lift(ahead), lift(turn)
    between = (turn * ahead.inv()).as_matrix()
    np.testing.assert_allclose(
        after.people.rotation_matrices[:, 0],
        between @ before.people.rotation_matrices[:, 0].numpy(),
        atol=1e-4,
    )
    np.testing.assert_allclose(
        after.people.rotation_matrices[:, 1:], before.people.rotation_matrices[:, 1:], atol=1e-4
    )
    for name in ("pose", "root", "shape"):
        np.testing.assert_allclose(
            getattr(after.spread, name), getattr(before.spread, name), rtol=1e-3
        )


def test_a_mirrored_person_is_lifted_as_the_mirror_image(lifter, evidence):
    pixels, confidence, matrices = (each.copy() for each in evidence)
    before = lifter(pixels, confidence, matrices)
    pixels[..., 0] = 2 * matrices[:, :1, 2] - pixels[..., 0]
    after = lifter(pixels[:, _SIDES], confidence[:, _SIDES], matrices)
    np.testing.assert_allclose(
        after.people.rotation_matrices,
        mirror_rotation_matrices(before.people.rotation_matrices),
        atol=1e-4,
    )
    np.testing.assert_allclose(after.people.shape, before.people.shape, atol=1e-4)
    joints = [MIRROR_JOINTS[joint] - 1 for joint in range(1, 22)]
    np.testing.assert_allclose(after.spread.pose, before.spread.pose.numpy()[:, joints], rtol=1e-3)
    np.testing.assert_allclose(
        after.spread.keypoints, before.spread.keypoints.numpy()[:, _SIDES], rtol=1e-3
    )


def test_a_larger_image_changes_the_pixels_alone(lifter, evidence):
    pixels, confidence, matrices = evidence
    scale = np.float32([[2, 0, 0], [0, 2, 0], [0, 0, 1]])
    before, after = lifter(*evidence), lifter(2 * pixels, confidence, scale @ matrices)
    np.testing.assert_allclose(after.people.joints, before.people.joints, atol=1e-3)
    np.testing.assert_allclose(after.spread.keypoints, 2 * before.spread.keypoints, rtol=1e-3)
    np.testing.assert_allclose(after.spread.place, before.spread.place, rtol=1e-3)


def test_spreads_of_places_and_pixels_follow_the_view(lifter, lifting, evidence):
    _, spread = lifter(*evidence)
    frame = evidence_frame.observe(*evidence)
    numbers = lifting.from_both_sides(frame.inputs())
    deviations = {name: np.exp(0.5 * value) for name, value in numbers.log_variances.items()}
    half, turn = frame.half_size.numpy(), frame.turn.numpy()

    def slopes(x, y):
        seen = turn @ np.array([x, y, 1.0])
        return seen[:, :2] / seen[:, 2:]

    step = 1e-4
    jacobian = np.stack(
        [
            (slopes(step, 0) - slopes(-step, 0)) / (2 * step),
            (slopes(0, step) - slopes(0, -step)) / (2 * step),
        ],
        axis=-1,
    )
    place = half[:, None] * deviations["place"][:, :2]
    expected = np.sqrt(np.einsum("bij,bj->bi", jacobian**2, place**2))
    np.testing.assert_allclose(spread.place[:, :2], expected, rtol=1e-3)
    np.testing.assert_allclose(spread.place[:, 2], deviations["place"][:, 2], rtol=1e-5)
    pixels = np.sqrt(500 * 520 * np.abs(np.linalg.det(jacobian))) * half
    expected = pixels[:, None] * deviations["keypoints"]
    np.testing.assert_allclose(spread.keypoints, expected, rtol=1e-3)


def test_nobodys_keypoints_give_someone_ahead(lifter, evidence):
    pixels, confidence, matrices = evidence
    lifted = lifter(np.full_like(pixels, np.nan), np.zeros_like(confidence), matrices)
    assert all(np.isfinite(value).all() for value in lifted.people)
    np.testing.assert_allclose(lifted.people.translation, [[0, 0, 5]] * 4, atol=1e-5)


def test_gradients_are_finite(lifter, evidence):
    pixels, confidence, matrices = map(tf.constant, evidence)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        people, _ = lifter.lift(pixels, confidence, matrices)
        loss = tf.reduce_sum(people.joints)
    gradient = tape.gradient(loss, pixels).numpy()
    assert np.isfinite(gradient).all()
    np.testing.assert_array_equal(gradient[confidence.numpy() == 0], 0)
    assert np.abs(gradient).max() > 0


def test_where_bodies_stand_does_not_teach_how_unsure_they_are(lifter, lifting, evidence):
    with tf.GradientTape() as tape:
        people, _ = lifter.lift(*map(tf.constant, evidence))
        place = tf.reduce_sum(people.translation) + tf.reduce_sum(people.keypoints_2d)
    gradients = tape.gradient(place, lifting.module.trainable_variables)
    named = zip(lifting.module.trainable_variables, gradients, strict=True)
    taught = {variable.path for variable, gradient in named if gradient is not None}
    assert taught
    assert not any("spread" in path for path in taught)


def test_a_body_of_too_few_shapes_is_refused(lifting):
    body_data = default_body.read(3000)
    small = dataclasses.replace(
        body_data,
        shapedirs=body_data.shapedirs[..., :4],
        joint_shapedirs=body_data.joint_shapedirs[..., :4],
        landmark_shapedirs=body_data.landmark_shapedirs[..., :4],
    )
    with pytest.raises(ValueError, match="at least the network's 10 shape components, received 4"):
        Lifter(lifting, BodyModel(small))
