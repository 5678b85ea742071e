"""Pose priors: what bodies do, learned from motion capture."""

from hps_tf.priors.discriminator import PoseDiscriminator
from hps_tf.priors.flow import FlowPrior
from hps_tf.priors.gmm import GaussianMixture
from hps_tf.priors.pretrained import list_pretrained, load, load_flow
from hps_tf.priors.prior import PosePrior
from hps_tf.priors.vae import PoseVAE

__all__ = [
    "FlowPrior",
    "GaussianMixture",
    "PoseDiscriminator",
    "PosePrior",
    "PoseVAE",
    "list_pretrained",
    "load",
    "load_flow",
]
