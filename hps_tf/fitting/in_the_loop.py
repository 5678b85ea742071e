"""In-the-loop fitting, after SPIN (Kolotouros et al. 2019).

During training each body of a batch that has labelled keypoints is fitted to them, starting from
the network's estimate. Where the fit explains the keypoints better, it is the target of the
network's pose and shape: the terms `fitted_vertices`, `fitted_pose` and `fitted_shape`.
"""

import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.fitting.body_variables import BodyParams
from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.fitter import Fitter
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.fitting.weights import Weights
from hps_tf.losses import pose_loss, shape_loss, vertex_loss
from hps_tf.models import LossInputs, LossTerm, Prediction, StagedNetwork
from hps_tf.priors.prior import PosePrior

_WEIGHTS = Weights(prior=0.1, shape=0.3)
_NEAREST = 0.5
"""Metres; a start nearer to the camera is moved back to this depth."""

TERMS = ("fitted_vertices", "fitted_pose", "fitted_shape")
"""Names of the terms."""


class FitTargets(NamedTuple):
    """Fitted bodies.

    Attributes:
      rotation_matrices: `(B, 24, 3, 3)`, the root's into the camera frame.
      shape: `(B, num_shape)`.
      is_better: `(B,)` 1 where the keypoints are nearer to the fit than to the network's body.
    """

    rotation_matrices: tf.Tensor
    shape: tf.Tensor
    is_better: tf.Tensor


class InTheLoopFitter:
    """Fits bodies by least squares in the prior's latent space; runs in Python, on the CPU.

    Args:
      body: The body model.
      prior: The prior.
    """

    def __init__(self, body: BodyModel, prior: PosePrior):
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
          people: The network's bodies.
          keypoints_2d: `(B, 17, 2)` labelled keypoints, pixels.
          weights: `(B, 17)`, 0 of keypoints without a label.
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


def loss_terms(body: BodyModel, network: StagedNetwork) -> dict[str, LossTerm]:
    """Makes the terms of L_V, L_θ and L_β against bodies fitted in the loop.

    Args:
      body: The body model.
      network: The network, whose prior the fits use.

    Returns:
      The terms, for `hps_tf.models.TotalLoss`.
    """
    fitter = InTheLoopFitter(body, network.prior)

    def fits(inputs: LossInputs) -> FitTargets:
        return inputs.once("fits", functools.partial(_fits, fitter, inputs))

    def vertices(inputs: LossInputs) -> tf.Tensor:
        target = fits(inputs)
        fitted = body(rotation_matrices=target.rotation_matrices, shape=target.shape)
        estimated = inputs.people.vertices - inputs.people.joints[:, :1]
        true = inputs.repeated(fitted.vertices - fitted.joints[:, :1])
        return inputs.stage_mean(vertex_loss(estimated, true))

    def pose(inputs: LossInputs) -> tf.Tensor:
        true = inputs.repeated(fits(inputs).rotation_matrices)
        return inputs.stage_mean(pose_loss(inputs.people.rotation_matrices, true))

    def shape(inputs: LossInputs) -> tf.Tensor:
        true = inputs.repeated(fits(inputs).shape)
        return inputs.stage_mean(shape_loss(inputs.people.shape, true))

    def is_better(inputs: LossInputs) -> tf.Tensor:
        return fits(inputs).is_better

    functions = (vertices, pose, shape)
    return {
        name: LossTerm(function, is_better) for name, function in zip(TERMS, functions, strict=True)
    }


def _fits(fitter: InTheLoopFitter, inputs: LossInputs) -> FitTargets:
    batch = inputs.batch
    return fitter(
        Prediction(*map(tf.stop_gradient, inputs.last)),
        batch.keypoints_2d,
        batch.keypoint_weights * batch.has_keypoints[:, tf.newaxis],
        batch.intrinsics,
    )
