"""The fitter of images and that of video, with the embedded body and prior."""

import functools

import numpy as np

from hps_tf import fitting, priors
from hps_tf.body import load_default
from hps_tf.fitting import Evidence, FitResult, Fitter, VideoFitter
from hps_tf.fitting.fit import DEFAULT_PRIOR
from hps_tf.fitting.fitter import Progress
from hps_tf.fitting.pose_variables import LatentPrior

#: Frames that are fitted at once, with one shape.
WINDOW = 16


def fit_images(evidence: Evidence, progress: Progress) -> FitResult:
    """Fits people; see `hps_tf.fitting.fit`."""
    return fitting.fit(evidence, progress=progress)


def fit_video(evidence: Evidence, progress: Progress) -> FitResult:
    """Fits the frames of one person; see `hps_tf.fitting.VideoFitter`."""
    map_size = None if evidence.part_labels is None else evidence.part_labels.shape[1:]
    fitter = _video_fitter(evidence.keypoint_set, map_size)
    # Of a track shorter than a window the last frame is repeated.
    count = len(evidence)
    rows = np.minimum(np.arange(max(count, WINDOW)), count - 1)
    return fitter.fit(evidence.select(rows), progress=progress).select(np.arange(count))


@functools.cache
def _video_fitter(keypoint_set: str, map_size: tuple[int, int] | None) -> VideoFitter:
    body, pose = load_default(num_vertices=3000), LatentPrior(priors.load_flow(DEFAULT_PRIOR))
    fitter = functools.partial(Fitter, body, pose, keypoint_set=keypoint_set, map_size=map_size)
    return VideoFitter(fitter(solver="least_squares"), fitter(num_frames=WINDOW))
