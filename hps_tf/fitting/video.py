"""Fits a person through a video: single frames first, then windows of frames at once.

Every frame is fitted by itself from several starts; the chain of starts that fits best and jumps
least is where the windows begin. A window has one shape, and its frames are held together by
L_smooth (Zanfir et al. 2020, §3, Eq. 12).

Frames on both sides of a gap are not neighbours. Each stretch of frames that follow one another is
fitted as if it were a video of its own, by itself: fitted in one batch with others it would be
rounded otherwise, and the flat directions of the loss amplify rounding to centimetres. The
stretches may share the person's shape: the mean of the shapes of all windows, weighted by the
frames that each window gives. The windows are then fitted again with that shape held; as a larger
body is seen alike from farther away, stretches of few frames move by centimetres in depth. A stream
cannot wait for later frames; its windows keep a shape each.
"""

import functools
from collections.abc import Iterator, Sequence

import numpy as np

from hps_tf.fitting.best_chain import best_chain
from hps_tf.fitting.body_variables import BodyParams
from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.fitter import Fitter
from hps_tf.fitting.progress import Phases, Progress
from hps_tf.fitting.result import FitResult, concatenate
from hps_tf.fitting.weights import DEFAULT_WEIGHTS, Weights
from hps_tf.fitting.window_layout import most_central, stretches, window_begins


class VideoFitter:
    """Fits the frames of one person's video, at once or as they come.

        frames, windows = Fitter(body, pose), Fitter(body, pose, num_frames=16)
        result = VideoFitter(frames, windows).fit(evidence)

    A stretch shorter than a window is fitted with its last frame repeated.

    Args:
      frames: Fits single frames.
      windows: Fits windows, of the same body, prior and evidence.
      overlap: Frames that a window shares with the next, fewer than a window's.

    Raises:
      ValueError: If the fitters have different variables or the overlap is too long.
    """

    def __init__(self, frames: Fitter, windows: Fitter, overlap: int = 4):
        if frames.num_frames != 1 or frames.pose is not windows.pose:
            raise ValueError(
                "`frames`: expected a fitter of single frames with the pose variables of `windows`"
            )
        if not 0 <= overlap < windows.num_frames:
            raise ValueError(
                f"`overlap`: expected 0 to {windows.num_frames - 1}, received {overlap}"
            )
        self._frames = frames
        self._windows = windows
        self._overlap = overlap

    @property
    def delay(self) -> int:
        """The most frames that `stream` holds back, one less than a window."""
        return self._windows.num_frames - 1

    def fit(
        self,
        evidence: Evidence,
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        frames: np.ndarray | None = None,
        one_shape: bool = False,
        num_starts: int = 4,
        progress: Progress | None = None,
    ) -> FitResult:
        """Fits all frames.

        Args:
          evidence: N frames in order.
          weights: The weight of each term.
          frames: `(N,)` increasing whole numbers of the frames; those that differ by more than 1
            are no neighbours. By default no frame is missing.
          one_shape: Whether the person has one shape in all frames; by default each window has its
            own.
          num_starts: Global rotations that each frame starts from.
          progress: Called with the number of frames that are done, and of all: each counts as a
            frame, in a window, and in a window with the person's shape.

        Returns:
          The bodies, a row per frame.

        Raises:
          ValueError: If there is no frame, or `frames` do not increase.
        """
        frames = np.arange(len(evidence)) if frames is None else np.asarray(frames)
        if frames.shape != (len(evidence),):
            raise ValueError(
                f"`frames`: expected shape ({len(evidence)},), received {frames.shape}"
            )
        clips = [evidence.select(rows) for rows in stretches(frames)]
        phases = Phases((2 + one_shape) * len(evidence), progress)
        alone = []
        for clip in clips:
            alone += self._fit([clip], weights, num_starts, phases)
        if not one_shape:
            return concatenate(alone)
        shape = concatenate(alone).shape.mean(axis=0, keepdims=True)
        held = []
        for clip, result in zip(clips, alone, strict=True):
            bodies = self._frames.bodies(result)._replace(shape=shape.repeat(len(clip), axis=0))
            held += self._refine([clip], bodies, weights, phases.of(len(clip)), holds_shape=True)
        return concatenate(held)

    def fit_many(
        self,
        clips: Sequence[Evidence],
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        num_starts: int = 4,
        progress: Progress | None = None,
    ) -> list[FitResult]:
        """Fits several clips of one person each, without gaps, in one batch; windows keep a shape.

        See `fit` for the arguments.

        Raises:
          ValueError: If a clip has no frame.
        """
        phases = Phases(2 * sum(map(len, clips)), progress)
        return self._fit(clips, weights, num_starts, phases)

    def _fit(
        self, clips: Sequence[Evidence], weights: Weights, num_starts: int, phases: Phases
    ) -> list[FitResult]:
        counts = _counts(clips)
        evidence = functools.reduce(Evidence.followed_by, clips)
        candidates = self._frames.candidates(
            evidence, weights, num_starts=num_starts, progress=phases.of(len(evidence))
        )
        chains = []
        for first, count in zip(np.cumsum(counts) - counts, counts, strict=True):
            frames = slice(first, first + count)
            chains.append(best_chain([candidate.select(frames) for candidate in candidates]))
        bodies = self._frames.bodies(concatenate(chains))
        return self._refine(clips, bodies, weights, phases.of(len(evidence)))

    def refine_many(
        self,
        clips: Sequence[Evidence],
        start: BodyParams,
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        progress: Progress | None = None,
    ) -> list[FitResult]:
        """Fits the windows of clips from bodies at hand: a network's, say.

        Args:
          clips: Several clips of one person each without gaps, of N frames in all.
          start: The N bodies as windows of one frame, as `Fitter.bodies_at` gives them.
          weights: The weight of each term.
          progress: Called with fits that have ended and fits in all.

        Returns:
          The bodies of each clip, a row per frame.

        Raises:
          ValueError: If a clip has no frame.
        """
        return self._refine(clips, start, weights, progress)

    def _refine(
        self,
        clips: Sequence[Evidence],
        start: BodyParams,
        weights: Weights,
        progress: Progress | None = None,
        *,
        holds_shape: bool = False,
    ) -> list[FitResult]:
        """Fits the windows of clips from the bodies of their frames.

        A frame's body is that of the window where it is farthest from the ends.
        """
        counts = _counts(clips)
        evidence = functools.reduce(Evidence.followed_by, clips)
        length = self._windows.num_frames
        rows, central = [], []
        num_rows = 0
        for first, count in zip(np.cumsum(counts) - counts, counts, strict=True):
            begins = window_begins(max(count, length), length, self._overlap)
            places = np.minimum(begins[:, None] + np.arange(length), count - 1)
            rows.append(first + places.ravel())
            central.append(num_rows + most_central(begins, length, count))
            num_rows += len(rows[-1])
        windows = np.concatenate(rows)
        fitted = self._windows.refine(
            evidence.select(windows),
            _windows_of(start, windows, length),
            weights,
            holds_shape=holds_shape,
            progress=progress,
        )
        return [fitted.select(chosen) for chosen in central]

    def stream(
        self,
        frames: Iterator[Evidence | None],
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        num_starts: int = 4,
    ) -> Iterator[FitResult]:
        """Fits frames as they come, from a camera or a file that is being read.

            for part in video_fitter.stream(evidence_of_frames()):
                show(part.joints_3d)

        A window is fitted as soon as it is full. Its bodies are yielded except those of the
        overlap, from which the next window starts. No frame waits for more than `delay` others, and
        none for one beyond a gap: a stretch is fitted as if it were a stream of its own.

        Args:
          frames: Evidence of one or more frames at a time, in order; None for a frame where the
            person is not seen.
          weights: The weight of each term.
          num_starts: Global rotations that each frame starts from.

        Yields:
          The bodies of the next frames; all of the input's, none twice, and none of gaps.
        """
        length, kept = self._windows.num_frames, self._overlap
        waiting: Evidence | None = None
        before: FitResult | None = None  # The bodies of the first frames that wait.
        for new in frames:
            if new is None:
                if waiting is not None:
                    yield self._last(waiting, before, weights, num_starts)
                waiting = before = None
                continue
            waiting = new if waiting is None else waiting.followed_by(new)
            while len(waiting) >= length:
                fitted = self._window(waiting.select(slice(0, length)), before, weights, num_starts)
                waiting = waiting.select(slice(length - kept, None))
                before = fitted.select(slice(length - kept, None)) if kept else None
                yield fitted.select(slice(0, length - kept))
                if not len(waiting):
                    waiting = None
                    break
        if waiting is not None:
            yield self._last(waiting, before, weights, num_starts)

    def _last(
        self, waiting: Evidence, before: FitResult | None, weights: Weights, num_starts: int
    ) -> FitResult:
        """Fits what is left of a stretch; its last frame is repeated until the window is full."""
        rows = np.minimum(np.arange(self._windows.num_frames), len(waiting) - 1)
        fitted = self._window(waiting.select(rows), before, weights, num_starts)
        return fitted.select(slice(0, len(waiting)))

    def _window(
        self, evidence: Evidence, before: FitResult | None, weights: Weights, num_starts: int
    ) -> FitResult:
        """Fits a window whose first frames may have bodies already."""
        done = 0 if before is None else len(before)
        fresh = self._frames.candidates(
            evidence.select(slice(done, None)), weights, num_starts=num_starts
        )
        # Only what all fits have in common: a window's result has terms that a frame's lacks.
        bodies = [self._frames.bodies(best_chain(fresh, before))]
        if before is not None:
            bodies.insert(0, self._frames.bodies(before))
        frames = BodyParams(*map(np.concatenate, zip(*bodies, strict=True)))
        start = _windows_of(frames, np.arange(len(evidence)), len(evidence))
        return self._windows.refine(evidence, start, weights)


def _counts(clips: Sequence[Evidence]) -> np.ndarray:
    """Frames of each clip."""
    counts = np.array([len(clip) for clip in clips])
    if counts.min(initial=1) < 1:
        raise ValueError("`evidence`: expected at least one frame, received 0")
    return counts


def _windows_of(frames: BodyParams, rows: np.ndarray, length: int) -> BodyParams:
    """Makes windows of some of the bodies of single frames, with their mean shapes."""
    return BodyParams(*(np.asarray(part)[rows] for part in frames)).by_window(length)
