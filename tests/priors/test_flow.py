import keras
import numpy as np
import pytest
import tensorflow as tf

from hps_tf.priors import FlowPrior, GaussianMixture, pose_space
from tests.priors import flow_checks

SMALL = {
    "realnvp": {"num_steps": 2, "hidden_units": (16,), "joint_hidden_units": (4,)},
    "light": {"num_steps": 2, "num_joint_steps": 2},
    "maf": {"num_steps": 1, "hidden_units": (130,)},
    "iaf": {"num_steps": 1, "hidden_units": (130,)},
}


def moments(space, seed=0):
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(space.dim, space.dim)) / 10
    return rng.normal(size=space.dim) / 10, mixing @ mixing.T


def make(space, preset="realnvp", trained=True) -> FlowPrior:
    prior = FlowPrior(space, 0.1, preset, **SMALL[preset])
    prior.adapt(*moments(space))
    if trained:
        flow_checks.perturb(prior, scale=0.05)
    return prior


@pytest.fixture(params=[pose_space.AXIS_ANGLE, pose_space.SIX_D], ids=lambda space: space.name)
def space(request):
    return request.param


@pytest.fixture
def x(space) -> tf.Tensor:
    return tf.random.stateless_normal((4, space.dim), (1, 2)) / 3


@pytest.mark.parametrize("preset", SMALL)
def test_untrained_prior_is_the_gaussian_of_its_data(preset, space, x):
    prior = make(space, preset, trained=False)
    mean, covariance = moments(space)
    gaussian = GaussianMixture.gaussian(mean, covariance + 0.1**2 * np.eye(space.dim))
    np.testing.assert_allclose(prior.log_prob(x), gaussian.log_prob(x), rtol=1e-3)


@pytest.mark.parametrize("preset", SMALL)
def test_decode_inverts_encode(preset, space, x):
    prior = make(space, preset)
    back = prior.decode(prior.encode(x)).numpy()
    np.testing.assert_allclose(back, x, atol=1e-4)
    assert np.abs(back - x).max() > 0, "computed, not remembered"


@pytest.mark.parametrize("preset", ["realnvp", "light", "maf"])
def test_log_prob_equals_the_change_of_variables_by_autodiff(preset):
    space = pose_space.AXIS_ANGLE
    prior = make(space, preset)
    x = tf.random.stateless_normal((2, space.dim), (1, 2)) / 3
    derivative = flow_checks.jacobians(lambda value: prior.encode(value), x)
    latent = prior.encode(x).numpy()
    base = -0.5 * (latent**2).sum(-1) - 0.5 * space.dim * np.log(2 * np.pi)
    expected = base + np.linalg.slogdet(derivative.astype(np.float64))[1]
    np.testing.assert_allclose(prior.log_prob(x), expected, atol=1e-3)


def test_samples_follow_the_density():
    prior = make(pose_space.AXIS_ANGLE)
    samples = prior.sample(4000, seed=3)
    latent = prior.encode(samples).numpy()
    np.testing.assert_allclose(latent.mean(0), 0, atol=0.08)
    np.testing.assert_allclose(latent.std(0), 1, atol=0.08)


def test_the_same_seed_gives_the_same_samples(space):
    prior = make(space)
    first = prior.sample(3, seed=5)
    assert first.shape == (3, space.dim)
    np.testing.assert_array_equal(first, prior.sample(3, seed=5))
    assert np.abs(first - prior.sample(3, seed=6)).max() > 0.1


def test_interpolation_starts_and_ends_at_the_poses(space, x):
    prior = make(space)
    walk = prior.interpolate(x[:2], x[2:], steps=5)
    assert walk.shape == (5, 2, space.dim)
    np.testing.assert_allclose(walk[0], x[:2], atol=1e-4)
    np.testing.assert_allclose(walk[-1], x[2:], atol=1e-4)
    middle = 0.5 * (prior.encode(x[:2]) + prior.encode(x[2:]))
    np.testing.assert_allclose(prior.encode(walk[2]), middle, atol=1e-3)


@pytest.mark.parametrize("preset", SMALL)
def test_graph_and_xla_agree_with_eager(preset):
    space = pose_space.AXIS_ANGLE
    prior = make(space, preset)
    x = tf.random.stateless_normal((4, space.dim), (1, 2)) / 3
    eager = prior.log_prob(x)
    np.testing.assert_allclose(tf.function(prior.log_prob)(x), eager, rtol=1e-4)
    compiled = tf.function(prior.log_prob, jit_compile=True)
    np.testing.assert_allclose(compiled(x), eager, rtol=1e-4)


@pytest.mark.parametrize("preset", SMALL)
def test_mixed_precision_keeps_the_density_in_float32(preset, space, x):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        prior = make(space, preset)
    finally:
        keras.config.set_dtype_policy("float32")
    log_prob = prior.log_prob(x)
    assert log_prob.dtype == tf.float32
    assert np.isfinite(log_prob).all()


def test_keras_tracks_the_trainable_weights_and_freezes_the_whitening(space):
    prior = make(space)
    assert prior.num_parameters == sum(w.numpy().size for w in prior.trainable_weights)
    names = {weight.path for weight in prior.trainable_weights}
    assert not any("whitening" in name for name in names)
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(prior.log_prob(tf.ones((2, space.dim))))
    for weight, gradient in zip(
        prior.trainable_weights, tape.gradient(loss, prior.trainable_weights), strict=True
    ):
        assert np.isfinite(gradient).all(), weight.path


def test_light_preset_keeps_the_papers_parameter_budget(space):
    assert FlowPrior(space, 0.1, "light").num_parameters <= 93_000


def test_density_is_finite_far_from_the_data(space):
    prior = make(space)
    assert np.isfinite(prior.log_prob(tf.fill((1, space.dim), 50.0))).all()


def test_wrong_arguments_are_named():
    space = pose_space.AXIS_ANGLE
    with pytest.raises(ValueError, match="`preset` must be one of realnvp, light, maf, iaf"):
        FlowPrior(space, 0.1, "nice")
    with pytest.raises(ValueError, match="`sigma` must be positive, got 0"):
        FlowPrior(space, 0, "light")
    prior = make(space)
    with pytest.raises(ValueError, match=r"`x` must have shape \(..., 63\), got \(2, 126\)"):
        prior.log_prob(tf.zeros((2, 126)))
    with pytest.raises(ValueError, match=r"`latent` must have shape"):
        prior.decode(tf.zeros((2, 126)))
    with pytest.raises(ValueError, match="`steps` must be at least 2, got 1"):
        prior.interpolate(tf.zeros((1, 63)), tf.zeros((1, 63)), steps=1)
