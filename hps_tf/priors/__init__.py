"""Pose priors: what bodies do, learned from motion capture."""

from hps_tf.priors.flow import PosePrior
from hps_tf.priors.gmm import GaussianMixture
from hps_tf.priors.pretrained import list_pretrained, load

__all__ = ["GaussianMixture", "PosePrior", "list_pretrained", "load"]
