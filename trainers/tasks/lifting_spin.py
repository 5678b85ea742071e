"""Trains SPIN (Kolotouros et al. 2019) on evidence of recorded poses, without images.

HMR's regressor, and fits in the loop: in every step bodies are fitted to the keypoints from the
network's estimate. Where the fit explains the keypoints of somebody without labels better than the
estimate does, it is the target.
"""

from collections.abc import Mapping

import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf.errors import InputError
from hps_tf.geometry import rotation_6d
from trainers.configs import base
from trainers.strategy import Batch
from trainers.tasks import lifting
from trainers.tasks.fit_targets import FitTargets, Fitted
from trainers.tasks.lifting import Lifted
from trainers.tasks.partly_labelled import PartlyLabelledTask, place, reprojection, reprojection_at

_NUM_SPREAD_POSES = 5_000


class SPINTask(PartlyLabelledTask):
    """HMR's regressor, trained with fits from its own estimates."""

    settings = staticmethod(base.lifting_spin)

    def __init__(self, config: ConfigDict):
        super().__init__(config)
        likely = tf.eye(3, batch_shape=[24]).numpy()
        likely[1:22] = rotation_6d.to_matrix(self._mode.reshape(-1, 6)).numpy()
        self._targets = FitTargets(
            self._body,
            likely,
            self._poses.some_training_poses(_NUM_SPREAD_POSES),
            lifting.NUM_SHAPE,
            config.fit_steps,
        )

    @classmethod
    def _check(cls, config: ConfigDict) -> None:
        super()._check(config)
        if config.fit_steps < 1:
            raise InputError(
                f"config.fit_steps: expected a number above 0, received {config.fit_steps}"
            )

    def _weak_loss(self, lifted: Lifted, batch: Batch) -> tuple[tf.Tensor, Mapping[str, tf.Tensor]]:
        shape = self._padded(lifted.numbers.shape)
        fitted = self._targets(
            lifted.rotation_matrices,
            shape,
            place(lifted, batch),
            batch["found"],
            batch["confidence"],
            lifted.frame.half_size,
        )
        target, is_better = self._judged(fitted, lifted, batch)
        share = self._config.labels.share
        counts = (1.0 - batch["is_labelled"]) * is_better / max(1.0 - share, 1e-6)
        weights = self._config.weights
        parts = lifting.distances(lifted, target)
        total = tf.add_n([weights[name] * part for name, part in parts.items()])
        logged = {f"fitted_{name}": counts * part for name, part in parts.items()}
        return weights.fitted * counts * total, {**logged, "fits_better": is_better}

    def _judged(
        self, fitted: Fitted, lifted: Lifted, batch: Batch
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """The fits as targets, and 1 for those nearer to the keypoints than the estimates."""
        arguments = {"rotation_matrices": fitted.rotation_matrices, "shape": fitted.shape}
        joints = self._body.joints(**arguments)
        keypoints = self._body.keypoints("coco17", **arguments)
        after = reprojection_at(keypoints + fitted.translation[:, tf.newaxis], lifted, batch)
        is_better = fitted.is_valid & (after < reprojection(lifted, batch))
        target = {
            "rotation_matrices": fitted.rotation_matrices,
            "joints": lifting.from_pelvis(joints, joints),
            "keypoints": lifting.from_pelvis(keypoints, joints),
            "shape": fitted.shape[:, : lifting.NUM_SHAPE],
        }
        return target, tf.cast(is_better, tf.float32)
