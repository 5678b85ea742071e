"""Trains the lifting network with few 3D labels, as the paper trains its networks with few.

Whoever has no labels counts by the keypoints' alignment (Zanfir et al. 2020, L_KA) and by how
plausible a pose is under a flow.
"""

from collections.abc import Mapping

import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf import priors
from trainers.configs import base
from trainers.strategy import Batch
from trainers.tasks.lifting import Lifted
from trainers.tasks.partly_labelled import PartlyLabelledTask


class WeakLiftingTask(PartlyLabelledTask):
    """Labels of some, keypoints and the flow's density of everybody."""

    settings = staticmethod(base.lifting_weak)

    def __init__(self, config: ConfigDict):
        super().__init__(config)
        self._prior = priors.load(config.network.prior, "density")

    def _weak_loss(self, lifted: Lifted, batch: Batch) -> tuple[tf.Tensor, Mapping[str, tf.Tensor]]:
        del batch
        space = self._prior.space
        energy = self._prior.energy(space.from_matrices(lifted.rotation_matrices)) / space.dim
        return self._config.weights.pose_prior * energy, {"pose_prior": energy}
