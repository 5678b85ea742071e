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
    """What an objective says of B windows of T frames.

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


def summarize(
    objective: Describing,
    body: BodyModel,
    found: Minimum,
    windows: WindowedEvidence,
    shared: Any,
    chosen: np.ndarray,
    begun_at: np.ndarray,
) -> FitResult:
    """Describes one problem of every window.

    Args:
      objective: The objective that was minimized.
      body: The body model.
      found: The minima of all problems, a window's starts side by side.
      windows: Their evidence.
      shared: What its windows share.
      chosen: `(W,)` indices of the problems to describe.
      begun_at: `(M,)` which of its window's starts each problem came from.

    Returns:
      The bodies, a row a frame.
    """
    by_window = found.loss.reshape(len(chosen), -1)
    parts = []
    for begin in range(0, len(chosen), _CHUNK):
        rows = chosen[begin : begin + _CHUNK]
        parts.append(
            _describe(
                objective,
                body,
                tf.constant(found.x[rows]),
                tf.nest.map_structure(lambda a, rows=rows: tf.gather(a, rows), windows),
                shared,
                converged=found.converged[rows],
                start=begun_at[rows],
                start_losses=by_window[begin : begin + _CHUNK],
            )
        )
    return concatenate(parts)


def _describe(
    objective: Describing,
    body: BodyModel,
    variables: tf.Tensor,
    windows: WindowedEvidence,
    shared: Any,
    converged: np.ndarray,
    start: np.ndarray,
    start_losses: np.ndarray,
) -> FitResult:
    bodies, seen, terms, energy = objective.describe(variables, windows, shared)
    frames = bodies.translation.shape[1]
    rotations = tf.reshape(bodies.rotation_matrices, [-1, NUM_JOINTS, 3, 3])
    translation = tf.reshape(bodies.translation, [-1, 3])
    shape = tf.repeat(bodies.shape, frames, axis=0)
    residuals = tf.norm(seen - windows.keypoints, axis=3)
    missing = tf.constant(np.nan, tf.float32)
    residuals = tf.where(windows.confidence > 0.0, residuals, missing)
    joints = body.joints(rotation_matrices=rotations, shape=shape, translation=translation)

    def by_frame(values: tf.Tensor) -> np.ndarray:
        return np.repeat(np.asarray(values), frames, axis=0)

    def flat(values: tf.Tensor) -> np.ndarray:
        return values.numpy().reshape(-1, *values.shape[2:])

    return FitResult(
        pose=axis_angle.from_matrix(rotations).numpy(),
        shape=shape.numpy(),
        translation=translation.numpy(),
        focal_scale=by_frame(bodies.focal_scale),
        joints_3d=joints.numpy(),
        keypoints_2d=flat(seen),
        residuals=flat(residuals),
        loss=by_frame(tf.add_n(list(terms.values()))),
        terms={name: by_frame(values) for name, values in terms.items()},
        prior_nll=flat(energy),
        converged=by_frame(converged),
        start=by_frame(start),
        start_losses=by_frame(start_losses),
        pose_variables=flat(bodies.pose_variables),
    )
