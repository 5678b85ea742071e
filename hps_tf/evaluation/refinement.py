"""Predicted bodies, refined by fitting to the same network's detections.

This is FS+OPT of Zanfir et al. 2020, Table 3: the fit starts at the network's pose, shape and
translation, and sees its keypoints, weighted by their confidence (KA), and its part maps (BA). Of a
network that says how unsure its bodies are, images and videos are fitted about these.

Convention: pixels of the network's input.
"""

import dataclasses
import functools

import numpy as np

from hps_tf.evaluation import PredictedPeople
from hps_tf.fitting import Evidence, Expected, FitResult, Fitter, Refiner, VideoFitter
from hps_tf.fitting.detections import sure_confidence, weights_for
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.fitting.progress import Progress
from hps_tf.fitting.weights import DEFAULT_WEIGHTS
from hps_tf.fitting.window_layout import most_central, window_begins
from hps_tf.geometry import axis_angle
from hps_tf.geometry.spread import Spread
from hps_tf.models import Predictor


class Refinement:
    """Refines predictions; compiled at the first use.

    Args:
      predictor: The network that predicted, with its body.

    Attributes:
      weights: The weight of each term, in images, and in videos of people with a spread.
    """

    def __init__(self, predictor: Predictor):
        self._options = predictor.network.options
        self._body = predictor.decoder.body
        self._pose = LatentPrior(predictor.network.prior)
        self.weights = self._video_weights = weights_for(predictor.network)
        if predictor.network.lifting is not None:
            # How exact the keypoints are is said of each person's.
            self.weights = DEFAULT_WEIGHTS._replace(truncation=self.weights.truncation)

    def images(
        self, people: PredictedPeople, *, with_parts: bool, progress: Progress | None = None
    ) -> PredictedPeople:
        """Refines each person alone.

        Args:
          people: The predictions.
          with_parts: Whether the part maps count besides the keypoints: KA+BA instead of KA.
          progress: Called with fits that have ended and fits in all.

        Returns:
          The same people with other bodies.
        """
        if people.spread is not None:
            return self._about(people, people.spread, with_parts, progress)
        fitter = self._fitter(with_parts=with_parts)
        start = fitter.bodies_at(people.rotation_matrices, people.shape, people.translation)
        fitted = fitter.refine(
            self._evidence(people, with_parts), start, self.weights, progress=progress
        )
        return _with_bodies(people, np.arange(len(people)), fitted)

    def _about(
        self,
        people: PredictedPeople,
        spread: Spread,
        with_parts: bool,
        progress: Progress | None,
    ) -> PredictedPeople:
        evidence, about = self._expectation(people, spread, with_parts)
        refiner = self._refiner(with_parts=with_parts)
        fitted = refiner.refine(evidence, about, self.weights, progress=progress)
        return _with_bodies(people, np.arange(len(people)), fitted)

    def _video_about(
        self,
        people: PredictedPeople,
        spread: Spread,
        stretches: list[np.ndarray],
        window: int,
        progress: Progress | None,
    ) -> PredictedPeople:
        evidence, about = self._expectation(people, spread, with_parts=False)
        refiner = self._refiner(with_parts=False)
        for length in sorted({min(window, len(rows)) for rows in stretches}):
            frames: list[np.ndarray] = []
            kept, owners, total = [], [], 0
            for rows in stretches:
                if min(window, len(rows)) == length:
                    begins = window_begins(len(rows), length, length // 4)
                    kept.append(total + most_central(begins, length, len(rows)))
                    frames.append(rows[begins[:, None] + np.arange(length)].ravel())
                    owners.append(rows)
                    total += len(frames[-1])
            every = np.concatenate(frames)
            fitted = refiner.refine(
                evidence.select(every),
                about.select(every),
                self.weights,
                num_frames=length,
                progress=progress,
            )
            fitted = fitted.select(np.concatenate(kept))
            people = _with_bodies(people, np.concatenate(owners), fitted)
        return people

    def _expectation(
        self, people: PredictedPeople, spread: Spread, with_parts: bool
    ) -> tuple[Evidence, Expected]:
        evidence = self._evidence(people, with_parts)
        # How far each keypoint may be off is in the spread.
        evidence = dataclasses.replace(evidence, confidence=people.confidence)
        about = Expected(people.rotation_matrices, people.shape, people.translation, spread)
        return evidence, about

    @functools.cache  # noqa: B019  As below.
    def _refiner(self, *, with_parts: bool) -> Refiner:
        size = self._options.map_size
        return Refiner(self._body, map_size=(size, size) if with_parts else None)

    def video(
        self,
        people: PredictedPeople,
        stretches: list[np.ndarray],
        window: int,
        progress: Progress | None = None,
    ) -> PredictedPeople:
        """Refines the frames of videos, smoothly, to their keypoints.

        Args:
          people: The predictions.
          stretches: The rows of each stretch of video in order of time; who is in none stays as
            predicted.
          window: Frames that are fitted at once, with one shape.
          progress: Called with fits that have ended and fits in all.

        Returns:
          The same people with other bodies.
        """
        if people.spread is not None:
            return self._video_about(people, people.spread, stretches, window, progress)
        frames = self._fitter(with_parts=False)
        video = VideoFitter(frames, self._fitter(num_frames=window), overlap=window // 4)
        evidence = self._evidence(people, with_parts=False)
        everyone = np.concatenate(stretches)
        start = frames.bodies_at(
            people.rotation_matrices[everyone],
            people.shape[everyone],
            people.translation[everyone],
        )
        clips = [evidence.select(rows) for rows in stretches]
        fitted = video.refine_many(clips, start, self._video_weights, progress=progress)
        for rows, result in zip(stretches, fitted, strict=True):
            people = _with_bodies(people, rows, result)
        return people

    @functools.cache  # noqa: B019  The fitters live as long as this object, which is few.
    def _fitter(self, *, with_parts: bool = False, num_frames: int = 1) -> Fitter:
        size = self._options.map_size
        return Fitter(
            self._body,
            self._pose,
            map_size=(size, size) if with_parts else None,
            num_frames=num_frames,
            num_shape=self._body.num_shape,
        )

    def _evidence(self, people: PredictedPeople, with_parts: bool) -> Evidence:
        size = self._options.image_size
        box = np.tile(np.array([0.0, 0.0, size, size], np.float32), (len(people), 1))
        return Evidence(
            people.detected_2d,
            sure_confidence(people.confidence).numpy(),
            people.labels["intrinsics"],
            part_labels=people.part_maps if with_parts else None,
            part_boxes=box if with_parts else None,
        )


def _with_bodies(people: PredictedPeople, rows: np.ndarray, fitted: FitResult) -> PredictedPeople:
    """Replaces the bodies of some rows; a fit that ended nowhere leaves the network's."""
    found = {
        "rotation_matrices": axis_angle.to_matrix(fitted.pose).numpy(),
        "shape": fitted.shape,
        "translation": fitted.translation,
        "keypoints_2d": fitted.keypoints_2d,
    }
    is_finite = np.all(
        [np.isfinite(part).reshape(len(rows), -1).all(axis=1) for part in found.values()], axis=0
    )
    changed = {name: getattr(people, name).copy() for name in found}
    for name, part in found.items():
        changed[name][rows[is_finite]] = part[is_finite]
    return dataclasses.replace(people, **changed)
