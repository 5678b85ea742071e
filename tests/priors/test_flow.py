import time

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


def test_interpolation_starts_and_ends_at_the_poses(space, x):
    prior = make(space)
    walk = prior.interpolate(x[:2], x[2:], steps=5)
    assert walk.shape == (5, 2, space.dim)
    np.testing.assert_allclose(walk[0], x[:2], atol=1e-4)
    np.testing.assert_allclose(walk[-1], x[2:], atol=1e-4)
    middle = 0.5 * (prior.encode(x[:2]) + prior.encode(x[2:]))
    np.testing.assert_allclose(prior.encode(walk[2]), middle, atol=1e-3)


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
    with pytest.raises(
        ValueError, match="`architecture`: expected one of realnvp, light, maf, iaf"
    ):
        FlowPrior(space, 0.1, "nice")
    with pytest.raises(ValueError, match="`sigma`: expected a number above 0, received 0"):
        FlowPrior(space, 0, "light")
    prior = make(space)
    with pytest.raises(ValueError, match=r"`x`: expected shape \(..., 63\), received \(2, 126\)"):
        prior.log_prob(tf.zeros((2, 126)))
    with pytest.raises(ValueError, match=r"`latent`: expected shape"):
        prior.decode(tf.zeros((2, 126)))
    with pytest.raises(ValueError, match="`steps`: expected at least 2, received 1"):
        prior.interpolate(tf.zeros((1, 63)), tf.zeros((1, 63)), steps=1)
    with pytest.raises(ValueError, match="`sample_shape`: expected a whole number or several"):
        prior.sample(2.5)
    with pytest.raises(ValueError, match="`seed`: expected a number or two"):
        prior.sample(2, seed=(1, 2, 3))


def test_float64_as_keras_default_is_computed_in_float64():
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        prior = make(pose_space.AXIS_ANGLE, "light")
        x = prior.sample(2, seed=0)
        back = prior.decode(prior.encode(x))
        assert x.dtype == prior.log_prob(x).dtype == prior.distribution().log_prob(x).dtype
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
    assert back.dtype == tf.float64
    np.testing.assert_allclose(back, x, atol=1e-12)


def test_an_eager_answer_takes_milliseconds_and_follows_the_weights():
    prior = FlowPrior(pose_space.SIX_D, 0.1, "light")
    x = prior.sample(8, seed=0)
    before = prior.log_prob(x).numpy()
    calls = []
    for _ in range(10):
        start = time.process_time()
        prior.log_prob(x).numpy()
        calls.append(time.process_time() - start)
    assert min(calls) < 0.05, "a hundred when each operation is run by itself"
    prior.body_steps[0].bias.assign_add(tf.ones(prior.space.dim))
    assert np.abs(prior.log_prob(x) - before).min() > 1e-3


@pytest.mark.parametrize(("preset", "most"), [("light", 200), ("realnvp", 310)])
def test_a_step_and_its_gradient_are_few_operations(preset, most):
    """A first fit, an export and a training wait for each of them to be traced, most of all."""
    space = pose_space.SIX_D

    def num_operations(num_steps):
        prior = FlowPrior(space, 0.1, preset, num_steps=num_steps, num_joint_steps=0)

        @tf.function(input_signature=[tf.TensorSpec([None, space.dim])], autograph=False)
        def gradient(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                density = prior.log_prob(x)
            return tape.gradient(density, x)

        return len(gradient.get_concrete_function().graph.get_operations())

    assert num_operations(3) - num_operations(2) <= most
