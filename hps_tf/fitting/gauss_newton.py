"""Damped Gauss-Newton steps of many small problems whose prior is standard normal.

The model of the loss is |r|² / 2 + c |x|² / 2, with m residuals r and n variables, m < n. Beside a
multiple of the identity its normal equations need no n × n matrix: with J the Jacobian and
c + λ = d,

  x + step = -Jᵀ (J Jᵀ + d I)⁻¹ (r - (c / d) J x) + (1 - c / d) x.

Stock operations of any graph; each problem by itself. The small matrices are of double precision:
exact keypoints beside an unsure body make J Jᵀ nearly singular.

Cost: an iteration takes one linearisation, m² n multiply-adds, and for each of three dampings
m³ / 3 and one loss.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

_DAMPINGS = (0.1, 1.0, 10.0)  # Tried side by side, times the present one.
_FIRST_DAMPING = 1.0
_DAMPING_BOUNDS = (1e-6, 1e7)
_WORSE = 10.0  # Times which the damping grows when all three fail.
_LARGEST_STEP = 3.0  # Of any variable, in its standard deviations.


class Found(NamedTuple):
    """The solutions of B problems of n variables.

    Attributes:
      x: `(B, n)`.
      loss: `(B,)`; infinite where none was finite.
      last_gain: `(B,)` share of the loss by which the last iteration lowered it.
    """

    x: tf.Tensor
    loss: tf.Tensor
    last_gain: tf.Tensor


def minimize(
    start: tf.Tensor,
    linearise: Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]],
    losses: Callable[[tf.Tensor], tf.Tensor],
    curvature: tf.Tensor,
    num_iterations: int,
) -> Found:
    """Takes a fixed number of iterations.

    Args:
      start: `(B, n)`.
      linearise: Maps `(B, n)` variables and the number of steps taken before to residuals `(B, m)`
        and their Jacobian `(B, m, n)`.
      losses: Maps `(3, B, n)` variables, and `(1, B, n)` at the start, to `(3, B)` losses.
      curvature: c, of all problems or `(B,)`.
      num_iterations: How many.

    Returns:
      The best places.
    """

    def iterate(count, x, loss, damping, last_gain):
        del last_gain
        residuals, jacobian = linearise(x, count)
        trials = _trials(x, residuals, jacobian, curvature, damping)
        found = _comparable(losses(trials))
        # The present place is a trial too: it wins where no step helps.
        all_losses = tf.concat([loss[None], found], axis=0)
        best = tf.argmin(all_losses, axis=0, output_type=tf.int32)
        rows = tf.stack([best, tf.range(tf.size(best))], axis=1)
        x = tf.gather_nd(tf.concat([x[None], trials], axis=0), rows)
        lowest = tf.gather_nd(all_losses, rows)
        damping *= tf.gather(tf.constant([_WORSE, *_DAMPINGS]), best)
        gain = tf.math.divide_no_nan(loss - lowest, loss)
        return count + 1, x, lowest, tf.clip_by_value(damping, *_DAMPING_BOUNDS), gain

    first = _comparable(losses(start[None])[0])
    ones = tf.ones_like(first)
    _, x, loss, _, last_gain = tf.while_loop(
        lambda count, *_: count < num_iterations,
        iterate,
        (tf.constant(0), start, first, _FIRST_DAMPING * ones, ones),
        parallel_iterations=1,
    )
    return Found(x, loss, last_gain)


def _comparable(losses: tf.Tensor) -> tf.Tensor:
    return tf.where(tf.math.is_finite(losses), losses, np.float32(np.inf))


def _trials(
    x: tf.Tensor,
    residuals: tf.Tensor,
    jacobian: tf.Tensor,
    curvature: tf.Tensor,
    damping: tf.Tensor,
) -> tf.Tensor:
    """Solves the damped normal equations; `(3, B, n)`, one place for each damping."""
    # A problem that is not finite stays: a factorisation of it would fail for the whole batch.
    is_finite = tf.reduce_all(tf.math.is_finite(jacobian), axis=(1, 2), keepdims=True)
    is_finite &= tf.reduce_all(tf.math.is_finite(residuals), axis=1)[:, None, None]
    jacobian = tf.where(is_finite, tf.cast(jacobian, tf.float64), 0.0)
    residuals = tf.where(is_finite[..., 0], tf.cast(residuals, tf.float64), 0.0)
    wide = tf.cast(x, tf.float64)
    dampings = tf.cast(damping, tf.float64) * tf.constant(_DAMPINGS, tf.float64)[:, None]
    curvature = tf.cast(curvature, tf.float64)
    total = curvature + dampings
    kept = curvature / total
    gram = tf.matmul(jacobian, jacobian, transpose_b=True)
    matrices = gram + total[..., None, None] * tf.eye(jacobian.shape[1], dtype=tf.float64)
    offsets = residuals - kept[..., None] * tf.linalg.matvec(jacobian, wide)
    solved = tf.linalg.cholesky_solve(tf.linalg.cholesky(matrices), offsets[..., None])[..., 0]
    steps = -tf.linalg.matvec(jacobian, solved, transpose_a=True) - kept[..., None] * wide
    largest = tf.reduce_max(tf.abs(steps), axis=-1, keepdims=True)
    steps *= tf.minimum(tf.cast(1.0, tf.float64), _LARGEST_STEP / tf.maximum(largest, 1e-20))
    return tf.cast(wide + steps, tf.float32)
