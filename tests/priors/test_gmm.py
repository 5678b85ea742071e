import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from hps_tf.priors import GaussianMixture, MixturePrior
from hps_tf.priors.pose_space import AXIS_ANGLE

WEIGHTS = np.array([0.3, 0.7])
MEANS = np.array([[0.0, 1.0, -1.0], [4.0, 0.0, 2.0]])
COVARIANCES = np.array(
    [np.diag([1.0, 0.5, 0.2]), [[1.0, 0.3, 0.0], [0.3, 2.0, 0.1], [0.0, 0.1, 0.7]]]
)


@pytest.fixture
def mixture() -> GaussianMixture:
    return GaussianMixture(WEIGHTS, MEANS, COVARIANCES)


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(0).normal(1, 2, (6, 3)).astype(np.float32)


def component_densities(x) -> np.ndarray:
    return np.stack(
        [
            weight * stats.multivariate_normal(mean, covariance).pdf(x)
            for weight, mean, covariance in zip(WEIGHTS, MEANS, COVARIANCES, strict=True)
        ],
        axis=-1,
    )


def test_log_prob_agrees_with_scipy(mixture, x):
    expected = np.log(component_densities(x).sum(-1))
    np.testing.assert_allclose(mixture.log_prob(x), expected, rtol=1e-4)
    many = mixture.log_prob(x.reshape(2, 3, 3))
    np.testing.assert_allclose(many, expected.reshape(2, 3), rtol=1e-4)


def test_closest_mode_energy_is_that_of_the_largest_term(mixture, x):
    expected = -np.log(component_densities(x).max(-1))
    energy = mixture.closest_mode_energy(x)
    np.testing.assert_allclose(energy, expected, rtol=1e-4)
    assert (energy.numpy() >= -mixture.log_prob(x).numpy() - 1e-5).all()


def test_single_gaussian_has_one_mode(x):
    gaussian = GaussianMixture.gaussian(MEANS[1], COVARIANCES[1])
    expected = stats.multivariate_normal(MEANS[1], COVARIANCES[1]).logpdf(x)
    np.testing.assert_allclose(gaussian.log_prob(x), expected, rtol=1e-4)
    np.testing.assert_allclose(gaussian.closest_mode_energy(x), -expected, rtol=1e-4)


def test_samples_have_the_mixtures_moments(mixture):
    samples = mixture.sample(50_000, seed=1).numpy()
    np.testing.assert_allclose(samples.mean(0), WEIGHTS @ MEANS, atol=0.05)
    second = np.einsum("k,kij->ij", WEIGHTS, COVARIANCES + MEANS[:, :, None] * MEANS[:, None])
    np.testing.assert_allclose(samples.T @ samples / len(samples), second, atol=0.15)
    np.testing.assert_array_equal(mixture.sample(5, seed=1), mixture.sample(5, seed=1))


def test_fit_finds_well_separated_components(mixture):
    fitted = GaussianMixture.fit(mixture.sample(5_000, seed=2).numpy(), 2, seed=0)
    order = np.argsort(fitted.weights)
    np.testing.assert_allclose(fitted.weights[order], WEIGHTS, atol=0.03)
    np.testing.assert_allclose(fitted.means[order], MEANS, atol=0.15)
    np.testing.assert_allclose(fitted.covariances[order], COVARIANCES, atol=0.2)


def test_gradient_is_finite_far_away(mixture):
    x = tf.fill((1, 3), 1e3)
    with tf.GradientTape() as tape:
        tape.watch(x)
        energy = mixture.closest_mode_energy(x) - mixture.log_prob(x)
    assert np.isfinite(tape.gradient(energy, x)).all()


def test_the_view_as_a_distribution_of_tfp_has_the_same_density(mixture, x):
    distribution = mixture.distribution()
    np.testing.assert_allclose(distribution.log_prob(x), mixture.log_prob(x), rtol=1e-4)
    assert distribution.sample((2, 3), seed=(0, 1)).shape == (2, 3, 3)
    assert mixture.sample((2, 3), seed=(0, 1)).shape == (2, 3, 3)


def test_a_prior_adapted_to_a_mixture_has_its_density_and_samples():
    rng = np.random.default_rng(0)
    roots = rng.normal(size=(2, 63, 63)) / 10
    covariances = roots @ roots.transpose(0, 2, 1) + 0.1 * np.eye(63)
    mixture = GaussianMixture(WEIGHTS, rng.normal(size=(2, 63)), covariances)
    prior = MixturePrior(AXIS_ANGLE, 0.1, num_components=2)
    prior.adapt(mixture)
    x = mixture.sample(4, seed=3)
    np.testing.assert_allclose(prior.log_prob(x), mixture.log_prob(x), rtol=1e-4)
    np.testing.assert_allclose(prior.sample(4, seed=3), x, atol=1e-4)


def test_covariance_that_is_not_positive_definite_is_refused():
    with pytest.raises(np.linalg.LinAlgError):
        GaussianMixture.gaussian(np.zeros(2), np.array([[1.0, 2.0], [2.0, 1.0]]))
