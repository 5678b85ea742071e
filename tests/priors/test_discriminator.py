import keras
import numpy as np
import pytest
import tensorflow as tf

from hps_tf.priors import PoseDiscriminator
from hps_tf.priors.pose_space import AXIS_ANGLE, SIX_D
from tests.priors import flow_checks


def make(space, **options) -> PoseDiscriminator:
    keras.utils.set_random_seed(0)
    options = {"joint_units": 5, "hidden_units": 16, **options}
    discriminator = PoseDiscriminator(space, 0.3, **options)
    flow_checks.perturb(discriminator, scale=0.1)
    return discriminator


def vectors(space, *axes) -> tf.Tensor:
    pose = 0.5 * tf.random.stateless_normal((*axes, 24, 3), (1, 2))
    return space.from_pose(pose)


@pytest.fixture(params=[AXIS_ANGLE, SIX_D], ids=lambda space: space.name)
def space(request):
    return request.param


def test_shapes(space):
    discriminator = make(space)
    x = vectors(space, 2, 3)
    assert discriminator.scores(x).shape == (2, 3, 22)
    assert discriminator.energy(x).shape == (2, 3)
    assert discriminator.energy(x[0, 0]).shape == ()


def test_has_hmrs_size():
    joints = 9 * 32 + 32 + 32 * 32 + 32 + 21 * (32 + 1)
    pose = 21 * 32 * 1024 + 1024 + 1024 * 1024 + 1024 + 1024 + 1
    assert PoseDiscriminator(SIX_D, 0.5).num_parameters == joints + pose


def test_energy_equals_its_formula_in_numpy(space):
    discriminator = make(space)
    x = vectors(space, 4)
    weights = [weight.numpy().astype(np.float64) for weight in discriminator.weights]
    joint_0, joint_1, heads, pose_0, pose_1, pose_head = zip(
        weights[::2], weights[1::2], strict=True
    )
    features = space.to_matrices(x).numpy().astype(np.float64)[:, 1:22].reshape(4, 21, 9)
    for kernel, bias in (joint_0, joint_1):
        features = np.maximum(features @ kernel + bias, 0)
    of_joints = np.einsum("bji,jio->bj", features, heads[0]) + heads[1][:, 0]
    features = features.reshape(4, -1)
    for kernel, bias in (pose_0, pose_1):
        features = np.maximum(features @ kernel + bias, 0)
    of_pose = features @ pose_head[0] + pose_head[1]
    scores = np.concatenate([of_joints, of_pose], axis=1)
    np.testing.assert_allclose(discriminator.scores(x), scores, atol=1e-4)
    expected = ((scores - 1) ** 2).sum(1) / (2 * 0.3**2)
    np.testing.assert_allclose(discriminator.energy(x), expected, rtol=1e-4)


def test_a_joints_head_sees_that_joint_alone_and_the_last_sees_all():
    discriminator = make(SIX_D)
    pose = 0.5 * np.random.default_rng(0).normal(size=(1, 24, 3)).astype(np.float32)
    moved = pose.copy()
    moved[:, 5] += 0.5
    before, after = (discriminator.scores(SIX_D.from_pose(each)).numpy() for each in (pose, moved))
    assert set(np.flatnonzero(before != after)) == {4, 21}, "body joints begin at joint 1"


def test_root_and_hands_are_not_looked_at():
    discriminator = make(SIX_D)
    pose = np.zeros((1, 24, 3), np.float32)
    moved = pose.copy()
    moved[:, [0, 22, 23]] = 1.0
    scores = [discriminator.scores(SIX_D.from_pose(each)) for each in (pose, moved)]
    np.testing.assert_array_equal(*scores)


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e-3, 1.0])
def test_gradients_are_finite_from_the_identity_on(space, scale):
    discriminator = make(space)
    x = space.from_pose(scale * tf.random.stateless_normal((2, 24, 3), (1, 2)))
    with tf.GradientTape() as tape:
        tape.watch(x)
        energy = discriminator.energy(x)
    gradient = tape.gradient(energy, x).numpy()
    assert np.isfinite(gradient).all()
    assert np.abs(gradient).max() > 0


def test_mixed_precision_gives_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        discriminator = make(SIX_D)
    finally:
        keras.config.set_dtype_policy("float32")
    energy = discriminator.energy(vectors(SIX_D, 2))
    assert energy.dtype == tf.float32
    assert np.isfinite(energy).all()


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="`sigma`: expected a number above 0, received -1"):
        PoseDiscriminator(SIX_D, -1)
    discriminator = make(AXIS_ANGLE)
    with pytest.raises(ValueError, match=r"`x`: expected shape \(..., 63\), received \(2, 126\)"):
        discriminator.energy(tf.zeros((2, 126)))
    for ask in (discriminator.sample, lambda: discriminator.decode(tf.zeros((1, 2)))):
        with pytest.raises(ValueError, match=r"expected a prior with .*, received hmr"):
            ask()
    discriminator.compile()
    with pytest.raises(NotImplementedError, match="PoseDiscriminator can't be trained by `fit`"):
        discriminator.compute_loss(tf.zeros((1, 63)))
