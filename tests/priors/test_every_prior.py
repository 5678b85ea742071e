import keras
import pytest
import tensorflow as tf

from hps_tf.priors import FlowPrior, MixturePrior, PoseDiscriminator, PoseVAE
from hps_tf.priors.pose_space import AXIS_ANGLE, SIX_D
from tests.priors import flow_checks
from tests.priors.prior_harness import run_prior_test
from tests.priors.test_flow import SMALL


def vectors(space) -> tf.Tensor:
    return space.from_pose(0.3 * tf.random.stateless_normal((4, 24, 3), (1, 2)))


def moved(prior):
    keras.utils.set_random_seed(0)
    flow_checks.perturb(prior, scale=0.03)
    return prior


@pytest.mark.parametrize("architecture", SMALL)
def test_flow(architecture, tmp_path):
    prior = moved(FlowPrior(AXIS_ANGLE, 0.1, architecture, **SMALL[architecture]))
    run_prior_test(prior, vectors(AXIS_ANGLE), tmp_path)


def test_mixture(tmp_path):
    prior = moved(MixturePrior(AXIS_ANGLE, 0.1, num_components=2))
    run_prior_test(prior, vectors(AXIS_ANGLE), tmp_path)


@pytest.mark.parametrize("space", [AXIS_ANGLE, SIX_D], ids=lambda space: space.name)
def test_auto_encoder(space, tmp_path):
    prior = moved(PoseVAE(space, 0.5, hidden_units=16, latent_dim=4, dropout=0.0))
    run_prior_test(prior, vectors(space), tmp_path)


def test_discriminator(tmp_path):
    prior = moved(PoseDiscriminator(SIX_D, 0.3, joint_units=5, hidden_units=16))
    x = vectors(SIX_D)
    run_prior_test(prior, x, tmp_path, fits=False, example=SIX_D.to_matrices(x))
