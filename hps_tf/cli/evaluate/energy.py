"""Measures how well a prior's energy tells real poses from wrong ones; made for the baselines.

For every split, the share of pairs of a recorded pose and one that was made wrong
(hps_tf.data.mocap.pose_corruption) in which the recorded one has the lower energy: 0.5 is chance,
1 is perfect. For an auto-encoder also how well it gives poses back, and the quality of its samples:
they and the held-out poses carry the noise that the flows' samples carry, so that both compare.
"""

import argparse
import json
from typing import Any

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from hps_tf import priors
from hps_tf.cli import command
from hps_tf.cli.evaluate import source
from hps_tf.data.mocap import pose_corruption
from hps_tf.errors import InputError
from hps_tf.evaluation import motion, prior_samples
from hps_tf.geometry import axis_angle, quaternion
from hps_tf.io.atomic_file import replacing
from hps_tf.metrics import batches
from hps_tf.metrics.reconstruction import reconstruction_errors
from hps_tf.metrics.separation import separation
from hps_tf.priors import PosePrior, PoseVAE

NUM_POSES = 20_000
CORRUPTION_SEED = 4
SAMPLE_NOISE = 0.1  # Sigma of the pretrained flows.


class _Noisy:
    """An auto-encoder whose samples carry noise."""

    def __init__(self, vae: PoseVAE):
        self._vae = vae

    def sample(self, n: int, seed: int) -> tf.Tensor:
        noise = tf.random.stateless_normal((n, self._vae.space.dim), tf.stack([seed, 1]))
        return self._vae.sample(n, seed) + SAMPLE_NOISE * noise


def add_parser(subparsers) -> None:
    """Adds the command `energy`."""
    parser = subparsers.add_parser(
        "energy",
        help="how a prior's energy tells real poses from wrong ones",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--prior",
        type=command.name_or_path,
        help="name of a pretrained prior, or path of a prior.npz; pretrained: "
        + (", ".join(priors.list_pretrained()) or "none"),
    )
    source.add_argument("--run", type=command.path, help="directory of a training run")
    parser.add_argument(
        "--data",
        type=command.path,
        nargs="+",
        required=True,
        metavar="DIR",
        help="prepared motion (tools.prepare_mocap); a clip named in an earlier DIR is skipped",
    )
    parser.add_argument(
        "--json", type=command.path, required=True, metavar="FILE", help="figures to write"
    )
    parser.set_defaults(evaluate=evaluate)


def evaluate(arguments: argparse.Namespace) -> None:
    """Measures the prior, prints the figures and writes the JSON file."""
    if not arguments.json.parent.is_dir():
        raise InputError(f"--json {arguments.json}: there is no directory {arguments.json.parent}")
    file, name = source.prior(arguments)
    prior = priors.load(file)
    figures = {"prior": name, **measure(prior, motion.poses_by_split(arguments.data))}
    print(_text(figures))
    with replacing(arguments.json) as temporary:
        temporary.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def measure(prior: PosePrior, poses: dict[str, np.ndarray]) -> dict[str, Any]:
    """Computes all figures.

    Args:
      prior: The prior.
      poses: `(N, 24, 3)` axis-angle by split; of each at most 20,000 are taken.

    Returns:
      What the JSON file holds, but for the prior's name.
    """
    figures: dict[str, Any] = {
        "preset": prior.preset,
        "space": prior.space.name,
        "num_parameters": prior.num_parameters,
        "sigma": prior.sigma,
        "splits": {
            split: _of_split(prior, motion.spread(split_poses, NUM_POSES))
            for split, split_poses in tqdm(poses.items(), "rating poses", unit="split")
        },
    }
    held_out = "test" if "test" in poses else "all"
    if isinstance(prior, PoseVAE) and held_out in poses:
        figures["sample_split"] = held_out
        seen = poses.get("train", poses[held_out])
        samples = prior_samples.measure(
            {"prior": _Noisy(prior)}, prior.space, SAMPLE_NOISE, poses[held_out], seen
        )
        figures["sample_noise"] = SAMPLE_NOISE
        figures["samples"] = samples.pop("prior")
        figures["reference_samples"] = samples
    return figures


def _of_split(prior: PosePrior, poses: np.ndarray) -> dict[str, Any]:
    real = _energies(prior, axis_angle.to_quaternion(poses))
    wrong = pose_corruption.corruptions(
        axis_angle.to_quaternion(poses), tf.constant([CORRUPTION_SEED, 0])
    )
    figures: dict[str, Any] = {
        "num_poses": len(poses),
        "energy": float(np.mean(real)),
        "separation": {
            name: separation(real, _energies(prior, pose)) for name, (pose, _) in wrong.items()
        },
    }
    if isinstance(prior, PoseVAE):
        figures["reconstruction"] = vars(reconstruction_errors(prior, poses))
    return figures


def _energies(prior: PosePrior, pose: tf.Tensor) -> np.ndarray:
    """`(N,)` energies of `(N, 24, 4)` unit quaternions."""

    def energy(part: tf.Tensor) -> tf.Tensor:
        return prior.energy(prior.space.from_matrices(quaternion.to_matrix(part)))

    return batches.apply(energy, pose)


def _text(figures: dict[str, Any]) -> str:
    kinds = list(next(iter(figures["splits"].values()))["separation"])
    headings = [*kinds, "degrees", "MPJPE, cm"]
    lines = [
        f"{figures['prior']}: {figures['preset']} over {figures['space']},"
        f" {figures['num_parameters']:,} parameters, sigma {figures['sigma']:.3g}",
        "",
        "Share of recorded poses with lower energy than poses made wrong; reconstruction",
        f"{'split':8}{'poses':>8}{'energy':>11}" + "".join(f"{name:>11}" for name in headings),
    ]
    for split, values in figures["splits"].items():
        numbers = [*values["separation"].values()]
        errors = values.get("reconstruction")
        numbers += [errors["degrees"], errors["mpjpe_cm"]] if errors else []
        lines.append(
            f"{split:8}{values['num_poses']:8,}{values['energy']:11.2f}"
            + "".join(f"{number:11.3f}" for number in numbers)
        )
    if "samples" in figures:
        scores = ", ".join(f"{name} {value:.4g}" for name, value in figures["samples"].items())
        lines += ["", f"samples against {figures['sample_split']}: {scores}"]
    return "\n".join(lines)
