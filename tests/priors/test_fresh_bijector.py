import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from hps_tf.priors import FlowPrior, pose_space
from hps_tf.priors.autoregressive_step import AutoregressiveStep
from hps_tf.priors.coupling_step import CouplingStep
from hps_tf.priors.fresh_bijector import FreshBijector, FreshDistribution
from hps_tf.priors.linear_step import LinearStep
from hps_tf.priors.prelu_step import PReLUStep
from hps_tf.priors.whitening import Whitening
from tests.priors import flow_checks

DIM = 6
LAYERS = {
    "whitening": lambda: Whitening(DIM),
    "linear": lambda: LinearStep(DIM),
    "coupling": lambda: CouplingStep(DIM, 3, (8,)),
    "prelu": lambda: PReLUStep(DIM),
    "maf": lambda: AutoregressiveStep(DIM, (16,)),
    "iaf": lambda: AutoregressiveStep(DIM, (16,), inverse=True),
}


def perturb(layer, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for weight in layer.weights:
        if weight.name == "basis":
            continue  # Orthogonal by what it is made of.
        weight.assign(weight.numpy() + rng.uniform(0.05, 0.2, size=weight.shape))


@pytest.fixture(params=LAYERS)
def layer(request):
    made = LAYERS[request.param]()
    made.build((None, DIM))
    perturb(made, 0)
    return made


@pytest.fixture
def z() -> tf.Tensor:
    return tf.random.stateless_normal((5, DIM), (0, 1))


@pytest.fixture(scope="module")
def prior() -> FlowPrior:
    made = FlowPrior(pose_space.AXIS_ANGLE, 0.1, "light", num_steps=2, num_joint_steps=1)
    flow_checks.perturb(made, scale=0.05)
    return made


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_step_inverts_what_it_made_by_the_weights_of_now(layer, z, is_kept):
    kept = layer.bijector()
    x = kept.forward(z)
    perturb(layer, 1)
    bijector = kept if is_kept else layer.bijector()
    copy = tf.constant(x.numpy())
    np.testing.assert_array_equal(bijector.inverse(x), bijector.inverse(copy))
    np.testing.assert_array_equal(
        bijector.inverse_log_det_jacobian(x, event_ndims=1),
        bijector.inverse_log_det_jacobian(copy, event_ndims=1),
    )
    assert np.abs(bijector.inverse(x) - z).max() > 1e-3, "the weights did change"


def test_a_step_kept_while_its_weights_change_is_the_step_made_afterwards(layer, z):
    kept = layer.bijector()
    perturb(layer, 1)
    made = layer.bijector()
    np.testing.assert_array_equal(kept.forward(z), made.forward(z))
    np.testing.assert_array_equal(kept.inverse(z), made.inverse(z))
    for name in ("forward_log_det_jacobian", "inverse_log_det_jacobian"):
        log_dets = [getattr(step, name)(z, event_ndims=1).numpy() for step in (kept, made)]
        np.testing.assert_array_equal(*log_dets)


def test_what_a_step_made_has_a_gradient_through_its_inverse(layer, z):
    bijector = layer.bijector()
    x = bijector.forward(z)
    with tf.GradientTape() as tape:
        tape.watch(x)
        latent = tf.reduce_sum(tf.square(bijector.inverse(x)))
    assert np.abs(tape.gradient(latent, x)).min() > 0


def test_both_directions_of_the_log_determinant_agree(layer, z):
    bijector = layer.bijector()
    x = bijector.forward(z)
    latent, log_det = bijector.inverse_and_log_det(x)
    np.testing.assert_allclose(latent, z, atol=1e-5)
    by_itself = bijector.inverse_log_det_jacobian(x, event_ndims=1)
    np.testing.assert_allclose(log_det, by_itself, atol=1e-5)
    there = bijector.forward_log_det_jacobian(z, event_ndims=1)
    np.testing.assert_allclose(log_det, -there.numpy(), atol=1e-4)


def doubled_and_shifted() -> FreshBijector:
    log_det = -2 * tf.math.log(2.0)
    return FreshBijector(
        lambda z: 2.0 * z + 1.0, lambda x: ((x - 1.0) / 2.0, log_det), "float32", "f"
    )


def test_any_batch_axes_and_float64_arrays_are_taken():
    z = np.random.default_rng(0).normal(size=(2, 3, 2))
    bijector = doubled_and_shifted()
    x = bijector.forward(z)
    assert x.dtype == tf.float32
    np.testing.assert_allclose(x, 2.0 * z + 1.0, rtol=1e-6)
    np.testing.assert_allclose(bijector.inverse(x), z, rtol=1e-5, atol=1e-6)


def test_a_distribution_samples_what_it_has_the_density_of():
    base = tfd.Sample(tfd.Normal(0.0, 1.0), 2)
    density = FreshDistribution(base, doubled_and_shifted())
    samples = density.sample(20_000, seed=(0, 1))
    np.testing.assert_allclose(tf.reduce_mean(samples, 0), 1, atol=0.05)
    np.testing.assert_allclose(tf.math.reduce_std(samples, 0), 2, atol=0.05)
    expected = -0.5 * ((samples - 1) / 2) ** 2 - 0.5 * np.log(2 * np.pi) - np.log(2)
    np.testing.assert_allclose(density.log_prob(samples), tf.reduce_sum(expected, -1), atol=1e-4)


@pytest.mark.parametrize("make", ["sample", "decode", "distribution"])
@pytest.mark.parametrize("ask", ["log_prob", "energy", "call", "encode", "distribution"])
def test_a_prior_answers_of_its_own_tensors_by_the_weights_of_now(prior, make, ask):
    made = {
        "sample": lambda: prior.sample(3, seed=0),
        "decode": lambda: prior.decode(tf.zeros((3, prior.latent_dim))),
        "distribution": lambda: prior.distribution().sample(3, seed=(0, 1)),
    }[make]()
    answer = {
        "log_prob": prior.log_prob,
        "energy": prior.energy,
        "call": prior,
        "encode": prior.encode,
        "distribution": lambda x: prior.distribution().log_prob(x),
    }[ask]
    before = answer(made).numpy()
    with tf.GradientTape() as tape:
        tape.watch(made)
        total = tf.reduce_sum(tf.square(answer(made)))
    assert tape.gradient(total, made) is not None
    step = prior.body_steps[0]
    step.bias.assign_add(tf.fill(step.bias.shape, 0.1))
    after = answer(made).numpy()
    np.testing.assert_array_equal(after, answer(tf.constant(made.numpy())))
    assert np.abs(after - before).max() > 1e-3


def test_a_tensor_has_a_gradient_each_time_it_is_asked_about_in_a_graph(prior):
    """Replicas are such askings: each builds the density anew over the same tensor."""
    x = prior.sample(4, seed=0)

    @tf.function
    def gradients():
        def ask():
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = tf.reduce_sum(prior.log_prob(x))
            return tape.gradient(loss, [x, *prior.trainable_weights])

        return ask(), ask()

    for first, second in zip(*gradients(), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-4)
        assert np.isfinite(first).all()


def test_replicas_that_run_eagerly_have_all_gradients(prior):
    devices = ["CPU:0", "CPU:1"] if len(tf.config.list_logical_devices("CPU")) > 1 else ["CPU:0"]
    x = prior.sample(2, seed=0)
    strategy = tf.distribute.MirroredStrategy(devices)
    with strategy.scope():
        mirrored = FlowPrior(pose_space.AXIS_ANGLE, 0.1, "light", num_steps=1, num_joint_steps=1)

    def gradients():
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(mirrored.log_prob(x))
        return tape.gradient(loss, [x, *mirrored.trainable_weights])

    for run in (gradients, tf.function(gradients)):
        for each in strategy.run(run):
            for part in strategy.experimental_local_results(each):
                assert np.isfinite(part).all()


def test_a_view_made_before_the_tape_has_gradients_of_all_weights(prior):
    density = prior.distribution()
    x = density.sample(3, seed=(0, 1))
    for ask in (lambda: density.log_prob(x), lambda: density.sample(3, seed=(0, 1))):
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(tf.square(ask()))
        assert all(each is not None for each in tape.gradient(total, prior.trainable_weights))


def test_a_distribution_is_made_without_a_word(prior, capfd):
    prior.distribution()
    assert capfd.readouterr() == ("", "")
