"""The fitter of images and that of video, with the body and prior that are asked for."""

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hps_tf import body, priors
from hps_tf.body import BodyModel
from hps_tf.errors import InputError
from hps_tf.fitting import Evidence, FitResult, Fitter, VideoFitter, Weights
from hps_tf.fitting.detections import weights_for_evidence
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.fitting.progress import Progress
from hps_tf.priors import PosePrior

#: Frames that are fitted at once, with one shape.
WINDOW = 16


class Model(NamedTuple):
    """The fitted model: a body, and a prior of its poses."""

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
        return Model(body.load_small(), priors.load(prior, "latent"))
    if not body_file.is_file():
        raise InputError(f"--body {body_file}: expected a body model file, received none")
    return Model(body.load(body_file), priors.load(prior, "latent"))


def fit_images(evidence: Evidence, model: Model, progress: Progress) -> FitResult:
    """Fits people, and estimates how far their joints may be off; see `hps_tf.fitting.Fitter`."""
    weights = weights_for_evidence(evidence)
    fitter = _fitters(model, evidence.keypoint_set, _map_size(evidence)).frames
    result = fitter.fit(evidence, weights, progress=progress)
    return _with_std(result, fitter, evidence, weights)


def fit_video(
    evidence: Evidence, model: Model, progress: Progress, moments: Sequence[int]
) -> FitResult:
    """Fits the frames of one person; those of moments 1 apart are neighbours.

    See `hps_tf.fitting.VideoFitter`. How far joints may be off is said of each frame alone.
    """
    weights = weights_for_evidence(evidence)
    frames, video = _fitters(model, evidence.keypoint_set, _map_size(evidence))
    result = video.fit(
        evidence, weights, frames=np.array(moments), one_shape=True, progress=progress
    )
    return _with_std(result, frames, evidence, weights)


class _Fitters(NamedTuple):
    frames: Fitter
    video: VideoFitter


@functools.cache
def _fitters(model: Model, keypoint_set: str, map_size: tuple[int, int] | None) -> _Fitters:
    """The fitters of this process; what they compile is compiled at the first use."""
    pose = LatentPrior(model.prior)
    fitter = functools.partial(
        Fitter, model.body, pose, keypoint_set=keypoint_set, map_size=map_size
    )
    frames = fitter()
    return _Fitters(frames, VideoFitter(frames, fitter(num_frames=WINDOW)))


def _map_size(evidence: Evidence) -> tuple[int, int] | None:
    return None if evidence.part_labels is None else evidence.part_labels.shape[1:]


def _with_std(result: FitResult, fitter: Fitter, evidence: Evidence, weights: Weights) -> FitResult:
    return dataclasses.replace(result, joint_std=fitter.joint_std(evidence, result, weights))
