"""Pose priors: what bodies do, learned from motion capture."""

from hps_tf.priors.flow import PosePrior
from hps_tf.priors.gmm import GaussianMixture

__all__ = ["GaussianMixture", "PosePrior"]
