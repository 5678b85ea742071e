"""Eager calls of the priors on eight poses, as one makes them in a notebook.

Each is a compiled function after the first call, so what is measured is mostly the way to it.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from hps_tf import priors
from tools.benchmark import report, timing

PEERS = ()

_PRIORS = ("cmu-6d-realnvp", "cmu-6d-light", "cmu-vposer")
_COUNT = 8
_ROUNDS = 15


def rows() -> Iterator[report.Row]:
    """Measures rating, drawing, encoding and decoding."""
    for name in _PRIORS:
        prior = priors.load(name)
        x = prior.sample(_COUNT, seed=0)
        candidates: dict[str, Callable[[], object]] = {}
        if prior.has_density:
            candidates["log_prob"] = functools.partial(_read, prior.log_prob, x)
        candidates["sample"] = functools.partial(_read, prior.sample, _COUNT, seed=0)
        candidates["encode"] = functools.partial(_read, prior.encode, x)
        candidates["decode"] = functools.partial(_read, prior.decode, prior.encode(x))
        for metric, seconds in timing.interleaved(candidates, _ROUNDS).items():
            yield report.Row(f"{name}, {_COUNT} poses", metric, "ms", 1e3 * seconds, {})


def _read(function: Callable, *arguments: Any, **named: Any) -> np.ndarray:
    return function(*arguments, **named).numpy()  # Waits for the device.
