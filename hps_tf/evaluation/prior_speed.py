"""How many poses per second a prior rates and draws, compiled, on this machine."""

import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from hps_tf.metrics.batches import BATCH_SIZE
from hps_tf.priors import PosePrior

_NUM_CALLS = 5


def poses_per_second(prior: PosePrior) -> dict[str, float]:
    """Times `log_prob` and `sample` in batches of `BATCH_SIZE`."""
    log_prob = tf.function(prior.log_prob, jit_compile=True)
    sample = tf.function(lambda seed: prior.sample(BATCH_SIZE, seed), jit_compile=True)
    seed = tf.constant(0)  # A tensor, for a number would be folded into the compiled program.
    x = sample(seed)
    return {"log_prob": _rate(lambda: log_prob(x)), "sample": _rate(lambda: sample(seed))}


def _rate(call: Callable[[], tf.Tensor]) -> float:
    call().numpy()  # compiles
    seconds = []
    for _ in range(_NUM_CALLS):
        start = time.perf_counter()
        call().numpy()
        seconds.append(time.perf_counter() - start)
    return float(BATCH_SIZE / np.median(seconds))
