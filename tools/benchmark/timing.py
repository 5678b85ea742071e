"""Fair timing: candidates take turns, so that other load on the machine hits all alike."""

import random
import time
from collections.abc import Callable, Mapping

import numpy as np

#: A sample repeats its candidate until it takes about this long, in seconds.
_SAMPLE_SECONDS = 0.02


def interleaved(candidates: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Times candidates against each other.

    Each is run until it is warm. In every round each candidate then gives one sample, in an order
    that is shuffled from round to round. An untimed run precedes each sample: meanwhile the caches
    fill again, and the threads of the candidate before, which watch for work a while, fall asleep.

    Args:
      candidates: The functions to time, by name; each must wait for its own result.
      rounds: Number of samples of each.

    Returns:
      The median seconds of a run, by name.
    """
    repeats = {name: _warmed_up(run) for name, run in candidates.items()}
    samples: dict[str, list[float]] = {name: [] for name in candidates}
    order = list(candidates)
    shuffler = random.Random(0)
    for _ in range(rounds):
        shuffler.shuffle(order)
        for name in order:
            candidates[name]()
            samples[name].append(_seconds(candidates[name], repeats[name]))
    return {name: float(np.median(seconds)) for name, seconds in samples.items()}


def _warmed_up(run: Callable[[], object]) -> int:
    """Runs the candidate three times and returns how often a sample should repeat it."""
    run()
    run()
    return max(1, round(_SAMPLE_SECONDS / _seconds(run, 1)))


def _seconds(run: Callable[[], object], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        run()
    return (time.perf_counter() - start) / repeats
