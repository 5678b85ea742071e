"""Fits a person through a video: single frames first, then windows of frames at once.

Every frame is fitted by itself from several starts; the chain of starts that fits best and jumps
least is where the windows begin. A window has one shape, and its frames are held together by
L_smooth (Zanfir et al. 2020, §3, Eq. 12). Frames on both sides of a gap are not neighbours: each
stretch of frames that follow one another is fitted as if it were a video of its own. Of a stretch
shorter than a window the last frame is repeated.
"""

import functools
import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from hps_tf.fitting.body_variables import BodyParams
from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.fitter import Fitter, Progress
from hps_tf.fitting.result import FitResult, concatenate
from hps_tf.fitting.weights import DEFAULT_WEIGHTS, Weights
from hps_tf.fitting.windows import by_window

_JUMP = 0.1  # Metres of joints' motion between frames that cost as much as `_JUMP_COST`.
_JUMP_COST = 10.0


class VideoFitter:
    """Fits the frames of one person's video, at once or as they come.

    Args:
      frames: Fits single frames.
      windows: Fits windows, of the same body, prior and evidence.
      overlap: Frames that a window shares with the next, fewer than a window's.

    Raises:
      ValueError: If the fitters don't suit or the overlap is too long.
    """

    def __init__(self, frames: Fitter, windows: Fitter, overlap: int = 4):
        if frames.num_frames != 1 or frames.pose is not windows.pose:
            raise ValueError("`frames` must fit single frames with the pose variables of `windows`")
        if not 0 <= overlap < windows.num_frames:
            raise ValueError(
                f"`overlap`: expected from 0 to {windows.num_frames - 1}, received {overlap}"
            )
        self._frames = frames
        self._windows = windows
        self._overlap = overlap

    @property
    def delay(self) -> int:
        """Frames that `stream` may hold back, one less than a window."""
        return self._windows.num_frames - 1

    def fit(
        self,
        evidence: Evidence,
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        frames: np.ndarray | None = None,
        num_starts: int = 4,
        progress: Progress | None = None,
    ) -> FitResult:
        """Fits all frames; all windows at once.

        Args:
          evidence: N frames in order.
          weights: What each term counts.
          frames: `(N,)` increasing whole numbers of the frames; those that differ by more than 1
            are no neighbours. By default no frame is missing.
          num_starts: Global rotations that each frame starts from.
          progress: Called with fits that have ended and fits in all, of frames, then of windows.

        Returns:
          The bodies, a row a frame.

        Raises:
          ValueError: If there is no frame, or `frames` don't increase.
        """
        frames = np.arange(len(evidence)) if frames is None else np.asarray(frames)
        if frames.shape != (len(evidence),):
            raise ValueError(
                f"`frames`: expected shape ({len(evidence)},), received {frames.shape}"
            )
        clips = [evidence.select(rows) for rows in stretches(frames)]
        return concatenate(self.fit_many(clips, weights, num_starts=num_starts, progress=progress))

    def fit_many(
        self,
        clips: Sequence[Evidence],
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        num_starts: int = 4,
        progress: Progress | None = None,
    ) -> list[FitResult]:
        """Fits several clips of one person each without gaps, together: see `fit`."""
        counts = _counts(clips)
        evidence = functools.reduce(Evidence.followed_by, clips)
        candidates = self._frames.candidates(
            evidence, weights, num_starts=num_starts, progress=progress
        )
        chains = []
        for first, count in zip(np.cumsum(counts) - counts, counts, strict=True):
            frames = slice(first, first + count)
            chains.append(best_chain([candidate.select(frames) for candidate in candidates]))
        bodies = self._frames.bodies(concatenate(chains))
        return self._refine(evidence, counts, bodies, weights, progress)

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
          weights: What each term counts.
          progress: Called with fits that have ended and fits in all.

        Returns:
          The bodies of each clip, a row a frame.

        Raises:
          ValueError: If a clip has no frame.
        """
        counts = _counts(clips)
        evidence = functools.reduce(Evidence.followed_by, clips)
        return self._refine(evidence, counts, start, weights, progress)

    def _refine(
        self,
        evidence: Evidence,
        counts: np.ndarray,
        start: BodyParams,
        weights: Weights,
        progress: Progress | None,
    ) -> list[FitResult]:
        """Fits the windows of clips, whose evidence follows each other.

        A frame's body is that of the window where it is farthest from the ends.
        """
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
        """Fits frames as they come.

        A window is fitted whenever it is full, from its last frames' bodies before; its bodies are
        given out but for the overlap, which the next window fits again. No frame waits for more
        than `delay` others, and none for one beyond a gap.

        Args:
          frames: Evidence of one or more frames at a time, in order; None for a frame where the
            person is not seen.
          weights: What each term counts.
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


def stretches(frames: np.ndarray) -> list[slice]:
    """Splits a video where frames are missing.

    Args:
      frames: `(N,)` increasing whole numbers of the frames.

    Returns:
      The rows of each stretch of frames that follow one another.

    Raises:
      ValueError: If the numbers don't increase.
    """
    steps = np.diff(frames)
    if (steps < 1).any():
        raise ValueError("`frames` must increase")
    ends = [0, *(np.flatnonzero(steps > 1) + 1).tolist(), len(frames)]
    return [slice(*pair) for pair in itertools.pairwise(ends)]


def best_chain(candidates: list[FitResult], before: FitResult | None = None) -> FitResult:
    """Chooses one body of each frame: low losses and small steps between frames.

    Minimizes the sum over frames of the loss and of 10 (step / 0.1 m)², the step being the root
    mean square over joints, seen from the pelvis; by dynamic programming, N starts² steps.

    Args:
      candidates: Bodies of N frames, from each start.
      before: The body of the frame before the first, if there is one.

    Returns:
      The N bodies chosen.
    """
    losses = np.stack([candidate.loss for candidate in candidates], axis=1)
    joints = np.stack([_from_pelvis(candidate) for candidate in candidates], axis=1)
    cost = losses[0].astype(np.float64)
    if before is not None:
        cost += _steps(_from_pelvis(before)[-1:], joints[0])[0]
    came_from = np.zeros(losses.shape, int)
    for frame in range(1, len(losses)):
        through = cost[:, None] + _steps(joints[frame - 1], joints[frame])
        came_from[frame] = through.argmin(axis=0)
        cost = through.min(axis=0) + losses[frame]
    choice = np.empty(len(losses), int)
    choice[-1] = cost.argmin()
    for frame in range(len(losses) - 1, 0, -1):
        choice[frame - 1] = came_from[frame, choice[frame]]
    return concatenate(candidates).select(choice * len(losses) + np.arange(len(losses)))


def _counts(clips: Sequence[Evidence]) -> np.ndarray:
    """Frames of each clip."""
    counts = np.array([len(clip) for clip in clips])
    if counts.min(initial=1) < 1:
        raise ValueError("`evidence`: expected at least one frame, received 0")
    return counts


def _windows_of(frames: BodyParams, rows: np.ndarray, length: int) -> BodyParams:
    """Makes windows of some of the bodies of single frames, with their mean shapes."""

    def arranged(part: np.ndarray) -> np.ndarray:
        return by_window(np.asarray(part)[rows, 0], length)

    return BodyParams(
        pose_variables=arranged(frames.pose_variables),
        rotation_matrices=arranged(frames.rotation_matrices),
        translation=arranged(frames.translation),
        shape=by_window(np.asarray(frames.shape)[rows], length).mean(axis=1),
        focal_scale=by_window(np.asarray(frames.focal_scale)[rows], length).mean(axis=1),
    )


def _steps(start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Costs `(S, S')` of steps between `(S, 24, 3)` and `(S', 24, 3)` joints."""
    squares = np.square(start[:, None] - stop[None]).sum(axis=3).mean(axis=2)
    return _JUMP_COST * squares / _JUMP**2


def _from_pelvis(result: FitResult) -> np.ndarray:
    return result.joints_3d - result.joints_3d[:, :1]


def window_begins(count: int, length: int, overlap: int) -> np.ndarray:
    """First frames of windows that cover all; the last ends with the last frame."""
    begins = np.arange(0, count - length + 1, length - overlap)
    if begins[-1] + length < count:
        begins = np.append(begins, count - length)
    return begins


def most_central(begins: np.ndarray, length: int, count: int) -> np.ndarray:
    """For each frame, its row in the window where it is farthest from the ends."""
    places = np.arange(count)[None] - begins[:, None]
    margins = np.minimum(places, length - 1 - places)
    window = margins.argmax(axis=0)
    return window * length + places[window, np.arange(count)]
