"""Turns what the solver found into the result of a fit."""

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.fitting.body_variables import BodyVariables
from hps_tf.fitting.lanes import Minimum
from hps_tf.fitting.objective import Objective, Shared
from hps_tf.fitting.result import FitResult, concatenate
from hps_tf.fitting.windows import Windows
from hps_tf.geometry import axis_angle

_CHUNK = 256  # Problems described at a time.


def summarize(
    objective: Objective,
    layout: BodyVariables,
    body: BodyModel,
    found: Minimum,
    windows: Windows,
    shared: Shared,
    chosen: np.ndarray,
    begun_at: np.ndarray,
) -> FitResult:
    """Describes one problem of every window.

    Args:
      objective: The objective that was minimized.
      layout: Its variables.
      body: The body model.
      found: The minima of all problems, a window's starts side by side.
      windows: Their evidence.
      shared: Weights and prior.
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
                layout,
                body,
                tf.constant(found.x[rows]),
                tf.nest.map_structure(lambda a, rows=rows: tf.constant(a[rows]), windows),
                shared,
                converged=found.converged[rows],
                start=begun_at[rows],
                start_losses=by_window[begin : begin + _CHUNK],
            )
        )
    return concatenate(parts)


def _describe(
    objective: Objective,
    layout: BodyVariables,
    body: BodyModel,
    variables: tf.Tensor,
    windows: Windows,
    shared: Shared,
    converged: np.ndarray,
    start: np.ndarray,
    start_losses: np.ndarray,
) -> FitResult:
    bodies = layout.split(variables, windows.anchors, shared.parameters)
    frames = layout.num_frames
    rotations = tf.reshape(bodies.rotation_matrices, [-1, NUM_JOINTS, 3, 3])
    translation = tf.reshape(bodies.translation, [-1, 3])
    shape = tf.repeat(bodies.shape, frames, axis=0)
    seen = objective.keypoints_2d(variables, windows, shared.parameters)
    residuals = tf.norm(seen - windows.keypoints, axis=3)
    missing = tf.constant(np.nan, tf.float32)
    residuals = tf.where(windows.confidence > 0.0, residuals, missing)
    terms = objective.terms(variables, windows, shared)
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
        prior_nll=flat(objective.energy(variables, windows, shared.parameters)),
        converged=by_frame(converged),
        start=by_frame(start),
        start_losses=by_frame(start_losses),
        pose_variables=flat(bodies.pose_variables),
    )
