"""Measures a pose prior on held-out poses, beside the Gaussian and the mixture stored with it.

Every density sees the same vectors with the same draw of the prior's dequantisation noise. The
references are those fitted to the prior's own training data, never refitted to the data at hand.
"""

import argparse
import json

import numpy as np
from tqdm import tqdm

from hps_tf import priors
from hps_tf.cli import command
from hps_tf.cli.evaluate import prior_report, prior_speed, source
from hps_tf.errors import InputError
from hps_tf.evaluation import motion, prior_samples
from hps_tf.evaluation.density import Density
from hps_tf.io.atomic_file import replacing
from hps_tf.metrics import batches, likelihood
from hps_tf.priors import FlowPrior

NUM_TRAIN_POSES = 20_000
NOISE_SEED = 0
REFERENCES = ("gaussian", "gmm8")


def add_parser(subparsers) -> None:
    """Adds the command `prior`."""
    parser = subparsers.add_parser(
        "prior",
        help="likelihood and samples of a pose prior",
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
    """Measures the prior, prints the table and writes the JSON file."""
    if not arguments.json.parent.is_dir():
        raise InputError(f"--json {arguments.json}: there is no directory {arguments.json.parent}")
    prior, name = _load(arguments)
    poses = motion.poses_by_split(arguments.data)
    figures = {"prior": name, **measure(prior, poses)}
    print(prior_report.text(figures))
    with replacing(arguments.json) as temporary:
        temporary.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _load(arguments: argparse.Namespace) -> tuple[FlowPrior, str]:
    """Loads the prior asked for; also what to call it."""
    file, name = source.prior(arguments)
    prior = priors.load_flow(file)
    for reference in REFERENCES:
        if reference not in prior.references:
            raise InputError(f"{name}: expected a prior stored with its {reference}, received none")
    return prior, name


def measure(prior: FlowPrior, poses: dict[str, np.ndarray]) -> dict:
    """Computes all figures.

    Args:
      prior: The prior, with its references.
      poses: `(N, 24, 3)` axis-angle by split.

    Returns:
      What the JSON file holds, but for the prior's name. Samples are not compared (None) with
      training poses alone, and joints have no ranges (None) without any.

    Raises:
      InputError: If the held-out split is too small, or a density is not finite.
    """
    others = [split for split in poses if split != "train"]
    held_out = next((split for split in ("test", "all", "val", *others) if split in poses), None)
    seen = next((split for split in ("train", "all") if split in poses), None)
    densities: dict[str, Density] = {
        "prior": prior,
        **{name: prior.references[name] for name in REFERENCES},
    }
    splits = {
        split: _split_likelihoods(densities, prior, split, split_poses)
        for split, split_poses in tqdm(poses.items(), "rating poses", unit="split")
    }
    samples: dict[str, dict] = {}
    if held_out is not None:
        samples = prior_samples.measure(
            densities,
            prior.space,
            prior.sigma,
            held_out=poses[held_out],
            seen=None if seen is None else poses[seen],
        )
    return {
        "preset": prior.preset,
        "space": prior.space.name,
        "num_parameters": prior.num_parameters,
        "sigma": prior.sigma,
        "noise_seed": NOISE_SEED,
        "splits": splits,
        "samples": samples.pop("prior", None),
        "reference_samples": samples,
        "sample_split": held_out,
        "range_split": seen,
        "round_trip_max_error": _round_trip_max_error(prior, poses[held_out or "train"]),
        "poses_per_second": prior_speed.poses_per_second(prior),
    }


def _split_likelihoods(
    densities: dict[str, Density], prior: FlowPrior, split: str, poses: np.ndarray
) -> dict:
    if split == "train":
        poses = motion.spread(poses, NUM_TRAIN_POSES)
    x = batches.apply(prior.space.from_pose, poses)
    noisy = likelihood.dequantised(x, prior.sigma, NOISE_SEED)
    summaries = {}
    for name, density in densities.items():
        nll = likelihood.nll_per_dim(density.log_prob, noisy)
        if not np.isfinite(nll).all():
            count = np.count_nonzero(~np.isfinite(nll))
            raise InputError(f"{name}: log-density not finite at {count} poses of {split}")
        summaries[name] = likelihood.summary(nll)
    return {
        "num_poses": len(poses),
        "nll_per_dim": summaries["prior"].mean,
        **{f"{name}_nll_per_dim": summaries[name].mean for name in REFERENCES},
        "median": {name: summary.median for name, summary in summaries.items()},
        "quantiles": {name: summary.quantiles for name, summary in summaries.items()},
    }


def _round_trip_max_error(prior: FlowPrior, poses: np.ndarray) -> float:
    x = batches.apply(prior.space.from_pose, poses)
    returned = batches.apply(prior.decode, batches.apply(prior.encode, x))
    return float(np.abs(returned - x).max())
