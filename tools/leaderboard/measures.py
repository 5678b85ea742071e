"""What is measured of a prior on the leaderboard."""

import time

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.body.limbs import LIMBS, indices
from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.errors import InputError
from hps_tf.evaluation import prior_samples, prior_tasks
from hps_tf.evaluation.density import Source
from hps_tf.fitting.joint_recovery import JointRecovery
from hps_tf.metrics import batches, likelihood
from tools.leaderboard.entries import Opened

#: Standard deviations of the noise that is removed, metres, by the name of the measurement.
NOISES = {"denoise-40": 0.04, "denoise-100": 0.1}
COMPLETION, INVERSE_KINEMATICS = "completion", "ik"
TASKS = (*NOISES, COMPLETION, INVERSE_KINEMATICS)

#: Hidden of a pose, by turns.
HIDDEN = (("left_arm",), ("right_leg",), ("left_arm", "right_leg"))

SCORES = ("fid", "precision", "recall", "density", "coverage", "apd")

_NOISE_SEED = 0
_TIMED_SEED = 17


def quality(opened: Opened, held_out: np.ndarray) -> dict[str, np.ndarray]:
    """Measures likelihood and samples.

    Args:
      opened: The prior.
      held_out: `(N, 24, 3)` axis-angle; as many samples are drawn.

    Returns:
      Scalars by name; NaN for what the prior doesn't have. NLL in nats per dimension, time in CPU
      microseconds per sample.

    Raises:
      InputError: If the density of a pose is not finite.
    """
    found = dict.fromkeys(("nll", *SCORES, "cpu_us"), np.nan)
    if opened.density is not None:
        x = batches.apply(opened.space.from_pose, held_out)
        noisy = likelihood.dequantised(x, opened.noise, _NOISE_SEED)
        nll = likelihood.nll_per_dim(opened.density.log_prob, noisy)
        if not np.isfinite(nll).all():
            raise InputError(f"log-density not finite at {(~np.isfinite(nll)).sum()} test poses")
        found["nll"] = float(nll.mean())
    if opened.source is not None:
        sources = {"prior": opened.source}
        scores = prior_samples.measure(sources, opened.space, opened.noise, held_out, None)["prior"]
        found |= {name: scores[name] for name in SCORES}
        found["cpu_us"] = _cpu_microseconds(opened.source, len(held_out))
    facts = {"noise": opened.noise, "num_parameters": opened.num_parameters}
    return {name: np.array(value) for name, value in (found | facts).items()}


def recorded_quality(
    opened: Opened, held_out: np.ndarray, recorded: np.ndarray
) -> dict[str, np.ndarray]:
    """Measures training poses as if they were samples, in a prior's space; see `quality`."""
    scores = prior_samples.measure({}, opened.space, opened.noise, held_out, recorded)["seen"]
    return {name: np.array(scores[name]) for name in SCORES}


def task(
    name: str,
    recovery: JointRecovery,
    opened: Opened,
    body: BodyModel,
    poses: np.ndarray,
    num_hypotheses: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """Measures a task of `TASKS`.

    Args:
      name: The task.
      recovery: The prior's, kept for all tasks.
      opened: The prior.
      body: The body model.
      poses: `(N, 24, 3)` axis-angle.
      num_hypotheses: Completions of a pose.
      seed: Of noise and draws.

    Returns:
      `(N,)` millimetres: "error", of completions "mode", "best" and "spread".
    """
    if name in NOISES:
        errors = prior_tasks.denoising(recovery, body, poses, NOISES[name], seed)
        return {"error": 1000 * errors}
    if name == INVERSE_KINEMATICS:
        return {"error": 1000 * prior_tasks.inverse_kinematics(recovery, body, poses)}
    starts = None
    if opened.source is not None and not recovery.is_latent:
        count = len(poses) * num_hypotheses
        starts = prior_tasks.random_poses(opened.source, opened.space, count, seed)
    hidden = _hidden(len(poses))
    found = prior_tasks.completion(recovery, body, poses, hidden, num_hypotheses, seed, starts)
    return {field: 1000 * errors for field, errors in found._asdict().items()}


def _hidden(count: int) -> np.ndarray:
    """`(count, 24)` which joints are hidden of each pose."""
    hidden = np.zeros((count, NUM_JOINTS), bool)
    for number in range(count):
        for limb in HIDDEN[number % len(HIDDEN)]:
            hidden[number, indices(LIMBS[limb])] = True
    return hidden


def _cpu_microseconds(source: Source, count: int) -> float:
    """CPU time of a sample, of `count` in one batch; the first draw compiles."""
    source.sample(count, _TIMED_SEED).numpy()
    begun = time.process_time()
    source.sample(count, _TIMED_SEED + 1).numpy()
    return 1e6 * (time.process_time() - begun) / count
