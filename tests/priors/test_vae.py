import keras
import numpy as np
import pytest
import tensorflow as tf

from hps_tf.errors import InputError
from hps_tf.priors import FlowPrior, PoseVAE, load
from hps_tf.priors.pose_space import AXIS_ANGLE, SIX_D
from tests.priors import flow_checks


def make(space, **options) -> PoseVAE:
    keras.utils.set_random_seed(0)
    vae = PoseVAE(space, 0.2, **{"hidden_units": 16, "latent_dim": 4, **options})
    rng = np.random.default_rng(0)
    vae.adapt(rng.normal(size=126), rng.uniform(0.05, 0.5, 126))
    flow_checks.perturb(vae, scale=0.1)
    return vae


def vectors(space, *axes) -> tf.Tensor:
    pose = 0.5 * tf.random.stateless_normal((*axes, 24, 3), (1, 2))
    return space.from_pose(pose)


@pytest.fixture(params=[AXIS_ANGLE, SIX_D], ids=lambda space: space.name)
def space(request):
    return request.param


def test_shapes(space):
    vae = make(space)
    x = vectors(space, 2, 3)
    mean, log_variance = vae.posterior(x)
    assert mean.shape == log_variance.shape == vae.encode(x).shape == (2, 3, 4)
    assert vae.decode(mean).shape == vae(x).shape == (2, 3, space.dim)
    assert vae.decode_matrices(mean).shape == (2, 3, 24, 3, 3)
    assert vae.energy(x).shape == (2, 3)


def test_has_vposers_size():
    vae = PoseVAE(SIX_D, 0.1)
    encoder = 126 * 512 + 512 + 512 * 512 + 512 + 512 * 64 + 64
    decoder = 32 * 512 + 512 + 512 * 512 + 512 + 512 * 126 + 126
    assert (vae.latent_dim, vae.num_parameters) == (32, encoder + decoder)


def _network(features, layers):
    """Two hidden layers with LeakyReLU of slope 0.2 and an output layer, in NumPy."""
    for index, layer in enumerate(layers):
        kernel, bias = (weight.numpy().astype(np.float64) for weight in layer.weights)
        features = features @ kernel + bias
        if index < 2:
            features = np.where(features > 0, features, 0.2 * features)
    return features


def test_energy_equals_its_formula_in_numpy(space):
    vae = make(space)
    x = vectors(space, 5)
    mean, scale = (weight.numpy() for weight in vae.standardisation.weights)
    pose = SIX_D.from_matrices(space.to_matrices(x)).numpy().astype(np.float64)
    latent = _network((pose - mean) / scale, vae.encoder.layers)[:, :4]
    output = (_network(latent, vae.decoder.layers) * scale + mean).reshape(-1, 6)
    first = output[:, :3] / np.linalg.norm(output[:, :3], axis=1, keepdims=True)
    second = output[:, 3:] - (first * output[:, 3:]).sum(1, keepdims=True) * first
    second /= np.linalg.norm(second, axis=1, keepdims=True)
    decoded = np.concatenate([first, second], axis=1).reshape(5, 126)
    expected = 0.5 * (latent**2).sum(1) + ((pose - decoded) ** 2).sum(1) / (2 * 0.2**2)
    np.testing.assert_allclose(vae.energy(x), expected, rtol=1e-4)


def test_every_representation_of_a_pose_has_the_same_latent():
    of_6d, of_axis_angle = make(SIX_D), make(AXIS_ANGLE)
    of_axis_angle.set_weights(of_6d.get_weights())
    pose = tf.random.stateless_normal((3, 24, 3), (1, 2))
    latent = of_6d.encode(SIX_D.from_pose(pose))
    np.testing.assert_allclose(latent, of_6d.encode(2.0 * SIX_D.from_pose(pose)), atol=1e-5)
    np.testing.assert_allclose(latent, of_axis_angle.encode(AXIS_ANGLE.from_pose(pose)), atol=1e-5)


def test_decoded_poses_are_true_rotations(space):
    vae = make(space)
    matrices = vae.decode_matrices(tf.random.stateless_normal((6, 4), (3, 4)))
    identity = np.broadcast_to(np.eye(3), matrices.shape)
    np.testing.assert_allclose(matrices @ tf.linalg.matrix_transpose(matrices), identity, atol=1e-5)
    x = vae.decode(tf.random.stateless_normal((6, 4), (3, 4)))
    np.testing.assert_allclose(space.to_matrices(x), matrices, atol=1e-5)


def test_standardisation_is_fixed_and_never_divides_by_little():
    vae = make(SIX_D)
    vae.adapt(np.zeros(126), np.zeros(126))
    assert np.isfinite(vae.energy(vectors(SIX_D, 2))).all()
    names = {weight.path for weight in vae.trainable_weights}
    assert len(names) == 12
    assert not any("standardisation" in name for name in names)


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e-3, 1.0])
def test_gradients_are_finite_from_the_identity_on(space, scale):
    vae = make(space)
    x = space.from_pose(scale * tf.random.stateless_normal((2, 24, 3), (1, 2)))
    with tf.GradientTape() as tape:
        tape.watch(x)
        energy = vae.energy(x)
    gradient = tape.gradient(energy, x).numpy()
    assert np.isfinite(gradient).all()
    assert np.abs(gradient).max() > 0


def test_gradient_of_the_energy_equals_finite_differences(space):
    vae = make(space)
    x = vectors(space, 1)
    direction = tf.random.stateless_normal(x.shape, (5, 6))
    with tf.GradientTape() as tape:
        tape.watch(x)
        energy = vae.energy(x)
    slope = float(tf.reduce_sum(tape.gradient(energy, x) * direction))
    ahead, behind = vae.energy(x + 3e-3 * direction), vae.energy(x - 3e-3 * direction)
    assert slope == pytest.approx(float((ahead - behind)[0]) / 6e-3, rel=0.02)


def test_interpolation_is_straight_in_latent_space(space):
    vae = make(space)
    x = vectors(space, 4)
    walk = vae.interpolate(x[:2], x[2:], steps=3)
    assert walk.shape == (3, 2, space.dim)
    np.testing.assert_allclose(walk[0], vae(x[:2]), atol=1e-5)
    middle = vae.decode(0.5 * (vae.encode(x[:2]) + vae.encode(x[2:])))
    np.testing.assert_allclose(walk[1], middle, atol=1e-5)


def test_dropout_is_for_training_alone():
    vae = make(SIX_D, dropout=0.5)
    x = vectors(SIX_D, 2)
    np.testing.assert_array_equal(vae.posterior(x)[0], vae.posterior(x)[0])
    first, second = (vae.posterior(x, training=True)[0].numpy() for _ in range(2))
    assert np.abs(first - second).max() > 0.01


def test_mixed_precision_gives_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        vae = make(SIX_D)
    finally:
        keras.config.set_dtype_policy("float32")
    energy = vae.energy(vectors(SIX_D, 2))
    assert energy.dtype == tf.float32
    assert np.isfinite(energy).all()


def test_half_precision_halves_the_file_and_hardly_moves_a_pose(tmp_path):
    vae = make(SIX_D, hidden_units=64)
    vae.save(tmp_path / "single.npz")
    vae.save(tmp_path / "half.npz", dtype=np.float16)
    sizes = [(tmp_path / f"{name}.npz").stat().st_size for name in ("half", "single")]
    assert sizes[0] < 0.6 * sizes[1]
    x = vectors(SIX_D, 3)
    assert np.abs(load(tmp_path / "half.npz")(x) - vae(x)).mean() < 1e-3


def test_wrong_arguments_are_named(tmp_path):
    with pytest.raises(ValueError, match="`sigma`: expected a number above 0, received 0"):
        PoseVAE(SIX_D, 0)
    vae = make(AXIS_ANGLE)
    with pytest.raises(ValueError, match=r"`x`: expected shape \(..., 63\), received \(2, 126\)"):
        vae.energy(tf.zeros((2, 126)))
    with pytest.raises(
        ValueError, match=r"`latent`: expected shape \(..., 4\), received \(2, 63\)"
    ):
        vae.decode(tf.zeros((2, 63)))
    with pytest.raises(ValueError, match="`steps`: expected at least 2, received 1"):
        vae.interpolate(tf.zeros((1, 63)), tf.zeros((1, 63)), steps=1)
    vae.save(tmp_path / "prior.npz")
    expected = r"prior\.npz: expected a FlowPrior \(realnvp, .*\), received vposer"
    with pytest.raises(InputError, match=expected):
        FlowPrior.from_preset(tmp_path / "prior.npz")
    with pytest.raises(ValueError, match=r"expected a prior with a density, received vposer"):
        vae.log_prob(tf.zeros((2, 63)))
    with pytest.raises(ValueError, match=r"expected a prior with a density, received vposer"):
        vae.distribution()


def test_energy_follows_a_sigma_set_later():
    vae = make(SIX_D)
    x = vectors(SIX_D, 2)
    latent = 0.5 * tf.reduce_sum(tf.square(vae.encode(x)), axis=-1)
    error = vae.energy(x) - latent
    vae.sigma = 2 * vae.sigma
    np.testing.assert_allclose(vae.energy(x) - latent, error / 4, rtol=1e-3)


def test_the_evidence_lower_bound_is_below_the_likelihood_that_sampling_estimates():
    keras.utils.set_random_seed(0)
    vae = PoseVAE(SIX_D, 1.0, hidden_units=4, latent_dim=2, dropout=0.0)
    x = SIX_D.from_pose(0.1 * tf.random.stateless_normal((2, 24, 3), (1, 2)))
    vae.compile()
    bound = np.mean([-float(vae.compute_loss(x)) for _ in range(200)])
    latent = tf.random.stateless_normal((20_000, 2), (3, 4))
    decoded = SIX_D.from_matrices(vae.decode_matrices(latent)).numpy()
    squares = ((x.numpy()[:, None] - decoded) ** 2).sum(-1)
    terms = -0.5 * squares - 63 * np.log(2 * np.pi)
    likelihood = np.log(np.exp(terms - terms.max(1, keepdims=True)).mean(1)) + terms.max(1)
    assert bound < likelihood.mean() + 0.05
    assert bound > likelihood.mean() - 2.0
