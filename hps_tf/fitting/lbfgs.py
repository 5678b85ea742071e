"""L-BFGS for thousands of small independent problems at once.

Every problem keeps its own curvature pairs, line search and stopping rule, and one evaluation of
the objective serves one step of all of them: no problem waits for another's line search.

Cost: an iteration evaluates objective and gradient once per slot, and adds 4 m n multiply-adds per
slot. Memory: 2 m n floats per slot, however many problems there are.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.fitting.curvature_pairs import CurvaturePairs, first_scale
from hps_tf.fitting.slots import CONVERGED, SlotSolver, Tree

Objective = Callable[[tf.Tensor, Tree, Tree], tf.Tensor]

_ARMIJO = 1e-4
_LARGEST_STEP = 1.0  # Of any variable: variables are scaled to move by about 1.
_MAX_TRIALS = 12  # Shortenings of a step before the curvature pairs are dropped.
_NUM_PAIRS = 10


class _State(NamedTuple):
    """The problems in L slots, with n variables and m curvature pairs each."""

    x: tf.Tensor  # (L, n)
    loss: tf.Tensor  # (L,); infinite before the first evaluation.
    gradient: tf.Tensor  # (L, n)
    direction: tf.Tensor  # (L, n)
    step: tf.Tensor  # (L,) length of the next trial along the direction.
    pairs: CurvaturePairs
    trials: tf.Tensor  # (L,) int32, shortenings of the present step.
    num_evaluations: tf.Tensor  # (L,) int32
    reference: tf.Tensor  # (L,) the loss when progress was last looked at.
    converged: tf.Tensor  # (L,) bool
    done: tf.Tensor  # (L,) bool


class LBFGS(SlotSolver):
    """Minimizes a batched objective.

    Args:
      objective: Maps `(L, n)` variables, a tree of tensors `(L, ...)` belonging to the problems,
        and a tree of tensors shared by all of them, to `(L,)` losses; each row by itself.
      max_evaluations: Evaluations of the objective that a problem may take.
      max_slots, patience, tolerance: As of `SlotSolver`.
    """

    def __init__(
        self,
        objective: Objective,
        max_evaluations: int = 500,
        max_slots: int = 256,
        patience: int = 25,
        tolerance: float = 1e-3,
    ):
        super().__init__(max_slots, patience, tolerance)
        self._objective = objective
        self._max_evaluations = max_evaluations
        self._compiled = tf.function(self._take_steps, jit_compile=True, autograph=False)

    def in_graph(self, start: tf.Tensor, own: Tree, shared: Tree) -> tuple[tf.Tensor, tf.Tensor]:
        """Minimizes by operations of the caller's graph; XLA is not needed.

        Every problem takes all its `max_evaluations`; one that has no way further down stays where
        it is.

        Args:
          start: `(N, n)` float32, N known when the graph runs.
          own: Tree of tensors `(N, ...)`, a row a problem.
          shared: Tree of tensors for all problems.

        Returns:
          The `(N, n)` minima and their `(N,)` losses, infinite where none was finite.
        """
        value_and_gradient = self._value_and_gradient(own, shared)
        count = tf.shape(start)[0]
        differences = tf.zeros(tf.stack([_NUM_PAIRS, count, start.shape[1]]))
        state = _State(
            x=start,
            loss=tf.fill([count], np.float32(np.inf)),
            gradient=tf.zeros_like(start),
            direction=tf.zeros_like(start),
            step=tf.ones([count]),
            pairs=CurvaturePairs(differences, differences, tf.zeros(tf.stack([_NUM_PAIRS, count]))),
            trials=tf.zeros([count], tf.int32),
            num_evaluations=tf.zeros([count], tf.int32),
            reference=tf.fill([count], np.float32(np.inf)),
            converged=tf.zeros([count], tf.bool),
            done=tf.zeros([count], tf.bool),
        )
        found = self._iterate(state, value_and_gradient, self._max_evaluations)
        return found.x, found.loss

    def _idle(self, slots: int, size: int) -> _State:
        zeros = functools.partial(np.zeros, dtype=np.float32)
        return _State(
            x=zeros((slots, size)),
            loss=zeros(slots),
            gradient=zeros((slots, size)),
            direction=zeros((slots, size)),
            step=zeros(slots),
            pairs=CurvaturePairs(
                s=zeros((_NUM_PAIRS, slots, size)),
                y=zeros((_NUM_PAIRS, slots, size)),
                rho=zeros((_NUM_PAIRS, slots)),
            ),
            trials=np.zeros(slots, np.int32),
            num_evaluations=np.zeros(slots, np.int32),
            reference=zeros(slots),
            converged=np.zeros(slots, bool),
            done=np.ones(slots, bool),
        )

    def _begin(self, state: _State, fresh: np.ndarray, start: np.ndarray) -> _State:
        """Puts new problems into slots; an infinite loss makes their first step an evaluation."""
        wide = fresh[:, None]
        return _State(
            x=np.where(wide, start, state.x).astype(np.float32),
            loss=np.where(fresh, np.float32(np.inf), state.loss),
            gradient=np.where(wide, np.float32(0), state.gradient),
            direction=np.where(wide, np.float32(0), state.direction),
            step=np.where(fresh, np.float32(1), state.step),
            pairs=state.pairs._replace(rho=np.where(fresh, np.float32(0), state.pairs.rho)),
            trials=np.where(fresh, 0, state.trials),
            num_evaluations=np.where(fresh, 0, state.num_evaluations),
            reference=np.where(fresh, np.float32(np.inf), state.reference),
            converged=state.converged & ~fresh,
            done=state.done & ~fresh,
        )

    def _advance(self, state: _State, own: Tree, shared: Tree) -> _State:
        limit = tf.constant(self._max_evaluations)
        state = self._compiled(state, own, shared, limit)
        return tf.nest.map_structure(lambda part: part.numpy(), state)

    def _take_slots(self, state: _State, kept: np.ndarray) -> _State:
        """Keeps some slots; they are the second axis of the curvature pairs."""
        parts = state._asdict()
        pairs = CurvaturePairs(*(part[:, kept] for part in parts.pop("pairs")))
        return _State(**{name: part[kept] for name, part in parts.items()}, pairs=pairs)

    def _take_steps(self, state: _State, own: Tree, shared: Tree, limit: tf.Tensor) -> _State:
        """Takes `patience` steps in all slots, then looks at their progress."""
        value_and_gradient = self._value_and_gradient(own, shared)
        return self._judge(self._iterate(state, value_and_gradient, self._patience), limit)

    def _iterate(self, state: _State, value_and_gradient: Callable, count: int) -> _State:
        """Takes a number of steps in all slots."""
        _, state = tf.while_loop(
            lambda index, _: index < count,
            lambda index, state: (index + 1, self._step(state, value_and_gradient)),
            (tf.constant(0), state),
            parallel_iterations=1,
        )
        return state

    def _value_and_gradient(self, own: Tree, shared: Tree) -> Callable:
        def value_and_gradient(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = self._objective(x, own, shared)
            return loss, tape.gradient(loss, x)

        return value_and_gradient

    def _step(self, state: _State, value_and_gradient: Callable) -> _State:
        """Tries one step in every slot."""
        x = state.x + state.step[:, None] * state.direction
        loss, gradient = value_and_gradient(x)
        slope = tf.reduce_sum(state.gradient * state.direction, axis=1)
        is_finite = tf.math.is_finite(loss) & tf.reduce_all(tf.math.is_finite(gradient), axis=1)
        enough = loss <= state.loss + _ARMIJO * state.step * slope
        accepted = is_finite & enough & ~state.done
        state = state._replace(
            num_evaluations=state.num_evaluations + tf.cast(~state.done, tf.int32)
        )

        moved = state._replace(
            pairs=state.pairs.pushed(x - state.x, gradient - state.gradient, accepted),
            x=tf.where(accepted[:, None], x, state.x),
            loss=tf.where(accepted, loss, state.loss),
            gradient=tf.where(accepted[:, None], gradient, state.gradient),
        )
        gives_up = ~accepted & (state.trials >= _MAX_TRIALS)
        return _with_next_trial(moved, accepted, gives_up, loss, slope)

    def _judge(self, state: _State, limit: tf.Tensor) -> _State:
        """Stops slots that hardly progress, that cannot, or whose evaluations are used up."""
        gain = state.reference - state.loss
        stalled = gain <= self._tolerance * tf.abs(state.loss)
        stops = ~state.done & (stalled | (state.num_evaluations >= limit))
        return state._replace(
            reference=state.loss,
            converged=tf.where(stops, gain <= CONVERGED * tf.abs(state.loss), state.converged),
            done=state.done | stops,
        )


def _with_next_trial(
    state: _State, accepted: tf.Tensor, gives_up: tf.Tensor, loss: tf.Tensor, slope: tf.Tensor
) -> _State:
    """Chooses what to try next: a new direction, or a shorter step along the present one."""
    pairs = state.pairs.dropped(gives_up)
    direction = pairs.direction(state.gradient)
    descends = tf.reduce_sum(direction * state.gradient, axis=1) < 0.0
    descends &= tf.reduce_all(tf.math.is_finite(direction), axis=1)
    pairs = pairs.dropped(~descends)
    steepest = -first_scale(state.gradient)[:, None] * state.gradient
    direction = tf.where(descends[:, None], direction, steepest)
    largest = tf.reduce_max(tf.abs(direction), axis=1, keepdims=True)
    direction *= tf.minimum(1.0, _LARGEST_STEP / tf.maximum(largest, 1e-20))

    # The minimum of the parabola through the loss and slope at 0 and the loss at the trial.
    bend = 2.0 * (loss - state.loss - state.step * slope)
    best = -slope * tf.square(state.step) / tf.where(bend > 0.0, bend, tf.ones_like(bend))
    is_usable = (bend > 0.0) & tf.math.is_finite(best)
    shorter = tf.where(is_usable, best, 0.25 * state.step)
    shorter = tf.clip_by_value(shorter, 0.1 * state.step, 0.5 * state.step)

    is_new = accepted | gives_up
    return state._replace(
        direction=tf.where(is_new[:, None], direction, state.direction),
        step=tf.where(is_new, tf.ones_like(shorter), shorter),
        pairs=state.pairs._replace(rho=tf.where(is_new[None], pairs.rho, state.pairs.rho)),
        trials=tf.where(is_new, 0, state.trials + 1),
    )
