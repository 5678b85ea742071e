"""Figures of a pose prior on held-out poses, beside the Gaussian and the mixture stored with it.

Every density sees the same vectors with the same draw of the prior's dequantisation noise. The
references are those fitted to the prior's own training data, never refitted to the data at hand.
"""

import numpy as np
from tqdm import tqdm

from hps_tf.data.mocap.spaced_poses import evenly_spaced
from hps_tf.errors import InputError
from hps_tf.evaluation import prior_samples, prior_speed
from hps_tf.evaluation.density import Density
from hps_tf.metrics import batches, likelihood
from hps_tf.priors import PosePrior

NUM_TRAIN_POSES = 20_000
NOISE_SEED = 0
REFERENCES = ("gaussian", "gmm8")


def check_references(prior: PosePrior, name: str) -> None:
    """Checks that a prior is stored with the densities that it is measured beside.

    Args:
      prior: The prior.
      name: How the message calls it.

    Raises:
      InputError: If one is missing.
    """
    for reference in REFERENCES:
        if reference not in prior.references:
            raise InputError(f"{name}: expected a prior stored with its {reference}, received none")


def measure(prior: PosePrior, poses: dict[str, np.ndarray]) -> dict:
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
        "preset": prior.architecture,
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
    densities: dict[str, Density], prior: PosePrior, split: str, poses: np.ndarray
) -> dict:
    if split == "train":
        poses = evenly_spaced(poses, NUM_TRAIN_POSES)
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


def _round_trip_max_error(prior: PosePrior, poses: np.ndarray) -> float:
    x = batches.apply(prior.space.from_pose, poses)
    returned = batches.apply(prior.decode, batches.apply(prior.encode, x))
    return float(np.abs(returned - x).max())
