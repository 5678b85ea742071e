import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from hps_tf.priors.autoregressive_step import AutoregressiveStep
from hps_tf.priors.coupling_step import MAX_LOG_SCALE, CouplingStep
from hps_tf.priors.grouped_dense import GroupedDense
from hps_tf.priors.linear_step import LinearStep
from hps_tf.priors.prelu_step import PReLUStep
from hps_tf.priors.whitening import Whitening
from tests.priors import flow_checks

DIM = 6
STEPS = {
    "linear": lambda: LinearStep(DIM),
    "linear_in_groups": lambda: LinearStep(DIM, groups=2),
    "coupling": lambda: CouplingStep(DIM, 3, (8,)),
    "coupling_in_groups": lambda: CouplingStep(DIM, 1, (8, 8), groups=2),
    "coupling_backwards": lambda: CouplingStep(DIM, 2, (8,), backwards=True),
    "coupling_uneven": lambda: CouplingStep(DIM, 2, (8,)),
    "prelu": lambda: PReLUStep(DIM),
    "maf": lambda: AutoregressiveStep(DIM, (16,)),
    "maf_backwards": lambda: AutoregressiveStep(DIM, (16,), backwards=True),
    "iaf": lambda: AutoregressiveStep(DIM, (16, 16), inverse=True),
}


@pytest.fixture
def x() -> tf.Tensor:
    return tf.constant(np.random.default_rng(1).normal(size=(5, DIM)).astype(np.float32))


@pytest.fixture(params=STEPS)
def step(request):
    keras.utils.set_random_seed(0)
    layer = STEPS[request.param]()
    layer.build((None, DIM))
    return layer


def test_starts_as_the_identity(step, x):
    latent, log_det = flow_checks.latent_and_log_det(step.bijector(), x)
    np.testing.assert_allclose(log_det, 0, atol=1e-6)
    np.testing.assert_allclose(latent, x, atol=1e-6)


def test_is_invertible_and_log_det_equals_autodiff(step, x):
    flow_checks.perturb(step)
    flow_checks.assert_invertible_with_right_log_det(step.bijector(), x)


def test_keeps_any_batch_axes(step, x):
    flow_checks.perturb(step)
    bijector = step.bijector()
    one = bijector.inverse(x[0])
    many = bijector.inverse(tf.reshape(tf.tile(x, (2, 1)), (2, 5, DIM)))
    np.testing.assert_allclose(many[1, 0], one, atol=1e-5)


def test_graph_and_xla_agree_with_eager(step, x):
    flow_checks.perturb(step)

    def both(value):
        bijector = step.bijector()
        return bijector.inverse(value), bijector.forward(value)

    eager = both(tf.identity(x))
    for compiled in (tf.function(both), tf.function(both, jit_compile=True)):
        for wanted, got in zip(eager, compiled(x), strict=True):
            np.testing.assert_allclose(got, wanted, atol=1e-4)


def test_gradients_reach_every_weight(step, x):
    flow_checks.perturb(step)
    with tf.GradientTape() as tape:
        bijector = step.bijector()
        loss = tf.reduce_sum(bijector.inverse(x) ** 2) - tf.reduce_sum(
            bijector.inverse_log_det_jacobian(x, event_ndims=1)
        )
    for weight, gradient in zip(
        step.trainable_weights, tape.gradient(loss, step.trainable_weights), strict=True
    ):
        assert gradient is not None, weight.path
        assert np.isfinite(gradient).all(), weight.path
        assert np.abs(gradient).max() > 0, weight.path


def test_linear_step_is_the_product_of_its_factors(x):
    step = LinearStep(DIM)
    step.build()
    flow_checks.perturb(step)
    factors = step.factors.numpy()[0] / np.sqrt(DIM)
    lower = np.tril(factors, -1) + np.eye(DIM)
    upper = np.triu(factors, 1) + np.diag(np.exp(step.log_diagonal.numpy()[0]))
    expected = x.numpy() @ lower @ upper + step.bias.numpy()
    np.testing.assert_allclose(step.bijector().inverse(x), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["linear_in_groups", "coupling_in_groups"])
def test_groups_do_not_mix(name, x):
    step = STEPS[name]()
    step.build((None, DIM))
    flow_checks.perturb(step)
    bijector = step.bijector()
    derivative = flow_checks.jacobians(lambda value: bijector.inverse(value), x)
    assert not derivative[:, :3, 3:].any()
    assert not derivative[:, 3:, :3].any()
    assert derivative[:, :3, :3].any()


def test_coupling_passes_the_first_coordinates_unchanged(x):
    step = CouplingStep(DIM, 2, (8,))
    step.build()
    flow_checks.perturb(step)
    latent = step.bijector().inverse(x)
    np.testing.assert_array_equal(latent[:, :2], x[:, :2])
    assert np.abs(latent[:, 2:] - x[:, 2:]).min() > 0


def test_coupling_tends_to_an_affine_map_far_out():
    step = CouplingStep(DIM, 3, (8,))
    step.build()
    flow_checks.perturb(step, scale=1.0)
    far = tf.constant([[1e4] * 3], tf.float32)
    farther = tf.constant([[1e5] * 3], tf.float32)
    near_shift, near_scale = step.shift_and_log_scale(tf.transpose(far)[None])
    far_shift, far_scale = step.shift_and_log_scale(tf.transpose(farther)[None])
    np.testing.assert_allclose(near_shift, far_shift, atol=1e-5)
    np.testing.assert_allclose(near_scale, far_scale, atol=1e-5)
    assert np.abs(far_scale).max() <= MAX_LOG_SCALE


def test_dropout_acts_in_training_only(x):
    step = CouplingStep(DIM, 3, (32,), dropout=0.5)
    step.build()
    flow_checks.perturb(step)
    still = step.bijector().inverse(tf.identity(x))
    np.testing.assert_array_equal(step.bijector().inverse(tf.identity(x)), still)
    assert np.abs(step.bijector(training=True).inverse(tf.identity(x)) - still).max() > 0


def test_prelu_tends_to_the_rectifier_with_its_slopes(x):
    step = PReLUStep(DIM, log_slope=-0.5)
    step.build()
    step.log_radius.assign(np.full(DIM, -12.0))
    expected = np.where(x < 0, np.exp(-0.5) * x, x)
    np.testing.assert_allclose(step.bijector().inverse(x), expected, atol=1e-4)


def prelu_formula(x, log_slope, log_radius):
    """`PReLUStep`'s docstring: z and its logarithmic derivative, summed."""
    slope, radius = tf.exp(log_slope), tf.exp(log_radius)
    arc = tf.sqrt(x**2 + radius**2)
    derivative = 0.5 * (1.0 + slope) + 0.5 * (1.0 - slope) * x / arc
    z = 0.5 * (1.0 + slope) * x + 0.5 * (1.0 - slope) * arc
    return z, tf.reduce_sum(tf.math.log(derivative), axis=-1)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("direction", ["inverse", "forward"])
def test_prelu_gradients_of_first_and_second_order_equal_those_of_its_formula(
    direction, compiled, x
):
    step = PReLUStep(DIM, dtype="float64")
    step.build()
    flow_checks.perturb(step)
    x = tf.cast(x, tf.float64)
    weights = [step.log_slope.value, step.log_radius.value]

    def ours(x):
        if direction == "forward":
            return (step.bijector().forward(x),)
        z, log_det = step.inverse_and_log_det(tf.transpose(x)[tf.newaxis])
        return tf.transpose(z[0]), log_det

    def formula(x):
        if direction == "forward":  # The inverse of a PReLU is one; see the next test.
            return prelu_formula(x, -weights[0], weights[1] + 0.5 * weights[0])[:1]
        return prelu_formula(x, *weights)

    def derivatives(answer):
        def differentiate(x):
            with tf.GradientTape() as outer:
                outer.watch((x, *weights))
                with tf.GradientTape() as inner:
                    inner.watch((x, *weights))
                    total = tf.add_n([tf.reduce_sum(tf.sin(value)) for value in answer(x)])
                first = inner.gradient(total, (x, *weights))
                squares = tf.add_n([tf.reduce_sum(value**2) for value in first])
            return (*first, *outer.gradient(squares, (x, *weights)))

        return tf.function(differentiate, jit_compile=compiled)(x)

    for got, wanted in zip(derivatives(ours), derivatives(formula), strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-10)


def test_inverse_of_a_prelu_is_a_prelu(x):
    step, inverse = PReLUStep(DIM, 0.7, 0.2), PReLUStep(DIM, -0.7, 0.2 + 0.35)
    step.build()
    inverse.build()
    np.testing.assert_allclose(inverse.bijector().inverse(step.bijector().inverse(x)), x, atol=1e-5)


def test_prelu_likelihood_gradient_equals_finite_differences(x):
    """The one of a sharp corner does not: it misses what crosses the corner."""
    step, shift = PReLUStep(DIM, log_slope=0.8), LinearStep(DIM)
    step.build()
    shift.build()

    def likelihood():
        flow = tfp.bijectors.Chain([shift.bijector(), step.bijector()])
        latent = flow.inverse(tf.identity(many))
        log_det = flow.inverse_log_det_jacobian(tf.identity(many), event_ndims=1)
        return tf.reduce_mean(log_det - 0.5 * tf.reduce_sum(tf.square(latent), axis=-1))

    many = tf.random.stateless_normal((20_000, DIM), (0, 7))
    with tf.GradientTape() as tape:
        value = likelihood()
    gradient = tape.gradient(value, shift.bias).numpy()
    for axis in range(2):
        nudge = 0.05 * np.eye(DIM, dtype=np.float32)[axis]
        shift.bias.assign(nudge)
        above = likelihood().numpy()
        shift.bias.assign(-nudge)
        slope = (above - likelihood().numpy()) / 0.1
        assert gradient[axis] == pytest.approx(slope, abs=0.01)


@pytest.mark.parametrize("inverse", [False, True])
def test_autoregressive_output_sees_no_later_input(inverse, x):
    step = AutoregressiveStep(DIM, (16, 16), inverse=inverse)
    step.build()
    flow_checks.perturb(step)
    bijector = step.bijector()
    derivative = flow_checks.jacobians(lambda value: bijector.inverse(value), x)
    upper = np.triu(np.ones((DIM, DIM), bool), 1)
    np.testing.assert_allclose(derivative[:, upper], 0, atol=1e-7)
    assert np.abs(derivative[:, upper.T]).max(axis=0).min() > 1e-5


@pytest.mark.parametrize("groups", [1, 2])
def test_whitening_gives_unit_variance_sorted_axes(groups):
    rng = np.random.default_rng(0)
    data = rng.normal(size=(20_000, DIM)) @ rng.normal(size=(DIM, DIM)) + 3.0
    covariance = np.cov(data.T)
    layer = Whitening(DIM, groups=groups)
    layer.build()
    layer.adapt(data.mean(0), covariance)
    bijector = layer.bijector()
    white = bijector.inverse(data.astype(np.float32)).numpy()
    np.testing.assert_allclose(white.mean(0), 0, atol=1e-3)
    for part in np.split(np.cov(white.T), groups):
        assert np.abs(part).max() == pytest.approx(1, abs=1e-3)
    if groups == 1:
        np.testing.assert_allclose(np.cov(white.T), np.eye(DIM), atol=1e-3)
    assert (np.diff(layer.scale.numpy(), axis=-1) <= 0).all()
    np.testing.assert_allclose(
        bijector.forward(tf.constant(white)), data.astype(np.float32), atol=1e-3
    )
    assert not layer.trainable_weights


def test_grouped_dense_equals_a_dense_layer_in_each_group(x):
    layer = GroupedDense(2, 4, activation="silu")
    layer.build((2, 3, None))
    features = tf.transpose(tf.reshape(x, (5, 2, 3)), (1, 2, 0))
    for group in range(2):
        product = tf.transpose(features[group]) @ layer.kernel[group] + layer.bias[group]
        expected = tf.transpose(tf.nn.silu(product))
        np.testing.assert_allclose(layer(features)[group], expected, atol=1e-6)
    assert np.abs(layer.kernel[0] - layer.kernel[1]).max() > 0


def test_density_of_a_2d_flow_integrates_to_one():
    keras.utils.set_random_seed(0)
    steps = [
        LinearStep(2),
        CouplingStep(2, 1, (8,)),
        LinearStep(2),
        PReLUStep(2, log_slope=0.5),
        CouplingStep(2, 1, (8,), backwards=True),
    ]
    for seed, step in enumerate(steps):
        step.build()
        flow_checks.perturb(step, scale=0.3, seed=seed)
    flow = tfp.distributions.TransformedDistribution(
        tfp.distributions.MultivariateNormalDiag(tf.zeros(2)),
        tfp.bijectors.Chain([step.bijector() for step in steps]),
    )
    axis = np.linspace(-12, 12, 1201, dtype=np.float32)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    density = np.exp(flow.log_prob(grid).numpy().astype(np.float64))
    assert density.sum() * (axis[1] - axis[0]) ** 2 == pytest.approx(1, abs=1e-3)
    # The flow is no Gaussian, so the check above had something to get wrong.
    samples = flow.sample(20_000, seed=(0, 1)).numpy()
    standard = (samples - samples.mean(0)) / samples.std(0)
    assert np.abs((standard**3).mean(0)).max() > 0.1
