"""Fits windows of frames at once about expected bodies, by operations of the caller's graph.

A window's frames share one shape, and L_smooth (Zanfir et al. 2020, Eq. 12) holds each to the next.
So the normal equations of a damped Gauss-Newton step are block tridiagonal with a border, and are
solved along the window, frame by frame: cost and memory grow with its length alone.

Cost: an iteration takes, a frame, one linearisation, one loss and about 3 n³ multiply-adds, n the
69 variables of a frame.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.fitting import smoothness
from hps_tf.fitting.gauss_newton import Found
from hps_tf.fitting.posterior import Posterior
from hps_tf.fitting.tangent_variables import FRAME_SIZE
from hps_tf.fitting.weights import Weights
from hps_tf.fitting.windows import WindowedEvidence

_FIRST_DAMPING = 0.1
_DAMPING_BOUNDS = (1e-6, 1e7)
_BETTER, _WORSE = 0.1, 10.0  # Times the damping after a step that helps, or does not.
_LARGEST_STEP = 3.0  # Of any variable, in its standard deviations.


class _Equations(NamedTuple):
    """Normal equations of W windows of T frames, with n variables each, and of their s of shape.

    Attributes:
      own: `(W, T, n, n)` of a frame.
      next: `(W, T - 1, n, n)` of a frame with the next.
      border: `(W, T, n, s)` of a frame with the shape.
      shape: `(W, s, s)`.
      slope: `(W, T, n)` of a frame.
      shape_slope: `(W, s)`.
    """

    own: tf.Tensor
    next: tf.Tensor
    border: tf.Tensor
    shape: tf.Tensor
    slope: tf.Tensor
    shape_slope: tf.Tensor


class ClipFit:
    """Minimizes a posterior of windows of any length from 2, without part maps.

    Args:
      posterior: The objective of windows of one frame.
      num_iterations: Steps.
    """

    def __init__(self, posterior: Posterior, num_iterations: int):
        self._posterior = posterior
        self._num_iterations = num_iterations

    def minimize(
        self, start: tf.Tensor, frames: WindowedEvidence, weights: Weights, num_frames: tf.Tensor
    ) -> Found:
        """Minimizes from where frames are.

        Args:
          start: `(W T, 69 + s)` variables; a window's shape is the mean of its frames'.
          frames: The windows' frames one after the other, as windows of one frame that share the
            shape expected.
          weights: The weight of each term.
          num_frames: T, an integer of the graph.

        Returns:
          `(W T, 69 + s)` variables and `(W,)` losses, as `Posterior` has them of windows.
        """

        def losses(x: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
            variables = _flat(x, shape)
            found = self._posterior(variables, frames, weights)
            found = tf.reduce_mean(tf.reshape(found, [-1, num_frames]), axis=1)
            found += weights.smoothness * smoothness.loss(*self._moves(variables, x, frames))
            return tf.where(tf.math.is_finite(found), found, np.float32(np.inf))

        def iterate(count, x, shape, loss, damping, last_gain):
            equations = self._equations(x, shape, frames, weights)
            step, shape_step = _solve(equations, damping)
            trial, shape_trial = x - step, shape - shape_step
            found = losses(trial, shape_trial)
            is_better = found < loss
            damping *= tf.where(is_better, _BETTER, _WORSE)
            return (
                count + 1,
                tf.where(is_better[:, None, None], trial, x),
                tf.where(is_better[:, None], shape_trial, shape),
                tf.where(is_better, found, loss),
                tf.clip_by_value(damping, *_DAMPING_BOUNDS),
                tf.where(is_better, tf.math.divide_no_nan(loss - found, loss), last_gain),
            )

        num_shape = start.shape[1] - FRAME_SIZE
        x, shape = tf.split(start, [FRAME_SIZE, num_shape], axis=1)
        x = tf.reshape(x, [-1, num_frames, FRAME_SIZE])
        shape = tf.reduce_mean(tf.reshape(shape, [-1, num_frames, num_shape]), axis=1)
        first = losses(x, shape)
        ones = tf.ones_like(first)
        _, x, shape, loss, _, last_gain = tf.while_loop(
            lambda count, *_: count < self._num_iterations,
            iterate,
            (tf.constant(0), x, shape, first, _FIRST_DAMPING * ones, ones),
            parallel_iterations=1,
        )
        return Found(_flat(x, shape), loss, last_gain)

    def _moves(
        self, variables: tf.Tensor, x: tf.Tensor, frames: WindowedEvidence
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Rotations and translations of the windows."""
        found = self._posterior.layout.split(variables, frames.anchors)
        return _by_window(found.rotation_matrices, x), _by_window(found.translation, x)

    def _equations(
        self, x: tf.Tensor, shape: tf.Tensor, frames: WindowedEvidence, weights: Weights
    ) -> _Equations:
        """The normal equations of T times the loss, so that a frame's terms count once."""
        variables = _flat(x, shape)
        linear = self._posterior.linearise(variables, frames, weights)
        rotations, translation = self._moves(variables, x, frames)
        maps = (
            _by_window(part, x) for part in self._posterior.layout.maps(variables, frames.anchors)
        )
        turn_maps, place_maps = maps
        num_turns = turn_maps.shape[2]
        path = smoothness.linearise(rotations[:, :, :num_turns], translation, turn_maps, place_maps)
        num_frames = tf.cast(tf.shape(x)[1], x.dtype)
        strength = num_frames * weights.smoothness
        residuals, jacobian, border = (_by_window(part, x) for part in linear)
        transposed = tf.linalg.matrix_transpose(jacobian)
        flat_border = tf.reshape(border, [tf.shape(x)[0], -1, border.shape[-1]])
        flat_residuals = tf.reshape(residuals, [tf.shape(x)[0], -1])
        pull = _by_window(self._posterior.pull(frames, weights), x)
        prior = pull[..., None, None] * tf.eye(FRAME_SIZE)
        own = tf.matmul(transposed, jacobian) + prior + strength * _blocks(path.own)
        slope = tf.linalg.matvec(transposed, residuals) + pull[..., None] * x
        slope += strength * tf.reshape(path.slope, tf.shape(slope))
        shape_prior = tf.reduce_sum(pull, axis=1)
        return _Equations(
            own=own,
            next=strength * _blocks(path.next),
            border=tf.matmul(transposed, border),
            shape=tf.matmul(flat_border, flat_border, transpose_a=True)
            + shape_prior[:, None, None] * tf.eye(border.shape[-1]),
            slope=slope,
            shape_slope=tf.linalg.matvec(flat_border, flat_residuals, transpose_a=True)
            + shape_prior[:, None] * shape,
        )


def _solve(equations: _Equations, damping: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Solves the damped equations: steps `(W, T, n)` of frames and `(W, s)` of the shape.

    Block elimination forwards along the window, then back; then the shape by Schur's complement.
    A window whose equations are not finite gets no step; it would fail the whole batch.
    """
    is_finite = tf.reduce_all(tf.math.is_finite(equations.slope), axis=(1, 2))
    is_finite &= tf.reduce_all(tf.math.is_finite(equations.own), axis=(1, 2, 3))

    def wide(part: tf.Tensor) -> tf.Tensor:
        by_window = tf.reshape(is_finite, [-1] + [1] * (len(part.shape) - 1))
        return tf.where(by_window, tf.cast(part, tf.float64), 0.0)

    own, following, border, shape, slope, shape_slope = (wide(part) for part in equations)
    ridge = tf.cast(damping, tf.float64)[:, None, None]
    own += ridge[:, None] * tf.eye(own.shape[-1], dtype=tf.float64)
    shape += ridge * tf.eye(shape.shape[-1], dtype=tf.float64)
    right = tf.concat([slope[..., None], border], axis=-1)
    nothing = tf.zeros_like(own[:, :1])
    elements = (
        own,
        tf.concat([nothing, following], axis=1),
        tf.concat([following, nothing], axis=1),
        right,
    )

    def eliminate(before, element):
        own, previous, following, right = element
        own -= tf.matmul(previous, before[0], transpose_a=True)
        right -= tf.matmul(previous, before[1], transpose_a=True)
        solved = tf.linalg.cholesky_solve(
            tf.linalg.cholesky(own), tf.concat([following, right], axis=-1)
        )
        return tuple(tf.split(solved, [FRAME_SIZE, -1], axis=-1))

    def substitute(after, element):
        following, right = element
        return right - tf.matmul(following, after)

    elements = tuple(_along(part) for part in elements)
    none = tf.zeros_like(elements[0][0]), tf.zeros_like(elements[3][0])
    eliminated = tf.scan(eliminate, elements, none, parallel_iterations=1)
    solved = tf.scan(substitute, eliminated, none[1], reverse=True, parallel_iterations=1)
    solved = _along(solved)
    told = tf.einsum("wtns,wtnr->wsr", border, solved)
    complement = shape - told[..., 1:]
    shape_step = tf.linalg.cholesky_solve(
        tf.linalg.cholesky(complement), (shape_slope - told[..., 0])[..., None]
    )[..., 0]
    step = solved[..., 0] - tf.linalg.matvec(solved[..., 1:], shape_step[:, None])
    largest = tf.maximum(
        tf.reduce_max(tf.abs(step), axis=(1, 2)), tf.reduce_max(tf.abs(shape_step), axis=1)
    )
    length = tf.minimum(tf.ones_like(largest), _LARGEST_STEP / tf.maximum(largest, 1e-20))
    return (
        tf.cast(length[:, None, None] * step, tf.float32),
        tf.cast(length[:, None] * shape_step, tf.float32),
    )


def _flat(x: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
    """`(W, T, 69)` and `(W, s)` variables as those of frames, `(W T, 69 + s)`."""
    repeated = tf.repeat(shape, tf.shape(x)[1], axis=0)
    return tf.concat([tf.reshape(x, [-1, FRAME_SIZE]), repeated], axis=1)


def _by_window(frames: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """`(W T, 1, ...)` as `(W, T, ...)`."""
    axes = frames.shape[2:]
    shaped = tf.reshape(frames, tf.concat([tf.shape(x)[:2], axes], axis=0))
    return tf.ensure_shape(shaped, [None, None, *axes])


def _along(part: tf.Tensor) -> tf.Tensor:
    """Exchanges the first two axes."""
    return tf.transpose(part, [1, 0, *range(2, len(part.shape))])


def _blocks(diagonal: tf.Tensor) -> tf.Tensor:
    """`(W, T, n, 3, 3)` blocks as block-diagonal matrices `(W, T, 3 n, 3 n)`."""
    count = diagonal.shape[2]
    spread = diagonal[:, :, :, :, None] * tf.eye(count)[:, None, :, None]
    shape = tf.concat([tf.shape(diagonal)[:2], [3 * count, 3 * count]], axis=0)
    return tf.ensure_shape(tf.reshape(spread, shape), [None, None, 3 * count, 3 * count])
