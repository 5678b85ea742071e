"""Fitting in one call, by default with the embedded body and prior."""

import dataclasses
import functools
import hashlib
import json
import os
from pathlib import Path

import numpy as np

from hps_tf import priors
from hps_tf.body import BodyModel, load_small
from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.fitter import Fitter
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.fitting.progress import Progress
from hps_tf.fitting.result import FitResult
from hps_tf.fitting.weights import DEFAULT_WEIGHTS, Weights
from hps_tf.priors import PosePrior

DEFAULT_PRIOR = "cmu-6d-light"

_MAX_KEPT = 4
_KEPT: dict[tuple, Fitter] = {}


def fit(
    evidence: Evidence,
    *,
    body: BodyModel | None = None,
    prior: PosePrior | str | os.PathLike[str] = DEFAULT_PRIOR,
    weights: Weights = DEFAULT_WEIGHTS,
    num_starts: int = 4,
    fits_focal_length: bool = False,
    progress: Progress | None = None,
) -> FitResult:
    """Fits a body to each person, in the latent space of a prior (Zanfir et al. 2020, §3, Eq. 6).

    The first call with a kind of evidence compiles. The fitters of the last four kinds are kept,
    distinguished by the values of body and prior, not by the objects: an equal body, and a prior of
    the same architecture with other weights, compile nothing. To keep a fitter yourself, and choose
    its solver, make a `Fitter`.

    A long fit is silent unless it is given `progress`:

        bar = tqdm.tqdm()
        fit(evidence, progress=lambda ended, total: (bar.reset(total), bar.update(ended)))

    Args:
      evidence: Keypoints, and perhaps part maps, of N people.
      body: The body model; the embedded one of 3,000 vertices by default.
      prior: A prior, or the name or path of one.
      weights: The weight of each term.
      num_starts: Global rotations to start from, a multiple of 4.
      fits_focal_length: Whether a factor of the focal length is fitted too, one per person: for
        photographs from near, where the default camera distorts too little or too much.
      progress: Called with the number of fits that have ended and of all fits.

    Returns:
      The bodies, in the order of the evidence.

    Raises:
      InputError: If there is no such prior, or it has no latent space.
    """
    body = _default_body() if body is None else body
    prior = _load(prior) if isinstance(prior, str | os.PathLike) else prior
    map_size = None if evidence.part_labels is None else evidence.part_labels.shape[1:]
    fitter = _fitter(body, prior, evidence.keypoint_set, map_size, fits_focal_length)
    return fitter.fit(evidence, weights, num_starts=num_starts, progress=progress)


@functools.cache
def _default_body() -> BodyModel:
    return load_small()


def _load(name_or_path: str | os.PathLike[str]) -> PosePrior:
    path = Path(name_or_path)
    written = path.stat() if path.is_file() else None
    return _loaded(str(name_or_path), written and (written.st_ino, written.st_mtime_ns))


@functools.lru_cache(maxsize=4)
def _loaded(name_or_path: str, written: tuple[int, int] | None) -> PosePrior:
    """The prior, read again when its file was written again."""
    del written
    return priors.load(name_or_path, "latent")


def _fitter(
    body: BodyModel,
    prior: PosePrior,
    keypoint_set: str,
    map_size: tuple[int, int] | None,
    fits_focal_length: bool,
) -> Fitter:
    """Gives the compiled fitter of a kind of evidence, with this prior's weights."""
    pose = LatentPrior(prior)
    kind = (keypoint_set, map_size, fits_focal_length)
    key = (_digest(body), type(prior), json.dumps(prior.get_config()), *kind)
    fitter = _KEPT.pop(key, None)
    if fitter is None:
        fitter = Fitter(
            body,
            pose,
            keypoint_set=keypoint_set,
            map_size=map_size,
            fits_focal_length=fits_focal_length,
        )
    else:
        fitter = fitter.with_pose(pose)
    _KEPT[key] = fitter  # The latest is the last.
    while len(_KEPT) > _MAX_KEPT:
        _KEPT.pop(next(iter(_KEPT)))
    return fitter


def _digest(body: BodyModel) -> bytes:
    """Tells bodies apart by their arrays."""
    digest = hashlib.blake2b()
    for field in dataclasses.fields(body.data):
        value = getattr(body.data, field.name)
        if isinstance(value, np.ndarray):
            digest.update(f"{field.name} {value.dtype} {value.shape}".encode())
            digest.update(np.ascontiguousarray(value).data)
        else:  # Its name and joint tree; or an array that it has not.
            digest.update(f"{field.name} {value!r}".encode())
    return digest.digest()
