"""Fitting in one call, with the embedded body and prior unless told otherwise."""

import functools
import os
from pathlib import Path

from hps_tf import priors
from hps_tf.body import BodyModel, load_default
from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.fitter import Fitter, Progress
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.fitting.result import FitResult
from hps_tf.fitting.weights import DEFAULT_WEIGHTS, Weights
from hps_tf.priors import FlowPrior

DEFAULT_PRIOR = "cmu-6d-realnvp"


def fit(
    evidence: Evidence,
    *,
    body: BodyModel | None = None,
    prior: FlowPrior | str | os.PathLike[str] = DEFAULT_PRIOR,
    weights: Weights = DEFAULT_WEIGHTS,
    num_starts: int = 4,
    fits_focal_length: bool = False,
    progress: Progress | None = None,
) -> FitResult:
    """Fits a body to each person, in the latent space of a prior (Zanfir et al. 2020, §3, Eq. 6).

    The first call with a kind of evidence compiles for half a minute; later ones with the same
    body, prior and kind of evidence do not.

    Args:
      evidence: What is seen of N people.
      body: The body model; the embedded one of 3,000 vertices by default.
      prior: A prior, or the name or path of one.
      weights: What each term counts.
      num_starts: Global rotations to start from, a multiple of 4.
      fits_focal_length: Whether a factor of the focal length is fitted too.
      progress: Called with fits that have ended and fits in all.

    Returns:
      The bodies, in the order of the evidence.

    Raises:
      InputError: If there is no such prior, or the file holds none with a density.
    """
    body = _default_body() if body is None else body
    prior = _load(prior) if isinstance(prior, str | os.PathLike) else prior
    map_size = None if evidence.part_labels is None else evidence.part_labels.shape[1:]
    fitter = _fitter(body, prior, evidence.keypoint_set, map_size, fits_focal_length)
    return fitter.fit(evidence, weights, num_starts=num_starts, progress=progress)


@functools.cache
def _default_body() -> BodyModel:
    return load_default(num_vertices=3000)


def _load(name_or_path: str | os.PathLike[str]) -> FlowPrior:
    path = Path(name_or_path)
    written = path.stat() if path.is_file() else None
    return _loaded(str(name_or_path), written and (written.st_ino, written.st_mtime_ns))


@functools.lru_cache(maxsize=4)
def _loaded(name_or_path: str, written: tuple[int, int] | None) -> FlowPrior:
    """The prior, read again when its file was written again."""
    del written
    return priors.load_flow(name_or_path)


@functools.lru_cache(maxsize=8)
def _fitter(
    body: BodyModel,
    prior: FlowPrior,
    keypoint_set: str,
    map_size: tuple[int, int] | None,
    fits_focal_length: bool,
) -> Fitter:
    """The compiled fitter of each kind of evidence."""
    return Fitter(
        body,
        LatentPrior(prior),
        keypoint_set=keypoint_set,
        map_size=map_size,
        fits_focal_length=fits_focal_length,
    )
