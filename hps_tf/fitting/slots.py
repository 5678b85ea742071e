"""Small independent problems solved in slots: a fixed number at a time, each at its own pace.

XLA compiles one shape for each number of slots. A slot whose problem has stopped takes the next one
waiting; when few are left they move to a quarter of the slots, so that only few shapes are
compiled. A problem's result depends on the others by rounding alone, through the number of slots.
"""

import abc
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

# Nested tuples, dicts and named tuples of tensors.
Tree = Any
# A named tuple of arrays: x, loss, num_evaluations, converged, done and others.
State = Any

#: A problem has converged if the last look at it found the loss lower by less than this share.
CONVERGED = 0.01

_FEW = (1, 4)  # One person's starts, or one window, want no idle slots.
_FEWEST = 16  # Of more problems.
_FACTOR = 4


class Minimum(NamedTuple):
    """The solutions of N problems of n variables.

    Attributes:
      x: `(N, n)`.
      loss: `(N,)`.
      converged: `(N,)` whether the loss had nearly stopped falling: the last iterations lowered it
        by less than 1 %.
      num_evaluations: `(N,)` evaluations of the objective that the problem took; by
        Levenberg-Marquardt, iterations.
    """

    x: np.ndarray
    loss: np.ndarray
    converged: np.ndarray
    num_evaluations: np.ndarray


class SlotSolver(abc.ABC):
    """Minimizes losses of many problems.

    Args:
      max_slots: Problems evaluated at a time, at most; 16 may always be.
      patience: Iterations between two looks at a problem's progress.
      tolerance: A problem stops where the loss fell by less than this share between two looks.
    """

    def __init__(self, max_slots: int, patience: int, tolerance: float):
        self._max_slots = max_slots
        self._patience = patience
        self._tolerance = tolerance

    def minimize(
        self,
        start: np.ndarray,
        own: Tree,
        shared: Tree,
        progress: Callable[[int], None] | None = None,
    ) -> Minimum:
        """Solves N problems.

        Args:
          start: `(N, n)` float32.
          own: Tree of arrays `(N, ...)`, a row a problem.
          shared: Tree of tensors for all problems; other values do not compile anew.
          progress: Called with the number of problems that have stopped since the last call.

        Returns:
          The minima, in the order of the problems.
        """
        count, size = start.shape
        found = Minimum(
            x=np.array(start, np.float32),
            loss=np.full(count, np.inf, np.float32),
            converged=np.zeros(count, bool),
            num_evaluations=np.zeros(count, np.int32),
        )
        slots = _Slots(_num_slots(count, self._max_slots), count)
        state = self._idle(slots.size, size)
        data: Tree = None
        while True:
            fresh = slots.fill()
            if fresh.any() or data is None:
                state = self._begin(state, fresh, start[slots.problems])
                data = _rows(own, slots.problems)
            # The state comes back as NumPy arrays: slots change hands between steps.
            state = self._advance(state, data, shared)
            finished = state.done & slots.is_busy
            problems = slots.problems[finished]
            for field in Minimum._fields:
                getattr(found, field)[problems] = getattr(state, field)[finished]
            if progress is not None and finished.any():
                progress(int(finished.sum()))
            slots.is_busy &= ~finished
            if not slots.is_busy.any() and not slots.num_waiting:
                return found
            kept = slots.shrink()
            if kept is not None:
                state = self._take_slots(state, kept)
                data = _rows(data, kept)

    @abc.abstractmethod
    def _idle(self, slots: int, size: int) -> State:
        """Gives the state of slots without problems, all done."""

    @abc.abstractmethod
    def _begin(self, state: State, fresh: np.ndarray, start: np.ndarray) -> State:
        """Puts new problems, `(L, n)` variables, into the slots marked in `(L,)` fresh."""

    @abc.abstractmethod
    def _advance(self, state: State, own: Tree, shared: Tree) -> State:
        """Goes some way in all slots, as NumPy arrays."""

    @abc.abstractmethod
    def _take_slots(self, state: State, kept: np.ndarray) -> State:
        """Keeps the slots of the given indices."""


class _Slots:
    """Which problem each slot holds."""

    def __init__(self, size: int, num_problems: int):
        self._next, self._count = 0, num_problems
        self.problems = np.zeros(size, np.int64)
        self.is_busy = np.zeros(size, bool)

    @property
    def size(self) -> int:
        return len(self.problems)

    @property
    def num_waiting(self) -> int:
        return self._count - self._next

    def fill(self) -> np.ndarray:
        """Gives waiting problems to idle slots; returns `(L,)` which slots got one."""
        fresh = np.flatnonzero(~self.is_busy)[: self.num_waiting]
        self.problems[fresh] = np.arange(self._next, self._next + len(fresh))
        self._next += len(fresh)
        self.is_busy[fresh] = True
        mask = np.zeros(self.size, bool)
        mask[fresh] = True
        return mask

    def shrink(self) -> np.ndarray | None:
        """Moves to fewer slots when few are busy; returns `(L',)` the slots kept, or None."""
        num_busy = int(self.is_busy.sum())
        fewer = self.size // _FACTOR
        if self.num_waiting or fewer < _FEWEST or num_busy > fewer:
            return None
        kept = np.argsort(~self.is_busy, kind="stable")[:fewer]
        self.problems, self.is_busy = self.problems[kept], self.is_busy[kept]
        return kept


def _rows(tree: Tree, rows: np.ndarray) -> Tree:
    return tf.nest.map_structure(lambda leaf: tf.gather(leaf, rows), tree)


def _num_slots(num_problems: int, most: int) -> int:
    """As many as the problems fill, or nearly; few sizes, for each is compiled."""
    for few in _FEW:
        if num_problems <= few:
            return few
    slots = _FEWEST
    while _FACTOR * slots <= min(num_problems, most):
        slots *= _FACTOR
    return slots
