"""Turns what the solver found into the result of a fit."""

from typing import Any, NamedTuple, Protocol

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.fitting.body_variables import BodyParams
from hps_tf.fitting.result import FitResult, concatenate
from hps_tf.fitting.slots import Minimum
from hps_tf.fitting.windows import WindowedEvidence
from hps_tf.geometry import axis_angle

_CHUNK = 256  # Problems described at a time.


class Description(NamedTuple):
    """The terms and bodies of B windows of T frames.

    Attributes:
      bodies: Their bodies.
      keypoints_2d: `(B, T, K, 2)` pixels, where those are seen.
      terms: The loss by its weighted terms, `(B,)` each.
      pose_energy: `(B, T)` nats, what the prior says of the poses.
    """

    bodies: BodyParams
    keypoints_2d: tf.Tensor
    terms: dict[str, tf.Tensor]
    pose_energy: tf.Tensor


class Describing(Protocol):
    """An objective whose minima can be described."""

    def describe(self, variables: tf.Tensor, windows: WindowedEvidence, shared: Any) -> Description:
        """Describes windows by their variables and what all windows share."""
        ...


class Bodies(NamedTuple):
    """The bodies of N frames and what the objective says of them; fields as of `FitResult`."""

    pose: tf.Tensor
    shape: tf.Tensor
    translation: tf.Tensor
    focal_scale: tf.Tensor
    joints_3d: tf.Tensor
    keypoints_2d: tf.Tensor
    residuals: tf.Tensor
    loss: tf.Tensor
    terms: dict[str, tf.Tensor]
    prior_nll: tf.Tensor
    pose_variables: tf.Tensor


class Summary:
    """Turns minima of an objective into results; compiled without XLA at the first use.

    Args:
      objective: The objective that was minimized.
      body: The body model.
    """

    def __init__(self, objective: Describing, body: BodyModel):
        self._objective = objective
        self._body = body
        self._bodies = tf.function(self._described, autograph=False, reduce_retracing=True)

    def __call__(
        self,
        found: Minimum,
        windows: WindowedEvidence,
        shared: Any,
        chosen: np.ndarray,
        begun_at: np.ndarray,
    ) -> FitResult:
        """Describes one problem of every window.

        Args:
          found: The minima of all problems, a window's starts side by side.
          windows: Their evidence.
          shared: The data that its windows share.
          chosen: `(W,)` indices of the problems to describe.
          begun_at: `(M,)` which of its window's starts each problem came from.

        Returns:
          The bodies, a row per frame.
        """
        start_losses = found.loss.reshape(len(chosen), -1)
        parts = []
        for begin in range(0, len(chosen), _CHUNK):
            rows = chosen[begin : begin + _CHUNK]
            some = tf.nest.map_structure(lambda part, rows=rows: tf.gather(part, rows), windows)
            bodies = self._bodies(tf.constant(found.x[rows]), some, shared)
            arrays = tf.nest.map_structure(lambda part: part.numpy(), bodies)
            frames = len(arrays.pose) // len(rows)
            parts.append(
                FitResult(
                    **arrays._asdict(),
                    converged=found.converged[rows].repeat(frames),
                    start=begun_at[rows].repeat(frames),
                    start_losses=start_losses[begin : begin + _CHUNK].repeat(frames, axis=0),
                )
            )
        return concatenate(parts)

    def _described(self, variables: tf.Tensor, windows: WindowedEvidence, shared: Any) -> Bodies:
        found, seen, terms, energy = self._objective.describe(variables, windows, shared)
        frames = found.translation.shape[1]
        rotations = tf.reshape(found.rotation_matrices, [-1, NUM_JOINTS, 3, 3])
        translation = tf.reshape(found.translation, [-1, 3])
        shape = tf.repeat(found.shape, frames, axis=0)
        residuals = tf.norm(seen - windows.keypoints, axis=3)
        missing = tf.constant(np.nan, tf.float32)
        residuals = tf.where(windows.confidence > 0.0, residuals, missing)

        def flat(values: tf.Tensor) -> tf.Tensor:
            return tf.reshape(values, [-1, *values.shape[2:]])

        return Bodies(
            pose=axis_angle.from_matrix(rotations),
            shape=shape,
            translation=translation,
            focal_scale=tf.repeat(found.focal_scale, frames, axis=0),
            joints_3d=self._body.keypoints(
                "smpl24", rotation_matrices=rotations, shape=shape, translation=translation
            ),
            keypoints_2d=flat(seen),
            residuals=flat(residuals),
            loss=tf.repeat(tf.add_n(list(terms.values())), frames, axis=0),
            terms={name: tf.repeat(values, frames, axis=0) for name, values in terms.items()},
            prior_nll=flat(energy),
            pose_variables=flat(found.pose_variables),
        )
