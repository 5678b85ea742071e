"""Fits in the training loop, after SPIN (Kolotouros et al. 2019).

Every body of a batch that has keypoints is fitted to them, from where the network puts it; the fit
is the target of the network's pose and shape where it explains the keypoints better.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.fitting.body_variables import BodyParams
from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.fitter import Fitter
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.fitting.weights import Weights
from hps_tf.models import Prediction
from hps_tf.priors.flow import FlowPrior

_WEIGHTS = Weights(prior=0.1, shape=0.3)
_NEAREST = 0.5
"""Metres; a start nearer to the camera is moved back to it."""


class FitTargets(NamedTuple):
    """Fitted bodies.

    Attributes:
      rotation_matrices: `(B, 24, 3, 3)`, the root's into the camera frame.
      shape: `(B, num_shape)`.
      is_better: `(B,)` 1 where the keypoints are nearer to them than to the network's.
    """

    rotation_matrices: tf.Tensor
    shape: tf.Tensor
    is_better: tf.Tensor


class LoopFits:
    """Fits bodies by least squares in the prior's latent space; runs in Python, on the CPU.

    Args:
      body: The body model.
      prior: The prior.
    """

    def __init__(self, body: BodyModel, prior: FlowPrior):
        self._body = body
        self._prior = prior
        self._fitter = Fitter(
            body, LatentPrior(prior), solver="least_squares", num_shape=body.num_shape
        )

    def __call__(
        self, people: Prediction, keypoints_2d: tf.Tensor, weights: tf.Tensor, intrinsics: tf.Tensor
    ) -> FitTargets:
        """Fits a batch; no gradient goes through.

        Args:
          people: The network's.
          keypoints_2d: `(B, 17, 2)` labelled keypoints, pixels.
          weights: `(B, 17)`, 0 of those not labelled; all 0 of an example without labels.
          intrinsics: `(B, 3, 3)`.
        """
        latent = self._prior.encode(self._prior.space.from_matrices(people.rotation_matrices))
        inputs = (
            people.rotation_matrices, people.shape, people.translation, people.keypoints_2d,
            latent, keypoints_2d, weights, intrinsics,
        )  # fmt: skip
        outputs = tf.numpy_function(self._fit, inputs, [tf.float32] * 3, stateful=False)
        like = (people.rotation_matrices, people.shape, weights[:, 0])
        return FitTargets(
            *(tf.ensure_shape(out, one.shape) for out, one in zip(outputs, like, strict=True))
        )

    def _fit(
        self,
        rotations: np.ndarray,
        shape: np.ndarray,
        translation: np.ndarray,
        projected: np.ndarray,
        latent: np.ndarray,
        keypoints: np.ndarray,
        weights: np.ndarray,
        intrinsics: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        found, found_shape = rotations.copy(), shape.copy()
        is_better = np.zeros(len(shape), np.float32)
        rows = np.flatnonzero((weights > 0).any(axis=1) & np.isfinite(latent).all(axis=1))
        if not len(rows):
            return found, found_shape, is_better
        start = translation[rows]
        start[:, 2] = np.maximum(start[:, 2], _NEAREST)
        result = self._fitter.refine(
            Evidence(keypoints[rows], weights[rows], intrinsics[rows]),
            BodyParams(
                latent[rows, np.newaxis],
                rotations[rows, np.newaxis],
                start[:, np.newaxis],
                shape[rows],
                np.ones(len(rows), np.float32),
            ),
            _WEIGHTS,
        )
        before = np.linalg.norm(projected[rows] - keypoints[rows], axis=-1)
        share = weights[rows] / weights[rows].sum(axis=1, keepdims=True)
        after = (share * np.nan_to_num(result.residuals)).sum(axis=1)
        is_better[rows] = after < (share * before).sum(axis=1)
        body = self._fitter.bodies(result)
        found[rows], found_shape[rows] = body.rotation_matrices[:, 0], body.shape
        return found, found_shape, is_better
