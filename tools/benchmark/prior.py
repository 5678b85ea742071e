"""The pose priors beside normflows' RealNVP and networks of VPoser's size, in PyTorch.

All take 63 axis-angle numbers. Ours is compiled by XLA; a peer runs eagerly and under
`torch.compile`, and its better figure counts. Both have as many threads as there are cores.

The case "RealNVP" has the depth and width of normflows' flow, layer for layer; "realnvp" and
"light" are the presets as they are. normflows has no counterpart of the realnvp preset's steps
within joints, so beside that preset it does less.
"""

import os
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from hps_tf.priors import FlowPrior
from hps_tf.priors.pose_space import AXIS_ANGLE
from tools.benchmark import pytorch, report, timing, torch_priors
from tools.benchmark.torch_priors import Calls

PEERS = torch_priors.REQUIREMENTS

_NUM_STEPS, _HIDDEN_UNITS = 4, (128, 128)
_BATCHES = (256, 4096)
_ROUNDS = 15
_METRICS = ("log_prob", "sample", "training step")

_NORMFLOWS, _VPOSER = "normflows", "VPoser-size VAE"


def rows() -> list[report.Row]:
    """Measures rating, drawing and a training step."""
    missing = pytorch.missing(PEERS)
    for name in missing:
        report.warn_absent(name)
    if not missing:
        pytorch.prepare(len(os.sched_getaffinity(0)))
        _check_same_start()
    return [row for batch in _BATCHES for row in _rows(batch, with_peers=not missing)]


def _rows(batch: int, with_peers: bool) -> list[report.Row]:
    x = np.random.default_rng(0).standard_normal((batch, AXIS_ANGLE.dim), np.float32)
    ours = {
        "RealNVP": _calls(_equal_realnvp(), x),
        "realnvp": _calls(_prior("realnvp"), x),
        "light": _calls(_prior("light"), x),
    }
    peers: dict[str, Calls] = {}
    if with_peers:
        peers = {
            _NORMFLOWS: torch_priors.realnvp_calls(x, _NUM_STEPS, _HIDDEN_UNITS),
            _VPOSER: torch_priors.vposer_calls(x),
        }
    found = []
    for metric in _METRICS:
        milliseconds = _best_modes(metric, ours | peers)
        beside = {peer: milliseconds[peer] for peer in peers}
        for name in ours:
            case = f"{name}, batch {batch}"
            found.append(report.Row(case, metric, "ms", milliseconds[name], beside))
    return found


def _best_modes(metric: str, calls: dict[str, Calls]) -> dict[str, float]:
    """Times all implementations in all their modes; returns the better mode's milliseconds."""
    candidates = {
        f"{name}: {mode}": run
        for name, metrics in calls.items()
        for mode, run in metrics[metric].items()
    }
    seconds = timing.interleaved(candidates, _ROUNDS)
    return {
        name: 1e3 * min(seconds[f"{name}: {mode}"] for mode in metrics[metric])
        for name, metrics in calls.items()
    }


def _equal_realnvp() -> FlowPrior:
    return _prior("realnvp", num_steps=_NUM_STEPS, hidden_units=_HIDDEN_UNITS, num_joint_steps=0)


def _prior(preset: str, **options) -> FlowPrior:
    return FlowPrior(AXIS_ANGLE, 0.1, preset, **options)


def _calls(prior: FlowPrior, x: np.ndarray) -> Calls:
    batch = tf.constant(x)
    log_prob = tf.function(prior.log_prob, jit_compile=True)
    sample = tf.function(lambda seed: prior.sample(len(x), seed), jit_compile=True)
    step = _training_step(prior)
    # A seed given as a tensor can't be folded into the compiled program.
    seed = tf.constant(0)
    return {
        "log_prob": {"XLA": lambda: log_prob(batch).numpy()},
        "sample": {"XLA": lambda: sample(seed).numpy()},
        "training step": {"XLA": lambda: step(batch).numpy()},
    }


def _training_step(prior: FlowPrior) -> Callable[[tf.Tensor], tf.Tensor]:
    optimizer = keras.optimizers.Adam(1e-5)
    optimizer.build(prior.trainable_variables)

    @tf.function(jit_compile=True)
    def step(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(prior.log_prob(x, training=True))
        gradients = tape.gradient(loss, prior.trainable_variables)
        optimizer.apply(gradients, prior.trainable_variables)
        return loss

    return step


def _check_same_start() -> None:
    """Checks that ours and normflows' flow start as the same density, the standard normal."""
    x = np.random.default_rng(1).standard_normal((8, AXIS_ANGLE.dim), np.float32)
    ours = _equal_realnvp().log_prob(x).numpy()
    theirs = torch_priors.realnvp_log_prob(x, _NUM_STEPS, _HIDDEN_UNITS)
    difference = float(np.abs(ours - theirs).max())
    if difference > 1e-3:
        raise RuntimeError(f"log-densities differ by {difference:.2g}; nothing was timed")
