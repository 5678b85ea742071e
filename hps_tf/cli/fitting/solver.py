"""The fitter of images and that of video, with the body and prior that are asked for."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hps_tf import body, fitting, priors
from hps_tf.body import BodyModel
from hps_tf.errors import InputError
from hps_tf.fitting import Evidence, FitResult, Fitter, VideoFitter
from hps_tf.fitting.fitter import Progress
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.priors import PosePrior

#: Frames that are fitted at once, with one shape.
WINDOW = 16


class Model(NamedTuple):
    """What is fitted: a body, and a prior of its poses."""

    body: BodyModel
    prior: PosePrior


@functools.cache
def load_model(body_file: Path | None, prior: str) -> Model:
    """Loads body and prior.

    Args:
      body_file: A body model file; None for the embedded body.
      prior: Name or path of a flow.

    Raises:
      InputError: If a file is missing or damaged, or the prior is of another kind.
    """
    if body_file is None:
        return Model(body.load_default(num_vertices=3000), priors.load(prior, "latent"))
    if not body_file.is_file():
        raise InputError(f"--body {body_file}: expected a body model file, received none")
    return Model(body.load(body_file), priors.load(prior, "latent"))


def fit_images(evidence: Evidence, model: Model, progress: Progress) -> FitResult:
    """Fits people; see `hps_tf.fitting.fit`."""
    return fitting.fit(evidence, body=model.body, prior=model.prior, progress=progress)


def fit_video(
    evidence: Evidence, model: Model, progress: Progress, moments: Sequence[int]
) -> FitResult:
    """Fits the frames of one person; those of moments 1 apart are neighbours.

    See `hps_tf.fitting.VideoFitter`.
    """
    map_size = None if evidence.part_labels is None else evidence.part_labels.shape[1:]
    fitter = _video_fitter(model, evidence.keypoint_set, map_size)
    return fitter.fit(evidence, frames=np.array(moments), progress=progress)


@functools.cache
def _video_fitter(model: Model, keypoint_set: str, map_size: tuple[int, int] | None) -> VideoFitter:
    pose = LatentPrior(model.prior)
    fitter = functools.partial(
        Fitter, model.body, pose, keypoint_set=keypoint_set, map_size=map_size
    )
    return VideoFitter(fitter(), fitter(num_frames=WINDOW))
