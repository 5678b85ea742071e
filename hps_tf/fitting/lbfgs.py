"""L-BFGS for thousands of small independent problems at once.

Every problem keeps its own history, line search and stopping rule, and one evaluation of the
objective serves one step of all of them: nobody waits for another's line search.

Cost: a call evaluates objective and gradient once per lane, and adds 4 · history · n multiply-adds
a lane. Memory: 2 · history · n floats a lane, whatever the number of problems.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.fitting.lanes import LaneSolver, Tree

Objective = Callable[[tf.Tensor, Tree, Tree], tf.Tensor]

_ARMIJO = 1e-4
_LARGEST_STEP = 1.0  # Of any variable: variables are scaled to move by about 1.
_FIRST_STEP = 0.1
_MAX_TRIALS = 12  # Shortenings of a step before the history is dropped.


class _State(NamedTuple):
    """The problems in the lanes; L lanes, n variables, m pairs of history, newest first."""

    x: tf.Tensor  # (L, n)
    loss: tf.Tensor  # (L,); infinite before the first call.
    gradient: tf.Tensor  # (L, n)
    direction: tf.Tensor  # (L, n)
    step: tf.Tensor  # (L,) length of the next trial along the direction.
    moves: tf.Tensor  # (m, L, n) differences of x.
    turns: tf.Tensor  # (m, L, n) differences of the gradient.
    curvature: tf.Tensor  # (m, L) 1 / (move · turn); 0 where there is no pair.
    trials: tf.Tensor  # (L,) int32, shortenings of the present step.
    calls: tf.Tensor  # (L,) int32
    reference: tf.Tensor  # (L,) the loss when progress was last looked at.
    converged: tf.Tensor  # (L,) bool
    done: tf.Tensor  # (L,) bool


class Minimizer(LaneSolver):
    """Minimizes a batched objective.

    Args:
      objective: Maps `(L, n)` variables, a tree of tensors `(L, ...)` belonging to the problems,
        and a tree of tensors shared by all of them, to `(L,)` losses; each row by itself.
      max_calls: Evaluations of the objective that a problem may take.
      max_lanes: Problems evaluated at a time, at most; 16 are always.
      history: Pairs kept, m.
      patience: Calls between two looks at a problem's progress.
      tolerance: A problem stops where the loss fell by less than this share between two looks.
    """

    def __init__(
        self,
        objective: Objective,
        max_calls: int = 500,
        max_lanes: int = 256,
        history: int = 10,
        patience: int = 25,
        tolerance: float = 1e-3,
    ):
        super().__init__(max_lanes)
        self._objective = objective
        self._max_calls = max_calls
        self._history = history
        self._patience = patience
        self._tolerance = tolerance
        self._compiled = tf.function(self._take_steps, jit_compile=True, autograph=False)

    def in_graph(self, start: tf.Tensor, own: Tree, shared: Tree) -> tuple[tf.Tensor, tf.Tensor]:
        """Minimizes by operations of the caller's graph; XLA is not needed.

        Every problem takes all its `max_calls`; whichever has no way further down stays where it
        is.

        Args:
          start: `(N, n)` float32, N known when the graph runs.
          own: Tree of tensors `(N, ...)`, a row a problem.
          shared: Tree of tensors for all problems.

        Returns:
          The `(N, n)` minima and their `(N,)` losses, infinite where none was finite.
        """
        value_and_gradient = self._value_and_gradient(own, shared)
        count = tf.shape(start)[0]
        pairs = tf.zeros(tf.stack([self._history, count, start.shape[1]]))
        state = _State(
            x=start,
            loss=tf.fill([count], np.float32(np.inf)),
            gradient=tf.zeros_like(start),
            direction=tf.zeros_like(start),
            step=tf.ones([count]),
            moves=pairs,
            turns=pairs,
            curvature=tf.zeros(tf.stack([self._history, count])),
            trials=tf.zeros([count], tf.int32),
            calls=tf.zeros([count], tf.int32),
            reference=tf.fill([count], np.float32(np.inf)),
            converged=tf.zeros([count], tf.bool),
            done=tf.zeros([count], tf.bool),
        )
        _, *final = tf.while_loop(
            lambda calls, *_: calls < self._max_calls,
            lambda calls, *state: (calls + 1, *self._step(_State(*state), value_and_gradient)),
            (tf.constant(0), *state),
            parallel_iterations=1,
        )
        found = _State(*final)
        return found.x, found.loss

    def _idle(self, lanes: int, size: int) -> _State:
        zeros = functools.partial(np.zeros, dtype=np.float32)
        return _State(
            x=zeros((lanes, size)),
            loss=zeros(lanes),
            gradient=zeros((lanes, size)),
            direction=zeros((lanes, size)),
            step=zeros(lanes),
            moves=zeros((self._history, lanes, size)),
            turns=zeros((self._history, lanes, size)),
            curvature=zeros((self._history, lanes)),
            trials=np.zeros(lanes, np.int32),
            calls=np.zeros(lanes, np.int32),
            reference=zeros(lanes),
            converged=np.zeros(lanes, bool),
            done=np.ones(lanes, bool),
        )

    def _begin(self, state: _State, fresh: np.ndarray, start: np.ndarray) -> _State:
        """Puts new problems into lanes; an infinite loss makes their first call an evaluation."""
        wide = fresh[:, None]
        return _State(
            x=np.where(wide, start, state.x).astype(np.float32),
            loss=np.where(fresh, np.float32(np.inf), state.loss),
            gradient=np.where(wide, np.float32(0), state.gradient),
            direction=np.where(wide, np.float32(0), state.direction),
            step=np.where(fresh, np.float32(1), state.step),
            moves=state.moves,
            turns=state.turns,
            curvature=np.where(fresh, np.float32(0), state.curvature),
            trials=np.where(fresh, 0, state.trials),
            calls=np.where(fresh, 0, state.calls),
            reference=np.where(fresh, np.float32(np.inf), state.reference),
            converged=state.converged & ~fresh,
            done=state.done & ~fresh,
        )

    def _advance(self, state: _State, own: Tree, shared: Tree) -> _State:
        limit = tf.constant(self._max_calls)
        return _State(*(part.numpy() for part in self._compiled(state, own, shared, limit)))

    def _take_lanes(self, state: _State, kept: np.ndarray) -> _State:
        """Keeps some lanes; in the history they are the second axis."""
        history = {name: getattr(state, name)[:, kept] for name in ("moves", "turns", "curvature")}
        others = {
            name: value[kept] for name, value in state._asdict().items() if name not in history
        }
        return _State(**others, **history)

    def _take_steps(self, state: _State, own: Tree, shared: Tree, limit: tf.Tensor) -> _State:
        """Takes `patience` steps in all lanes, then looks at their progress."""
        value_and_gradient = self._value_and_gradient(own, shared)

        def goes_on(count: tf.Tensor, *state: tf.Tensor) -> tf.Tensor:
            del state
            return count < self._patience

        def body(count: tf.Tensor, *state: tf.Tensor) -> tuple[tf.Tensor, ...]:
            return count + 1, *self._step(_State(*state), value_and_gradient)

        _, *final = tf.while_loop(goes_on, body, (tf.constant(0), *state), parallel_iterations=1)
        return self._judge(_State(*final), limit)

    def _value_and_gradient(self, own: Tree, shared: Tree) -> Callable:
        def value_and_gradient(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = self._objective(x, own, shared)
            return loss, tape.gradient(loss, x)

        return value_and_gradient

    def _step(self, state: _State, value_and_gradient: Callable) -> _State:
        """Tries one step in every lane."""
        x = state.x + state.step[:, None] * state.direction
        loss, gradient = value_and_gradient(x)
        slope = tf.reduce_sum(state.gradient * state.direction, axis=1)
        is_finite = tf.math.is_finite(loss) & tf.reduce_all(tf.math.is_finite(gradient), axis=1)
        enough = loss <= state.loss + _ARMIJO * state.step * slope
        accepted = is_finite & enough & ~state.done
        state = state._replace(calls=state.calls + tf.cast(~state.done, tf.int32))

        remembered = self._remember(state, x, gradient, accepted)
        moved = remembered._replace(
            x=tf.where(accepted[:, None], x, state.x),
            loss=tf.where(accepted, loss, state.loss),
            gradient=tf.where(accepted[:, None], gradient, state.gradient),
        )
        gives_up = ~accepted & (state.trials >= _MAX_TRIALS)
        return _with_next_trial(moved, accepted, gives_up, loss, slope)

    def _remember(
        self, state: _State, x: tf.Tensor, gradient: tf.Tensor, accepted: tf.Tensor
    ) -> _State:
        """Puts the pair of an accepted step in front of the history, if its curvature is sound."""
        move, turn = x - state.x, gradient - state.gradient
        product = tf.reduce_sum(move * turn, axis=1)
        lengths = tf.norm(move, axis=1) * tf.norm(turn, axis=1)
        sound = accepted & (product > 1e-6 * lengths)
        inverse = 1.0 / tf.where(sound, product, tf.ones_like(product))

        def pushed(entry: tf.Tensor, past: tf.Tensor) -> tf.Tensor:
            grown = tf.concat([entry[None], past[:-1]], axis=0)
            mask = tf.reshape(sound, [1, -1] + [1] * (len(past.shape) - 2))
            return tf.where(mask, grown, past)

        return state._replace(
            moves=pushed(move, state.moves),
            turns=pushed(turn, state.turns),
            curvature=pushed(inverse, state.curvature),
        )

    def _judge(self, state: _State, limit: tf.Tensor) -> _State:
        """Stops the lanes that hardly progressed, that cannot, or that used up their calls."""
        progress = state.reference - state.loss
        stalled = progress <= self._tolerance * tf.abs(state.loss)
        spent = state.calls >= limit
        return state._replace(
            reference=state.loss,
            converged=state.converged | (stalled & ~state.done),
            done=state.done | stalled | spent,
        )


def _with_next_trial(
    state: _State, accepted: tf.Tensor, gives_up: tf.Tensor, loss: tf.Tensor, slope: tf.Tensor
) -> _State:
    """Chooses what to try next: a new direction, or a shorter step along the present one."""
    curvature = tf.where(gives_up[None], 0.0, state.curvature)
    direction = _two_loop(state.gradient, state.moves, state.turns, curvature)
    descends = tf.reduce_sum(direction * state.gradient, axis=1) < 0.0
    descends &= tf.reduce_all(tf.math.is_finite(direction), axis=1)
    curvature = tf.where(descends[None], curvature, 0.0)
    steepest = -_first_scale(state.gradient)[:, None] * state.gradient
    direction = tf.where(descends[:, None], direction, steepest)
    largest = tf.reduce_max(tf.abs(direction), axis=1, keepdims=True)
    direction *= tf.minimum(1.0, _LARGEST_STEP / tf.maximum(largest, 1e-20))

    # The minimum of the parabola through the loss and slope at 0 and the loss at the trial.
    bend = 2.0 * (loss - state.loss - state.step * slope)
    best = -slope * tf.square(state.step) / tf.where(bend > 0.0, bend, tf.ones_like(bend))
    is_usable = (bend > 0.0) & tf.math.is_finite(best)
    shorter = tf.where(is_usable, best, 0.25 * state.step)
    shorter = tf.clip_by_value(shorter, 0.1 * state.step, 0.5 * state.step)

    turns = accepted | gives_up
    return state._replace(
        direction=tf.where(turns[:, None], direction, state.direction),
        step=tf.where(turns, tf.ones_like(shorter), shorter),
        curvature=tf.where(turns[None], curvature, state.curvature),
        trials=tf.where(turns, 0, state.trials + 1),
    )


def _two_loop(
    gradient: tf.Tensor, moves: tf.Tensor, turns: tf.Tensor, curvature: tf.Tensor
) -> tf.Tensor:
    """Multiplies the inverse Hessian with -gradient (Nocedal & Wright 2006, Algorithm 7.4).

    A lane without pairs descends along the gradient. The loops over the history stay loops: XLA
    compiles their bodies once.
    """
    history = moves.shape[0]

    def backward(i: tf.Tensor, q: tf.Tensor, shares: tf.Tensor) -> tuple[tf.Tensor, ...]:
        share = curvature[i] * tf.reduce_sum(moves[i] * q, axis=1)
        is_here = tf.range(history)[:, None] == i
        return i + 1, q - share[:, None] * turns[i], tf.where(is_here, share, shares)

    def forward(i: tf.Tensor, q: tf.Tensor) -> tuple[tf.Tensor, ...]:
        share = curvature[i] * tf.reduce_sum(turns[i] * q, axis=1)
        return i - 1, q + (shares[i] - share)[:, None] * moves[i]

    first = (tf.constant(0), gradient, tf.zeros_like(curvature))
    _, q, shares = tf.while_loop(lambda i, *_: i < history, backward, first)
    squared = tf.reduce_sum(tf.square(turns[0]), axis=1)
    has_pair = (curvature[0] > 0.0) & (squared > 0.0)
    scale = 1.0 / tf.where(has_pair, curvature[0] * squared, tf.ones_like(squared))
    q *= tf.where(has_pair, scale, _first_scale(gradient))[:, None]
    _, q = tf.while_loop(lambda i, _: i >= 0, forward, (tf.constant(history - 1), q))
    return -q


def _first_scale(gradient: tf.Tensor) -> tf.Tensor:
    """Scales gradients so that their largest entry is the first step."""
    return _FIRST_STEP / tf.maximum(tf.reduce_max(tf.abs(gradient), axis=1), 1e-20)
