import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.losses import pose_loss, shape_loss, vertex_loss

PEOPLE, VERTICES, JOINTS, COMPONENTS = 3, 7, 5, 4


def random_vertices(seed):
    return np.random.default_rng(seed).normal(size=(PEOPLE, VERTICES, 3))


def random_rotations(seed):
    matrices = Rotation.random(PEOPLE * JOINTS, random_state=seed).as_matrix()
    return matrices.reshape(PEOPLE, JOINTS, 3, 3)


def random_shapes(seed):
    return np.random.default_rng(seed).normal(size=(PEOPLE, COMPONENTS))


CASES = {
    vertex_loss: random_vertices,
    pose_loss: random_rotations,
    shape_loss: random_shapes,
}


def single(values):
    return tf.constant(values, tf.float32)


def turned(angle):
    """Each joint's rotation, and the same one turned by an angle about an axis of its own."""
    base = Rotation.random(PEOPLE * JOINTS, random_state=0)
    axes = np.random.default_rng(1).normal(size=(PEOPLE * JOINTS, 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    turns = Rotation.from_rotvec(angle * axes)
    shape = (PEOPLE, JOINTS, 3, 3)
    return base.as_matrix().reshape(shape), (base * turns).as_matrix().reshape(shape)


def test_vertex_loss_is_the_mean_distance():
    found, true = random_vertices(0), random_vertices(1)
    expected = [
        np.mean([np.linalg.norm(a - b) for a, b in zip(*person, strict=True)])
        for person in zip(found, true, strict=True)
    ]
    np.testing.assert_allclose(vertex_loss(single(found), single(true)), expected, rtol=1e-5)


def test_shape_loss_is_the_mean_square():
    found, true = random_shapes(0), random_shapes(1)
    expected = [
        np.mean([(a - b) ** 2 for a, b in zip(*person, strict=True)])
        for person in zip(found, true, strict=True)
    ]
    np.testing.assert_allclose(shape_loss(single(found), single(true)), expected, rtol=1e-5)


@pytest.mark.parametrize("angle", [0.0, 0.3, 1.5, 3.0, np.pi, 4.0])
def test_pose_loss_is_two_minus_twice_the_cosine(angle):
    left, right = turned(angle)
    loss = pose_loss(single(left), single(right))
    np.testing.assert_allclose(loss, np.full(PEOPLE, 2 - 2 * np.cos(angle)), atol=1e-5)


def test_pose_loss_is_the_angles_square_where_it_is_small_and_four_at_pi():
    for angle in (1e-3, 1e-2, 0.1):
        loss = pose_loss(*map(tf.constant, turned(angle)))
        np.testing.assert_allclose(loss, np.full(PEOPLE, angle**2), rtol=angle**2)
    np.testing.assert_allclose(pose_loss(*map(tf.constant, turned(np.pi))), np.full(PEOPLE, 4.0))


def test_pose_loss_is_the_mean_over_joints():
    left, right = random_rotations(0), random_rotations(1)
    angles = [
        [Rotation.from_matrix(a.T @ b).magnitude() for a, b in zip(*person, strict=True)]
        for person in zip(left, right, strict=True)
    ]
    expected = np.mean(2 - 2 * np.cos(angles), axis=1)
    np.testing.assert_allclose(pose_loss(single(left), single(right)), expected, rtol=1e-5)


@pytest.mark.parametrize("loss", CASES)
def test_gradient_equals_finite_differences(loss):
    true = tf.constant(CASES[loss](1))
    theoretical, numerical = tf.test.compute_gradient(
        lambda found: loss(found, true), [tf.constant(CASES[loss](0))], delta=1e-5
    )
    np.testing.assert_allclose(theoretical[0], numerical[0], atol=1e-6)
    assert np.abs(theoretical[0]).max() > 0.01


@pytest.mark.parametrize("loss", CASES)
def test_what_is_equal_has_no_loss_and_a_gradient_of_zero(loss):
    found = single(CASES[loss](0))
    with tf.GradientTape() as tape:
        tape.watch(found)
        values = loss(found, tf.identity(found))
    np.testing.assert_allclose(values, np.zeros(PEOPLE), atol=2e-6)
    np.testing.assert_array_equal(tape.gradient(values, found), np.zeros(found.shape))


@pytest.mark.parametrize("loss", CASES)
def test_people_do_not_mix(loss):
    found, true = CASES[loss](0), CASES[loss](1)
    expected = loss(single(found), single(true)).numpy()
    found[1] = np.nan
    with tf.GradientTape() as tape:
        inputs = single(found)
        tape.watch(inputs)
        values = loss(inputs, single(true))
    gradient = tape.gradient(values, inputs).numpy()
    np.testing.assert_array_equal(values.numpy()[[0, 2]], expected[[0, 2]])
    assert np.isfinite(gradient[[0, 2]]).all()


@pytest.mark.parametrize(
    ("loss", "argument"),
    [(vertex_loss, "vertices"), (pose_loss, "rotation_matrices"), (shape_loss, "shape")],
)
def test_shapes_that_disagree_are_named(loss, argument):
    found = single(CASES[loss](0))
    with pytest.raises(ValueError, match=r"`target`: expected shape \(batch, \d.*\), received"):
        loss(found, found[:, 1:])
    with pytest.raises(ValueError, match=rf"`{argument}`: expected shape \(batch, .*\), received"):
        loss(found[0], found)
