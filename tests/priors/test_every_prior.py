import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from hps_tf.priors import FlowPrior, MixturePrior, PoseDiscriminator, PoseVAE
from hps_tf.priors.pose_space import AXIS_ANGLE, SIX_D
from tests.priors import flow_checks
from tests.priors.prior_harness import run_method_test, run_prior_test
from tests.priors.test_flow import SMALL


def vectors(space) -> tf.Tensor:
    return space.from_pose(0.3 * tf.random.stateless_normal((4, 24, 3), (1, 2)))


def moved(prior):
    keras.utils.set_random_seed(0)
    flow_checks.perturb(prior, scale=0.03)
    return prior


# What architectures differ in are the four methods; files, samples, symbolic inputs and training
# are those of one class, so each of the others has them in the slow tests alone.
OTHERS = [architecture for architecture in SMALL if architecture != "light"]


SMALLEST = SMALL | {"light": {"num_steps": 1, "num_joint_steps": 1}}


def flow(architecture):
    return moved(FlowPrior(AXIS_ANGLE, 0.1, architecture, **SMALLEST[architecture]))


@pytest.mark.parametrize(
    "architecture", ["light", *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)]
)
def test_flow(architecture, tmp_path):
    run_prior_test(flow(architecture), vectors(AXIS_ANGLE), tmp_path)


@pytest.mark.parametrize("architecture", OTHERS)
def test_methods_of_other_flows(architecture):
    run_method_test(flow(architecture), vectors(AXIS_ANGLE))


def test_mixture(tmp_path):
    prior = moved(MixturePrior(AXIS_ANGLE, 0.1, num_components=2))
    run_prior_test(prior, vectors(AXIS_ANGLE), tmp_path)


def auto_encoder(space):
    return moved(PoseVAE(space, 0.5, hidden_units=16, latent_dim=4, dropout=0.0))


def test_auto_encoder(tmp_path):
    run_prior_test(auto_encoder(SIX_D), vectors(SIX_D), tmp_path)


def test_methods_of_an_auto_encoder_of_axis_angles():
    run_method_test(auto_encoder(AXIS_ANGLE), vectors(AXIS_ANGLE))


@pytest.mark.slow
def test_auto_encoder_of_axis_angles(tmp_path):
    run_prior_test(auto_encoder(AXIS_ANGLE), vectors(AXIS_ANGLE), tmp_path)


def test_discriminator(tmp_path):
    prior = moved(PoseDiscriminator(SIX_D, 0.3, joint_units=5, hidden_units=16))
    x = vectors(SIX_D)
    run_prior_test(prior, x, tmp_path, fits=False, example=SIX_D.to_matrices(x))


@pytest.mark.parametrize("kind", ["flow", "mixture"])
def test_fit_trains_the_density_of_poses_with_noise(kind):
    # The density of one pose with noise is a Gaussian, whose mean negative logarithm over the
    # noise is D (log 2 pi sigma^2 + 1) / 2; without the noise it would be D / 2 lower.
    sigma, dim, count = 0.3, AXIS_ANGLE.dim, 4_000
    pose = 0.1 * np.random.default_rng(0).normal(size=dim).astype(np.float32)
    if kind == "flow":
        prior = FlowPrior(AXIS_ANGLE, sigma, "light", num_steps=1, num_joint_steps=1)
        prior.adapt(pose, np.zeros((dim, dim)))
    else:
        prior = MixturePrior(AXIS_ANGLE, sigma, num_components=1)
        prior.means.assign(pose[np.newaxis])
        prior.whiteners.assign(np.eye(dim)[np.newaxis] / sigma)
    keras.utils.set_random_seed(0)
    prior.compile(jit_compile=False)
    trained = float(prior.compute_loss(np.tile(pose, (count, 1))))
    expected = 0.5 * dim * (np.log(2 * np.pi * sigma**2) + 1.0)
    assert trained == pytest.approx(expected, abs=4 * np.sqrt(0.5 * dim / count))
    validated = prior.evaluate(np.tile(pose, (count, 1)), batch_size=count, verbose=0)
    assert validated == pytest.approx(expected, abs=4 * np.sqrt(0.5 * dim / count))


def test_fit_trains_on_two_replicas():
    done = subprocess.run(
        [sys.executable, "-m", "tests.priors.two_replicas"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["flow True True", "mixture True True", "vae True True"]


@pytest.mark.parametrize("architecture", ["realnvp", "maf", "iaf"])
def test_a_number_of_hidden_units_is_one_layer(architecture):
    one, tuples = (
        FlowPrior(AXIS_ANGLE, 0.1, architecture, num_steps=1, hidden_units=units)
        for units in (8, (8,))
    )
    assert [weight.shape for weight in one.weights] == [weight.shape for weight in tuples.weights]
    assert FlowPrior.from_config(one.get_config()).num_parameters == one.num_parameters
