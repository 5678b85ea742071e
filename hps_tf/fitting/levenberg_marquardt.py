"""Levenberg-Marquardt for many small least-squares problems at once.

Keypoints in the latent space of a prior are a sum of squares: 2 K residuals and a quadratic energy.
Their Jacobian gives the curvature that L-BFGS has to learn from steps, so that a tenth of the
iterations reach a lower loss.

Cost: an iteration takes 2 K gradients of a residual, 2 K n² multiply-adds for the normal equations
and, for each of three dampings tried, n³ / 3 and one loss. Memory: 2 K n floats per slot.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.fitting.slots import CONVERGED, SlotSolver, Tree

Residuals = Callable[[tf.Tensor, Tree, Tree], tf.Tensor]
Diagonal = Callable[[Tree], tf.Tensor]

_LARGEST_STEP = 1.0  # Of any variable: variables are scaled to move by about 1.
_FIRST_DAMPING = 1.0
_DAMPINGS = (0.1, 1.0, 10.0)  # Tried side by side, times the present one.
_DAMPING_BOUNDS = (1e-5, 1e7)
_WORSE = 10.0  # Times which the damping grows when all three fail.


class _State(NamedTuple):
    """The problems in the slots, L of them with n variables."""

    x: np.ndarray  # (L, n)
    loss: np.ndarray  # (L,); infinite before the first look.
    damping: np.ndarray  # (L,)
    num_evaluations: np.ndarray  # (L,) int32, iterations.
    converged: np.ndarray  # (L,) bool
    done: np.ndarray  # (L,) bool


class LevenbergMarquardt(SlotSolver):
    """Minimizes |residuals(x)|² + Σ diagonal x².

    Args:
      residuals: Maps `(L, n)` variables, a tree of tensors `(L, ...)` belonging to the problems,
        and a tree of tensors shared by all of them, to `(L, m)` residuals; each row by itself.
      diagonal: Maps what is shared to `(n,)` weights of the squared variables.
      max_iterations: Iterations that a problem may take.
      max_slots, patience, tolerance: As of `SlotSolver`.
    """

    def __init__(
        self,
        residuals: Residuals,
        diagonal: Diagonal,
        max_iterations: int = 40,
        max_slots: int = 64,
        patience: int = 4,
        tolerance: float = 1e-3,
    ):
        super().__init__(max_slots, patience, tolerance)
        self._residuals = residuals
        self._diagonal = diagonal
        self._max_iterations = max_iterations
        self._linearised = tf.function(self._linearise, jit_compile=True, autograph=False)
        self._trial_losses = tf.function(self._losses, jit_compile=True, autograph=False)
        # Factorisations run in TensorFlow's own kernels: XLA has none on the CPU.
        self._trials = tf.function(_trials, autograph=False)

    def _idle(self, slots: int, size: int) -> _State:
        return _State(
            x=np.zeros((slots, size), np.float32),
            loss=np.zeros(slots, np.float32),
            damping=np.ones(slots, np.float32),
            num_evaluations=np.zeros(slots, np.int32),
            converged=np.zeros(slots, bool),
            done=np.ones(slots, bool),
        )

    def _begin(self, state: _State, fresh: np.ndarray, start: np.ndarray) -> _State:
        return _State(
            x=np.where(fresh[:, None], start, state.x).astype(np.float32),
            loss=np.where(fresh, np.float32(np.inf), state.loss),
            damping=np.where(fresh, np.float32(_FIRST_DAMPING), state.damping),
            num_evaluations=np.where(fresh, 0, state.num_evaluations),
            converged=state.converged & ~fresh,
            done=state.done & ~fresh,
        )

    def _take_slots(self, state: _State, kept: np.ndarray) -> _State:
        return _State(*(part[kept] for part in state))

    def _advance(self, state: _State, own: Tree, shared: Tree) -> _State:
        """Takes `patience` iterations in all slots, then looks at their progress."""
        reference = state.loss
        x, damping = tf.constant(state.x), tf.constant(state.damping)
        is_idle = tf.constant(state.done)
        for _ in range(self._patience):
            x, loss, damping = self._iterate(x, damping, is_idle, own, shared)
        num_evaluations = state.num_evaluations + self._patience * (~state.done).astype(np.int32)
        loss = loss.numpy()
        gain = reference - loss
        stalled = gain <= self._tolerance * np.abs(loss)
        stops = ~state.done & (stalled | (num_evaluations >= self._max_iterations))
        return _State(
            x=x.numpy(),
            loss=np.where(state.done, state.loss, loss),
            damping=damping.numpy(),
            num_evaluations=num_evaluations,
            converged=np.where(stops, gain <= CONVERGED * np.abs(loss), state.converged),
            done=state.done | stops,
        )

    def _iterate(
        self, x: tf.Tensor, damping: tf.Tensor, is_idle: tf.Tensor, own: Tree, shared: Tree
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Takes the best of three steps in every slot that it helps."""
        residuals, jacobian, loss = self._linearised(x, own, shared)
        trials = self._trials(x, residuals, jacobian, self._diagonal(shared), damping)
        # The present place is a trial too: it wins where no step helps.
        losses = tf.concat([loss[None], self._trial_losses(trials, own, shared)], axis=0)
        losses = tf.where(tf.math.is_finite(losses), losses, losses.dtype.max)
        best = tf.where(is_idle, 0, tf.argmin(losses, axis=0, output_type=tf.int32))
        rows = tf.stack([best, tf.range(tf.size(best))], axis=1)
        x = tf.gather_nd(tf.concat([x[None], trials], axis=0), rows)
        factors = tf.gather(tf.constant([_WORSE, *_DAMPINGS]), best)
        return x, tf.gather_nd(losses, rows), tf.clip_by_value(damping * factors, *_DAMPING_BOUNDS)

    def _linearise(
        self, x: tf.Tensor, own: Tree, shared: Tree
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Residuals `(L, m)`, their Jacobian `(L, m, n)`, a residual at a time, and the loss."""
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            residuals = self._residuals(x, own, shared)
        count = residuals.shape[1]

        def row(index: tf.Tensor) -> tf.Tensor:
            chosen = tf.broadcast_to(tf.one_hot(index, count), tf.shape(residuals))
            return tape.gradient(residuals, x, output_gradients=chosen)

        jacobian = tf.map_fn(row, tf.range(count), fn_output_signature=x.dtype)
        return residuals, tf.transpose(jacobian, [1, 0, 2]), self._sum(x, residuals, shared)

    def _losses(self, trials: tf.Tensor, own: Tree, shared: Tree) -> tf.Tensor:
        """Losses `(3, L)` of `(3, L, n)` trials, evaluated side by side."""
        count = trials.shape[0]
        repeated = tf.nest.map_structure(
            lambda part: tf.tile(part, [count] + [1] * (len(part.shape) - 1)), own
        )
        x = tf.reshape(trials, [-1, trials.shape[2]])
        losses = self._sum(x, self._residuals(x, repeated, shared), shared)
        return tf.reshape(losses, [count, -1])

    def _sum(self, x: tf.Tensor, residuals: tf.Tensor, shared: Tree) -> tf.Tensor:
        energy = tf.reduce_sum(self._diagonal(shared) * tf.square(x), axis=1)
        return tf.reduce_sum(tf.square(residuals), axis=1) + energy


def _trials(
    x: tf.Tensor, residuals: tf.Tensor, jacobian: tf.Tensor, diagonal: tf.Tensor, damping: tf.Tensor
) -> tf.Tensor:
    """Solves the damped normal equations; `(3, L, n)`, one place for each damping."""
    normal = tf.matmul(jacobian, jacobian, transpose_a=True)
    slope = tf.linalg.matvec(jacobian, residuals, transpose_a=True) + diagonal * x
    dampings = damping * tf.constant(_DAMPINGS)[:, None]
    # A trace of damping is always there: variables that nothing depends on must stay put.
    matrices = tf.linalg.set_diag(
        tf.repeat(normal[None], len(_DAMPINGS), axis=0),
        tf.linalg.diag_part(normal)
        + diagonal
        + tf.maximum(dampings, _DAMPING_BOUNDS[0])[..., None],
    )
    steps = tf.linalg.cholesky_solve(
        tf.linalg.cholesky(matrices), tf.repeat(slope[None, ..., None], len(_DAMPINGS), axis=0)
    )[..., 0]
    largest = tf.reduce_max(tf.abs(steps), axis=-1, keepdims=True)
    return x - steps * tf.minimum(1.0, _LARGEST_STEP / tf.maximum(largest, 1e-20))
