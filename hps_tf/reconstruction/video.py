"""Everybody in a video: people followed over time, each of one shape, moving smoothly.

Every frame's people are found and lifted by themselves, and tracked over the frames. Somebody's
shape is the mean of what the frames say. Bodies are then fitted in windows of frames, held together
by L_smooth (Zanfir et al. 2020, Eq. 12). A window has neighbouring frames alone: where somebody is
out of sight for a frame or more, nothing is held together.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np
import tensorflow as tf

from hps_tf.data.images import default_camera
from hps_tf.detection.people import People
from hps_tf.detection.tracking import Tracker
from hps_tf.errors import InputError
from hps_tf.fitting import Evidence, Expected
from hps_tf.fitting.window_layout import most_central, window_begins
from hps_tf.geometry import camera, translation
from hps_tf.reconstruction.reconstructor import (
    Bodies,
    Reconstructor,
    expected,
    fitted_bodies,
    is_possible,
    lifted_bodies,
    select,
)
from hps_tf.reconstruction.result import Reconstruction

WINDOW = 128
"""Frames that are fitted at once; longer stretches of neighbouring frames are taken apart."""

_OVERLAP = 16
_FRAMES_AT_ONCE = 8

_FEWEST_FRAMES = 3
"""Frames below which somebody in a longer video is taken to be a mistake of the detector."""


class Frame(Protocol):
    """A frame of a video, as `hps_tf.data.images.video_frames` gives them."""

    @property
    def time(self) -> float:
        """Seconds."""

    @property
    def pixels(self) -> np.ndarray:
        """`(H, W, 3)` uint8."""


class VideoReconstruction(NamedTuple):
    """The people of a video.

    Attributes:
      people: Everybody in every frame; `image` is the frame and `person` who it is.
      times: `(M,)` seconds of the frames.
      flaw: Why the video was not read to its end, if it was not.
    """

    people: Reconstruction
    times: np.ndarray
    flaw: str | None


class _Seen(NamedTuple):
    """N people in frames, before it is known what becomes of them.

    Attributes:
      frame: `(N,)`.
      person: `(N,)`.
      found: The reconstruction.
      intrinsics: `(N, 3, 3)`.
      about: The bodies lifted.
    """

    frame: np.ndarray
    person: np.ndarray
    found: People
    intrinsics: np.ndarray
    about: Expected


class VideoReconstructor:
    """Reconstructs everybody in videos.

        people, times, _ = VideoReconstructor(hps_tf.reconstruction.load())(VideoFile("dance.mp4"))

    Args:
      reconstructor: Finds, lifts and fits people in single frames.
    """

    def __init__(self, reconstructor: Reconstructor):
        self._single = reconstructor

    def __call__(
        self,
        frames: Iterable[Frame],
        *,
        refine: bool = True,
        max_people: int | None = None,
        focal_length: float | None = None,
        seen: Callable[[int], None] = lambda count: None,
        fitted: Callable[[int, int], None] = lambda ended, total: None,
    ) -> VideoReconstruction:
        """Reconstructs the people of a video.

        Args:
          frames: The frames in order of time. Where reading them ends with an `InputError`, those
            before are used.
          refine: Whether to fit the lifted bodies.
          max_people: How many of each frame at most, the surest.
          focal_length: Of the camera, pixels; by default the frame's diagonal.
          seen: Called with the number of frames done, while people are found.
          fitted: Called with fits that have ended and fits in all.

        Returns:
          The people; somebody seen in fewer than 3 frames of a longer video is left out.

        Raises:
          InputError: If not even one frame can be read.
        """
        parts: list[_Seen] = []
        times: list[float] = []
        flaw = None
        tracker = Tracker()
        try:
            for batch in _batches(frames):
                parts.append(self._see(batch, len(times), tracker, max_people, focal_length))
                times += [frame.time for frame in batch]
                seen(len(times))
        except InputError as error:
            if not times:
                raise
            flaw = str(error)
        joined = tf.nest.map_structure(lambda *each: np.concatenate(each), *parts)
        everybody = _lasting(joined, len(times))
        bodies = self._bodies(everybody, refine, fitted)
        return VideoReconstruction(
            Reconstruction(
                images=tuple(f"frame {number}" for number in range(len(times))),
                image=everybody.frame,
                person=everybody.person,
                score=everybody.found.score,
                boxes=everybody.found.boxes,
                keypoints_2d=everybody.found.keypoints,
                confidence=everybody.found.confidence,
                intrinsics=everybody.intrinsics,
                body=self._single.body,
                **bodies._asdict(),
            ),
            np.array(times),
            flaw,
        )

    def _see(
        self,
        batch: list[Frame],
        first: int,
        tracker: Tracker,
        max_people: int | None,
        focal_length: float | None,
    ) -> _Seen:
        """Finds, tracks and lifts the people of some frames."""
        found = self._single.find([frame.pixels for frame in batch], max_people=max_people)
        counts = [len(people.boxes) for people in found]
        persons = [
            tracker.follow(people, frame.time) for people, frame in zip(found, batch, strict=True)
        ]
        everybody = People(*map(np.concatenate, zip(*found, strict=True)))
        size = batch[0].pixels.shape
        matrix = default_camera.intrinsics((size[0], size[1]), focal_length)
        intrinsics = np.tile(matrix.astype(np.float32), (sum(counts), 1, 1))
        lifted = self._single.lift(everybody, intrinsics)
        rows = np.flatnonzero(is_possible(lifted))
        return _Seen(
            np.repeat(first + np.arange(len(batch)), counts)[rows],
            np.concatenate(persons)[rows],
            People(*(part[rows] for part in everybody)),
            intrinsics[rows],
            tf.nest.map_structure(np.asarray, expected(select(lifted, rows))),
        )

    def _bodies(self, seen: _Seen, refine: bool, fitted: Callable[[int, int], None]) -> Bodies:
        count = len(seen.frame)
        if not refine or not count:
            return self._placed(seen, seen.about.shape, 1 / np.square(seen.about.spread.shape))
        refiner = self._single.refiner
        evidence = Evidence(seen.found.keypoints, seen.found.confidence, seen.intrinsics)
        alone = refiner.refine(evidence, seen.about)
        about = seen.about._replace(
            shape=_means(seen.person, alone.shape, np.ones_like(alone.shape)),
            spread=seen.about.spread._replace(shape=np.zeros_like(seen.about.spread.shape)),
        )
        parts: list[Bodies] = []
        stretches = _stretches(seen.person, seen.frame)
        for stretch in stretches:
            places, central = _windows(len(stretch))
            rows = stretch[places.ravel()]
            result = refiner.refine(
                evidence.select(rows), about.select(rows), num_frames=places.shape[1]
            )
            parts.append(fitted_bodies(result.select(central)))
            fitted(sum(len(part.pose) for part in parts), count)
        back = np.argsort(np.concatenate(stretches))
        joined = (np.concatenate(part)[back] for part in zip(*parts, strict=True))
        return Bodies(*joined)._replace(shape=about.shape)

    def _placed(self, seen: _Seen, shape: np.ndarray, weights: np.ndarray) -> Bodies:
        """Gives lifted bodies their mean shape, and places them anew."""
        padded = np.ones_like(shape)
        padded[:, : weights.shape[1]] = weights
        body, about = self._single.body, seen.about
        arguments = {
            "rotation_matrices": about.rotation_matrices,
            "shape": _means(seen.person, shape, padded),
        }
        points = body.keypoints("coco17", **arguments)
        place = translation.from_perspective(
            points, seen.found.keypoints, seen.found.confidence, seen.intrinsics
        )
        return lifted_bodies(
            about._replace(shape=arguments["shape"], translation=place.numpy()),
            (body.joints(**arguments) + place[:, None]).numpy(),
            camera.project(points + place[:, None], seen.intrinsics).numpy(),
        )


def _batches(frames: Iterable[Frame]) -> Iterator[list[Frame]]:
    """Takes some frames at a time; what reading raises is raised after those before."""
    batch: list[Frame] = []
    try:
        for frame in frames:
            batch.append(frame)
            if len(batch) == _FRAMES_AT_ONCE:
                yield batch
                batch = []
    except InputError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _lasting(seen: _Seen, num_frames: int) -> _Seen:
    """Leaves out who is seen too shortly; numbers the others as they appear."""
    numbers, counts = np.unique(seen.person, return_counts=True)
    kept = numbers[counts >= min(_FEWEST_FRAMES, num_frames)]
    rows = np.flatnonzero(np.isin(seen.person, kept))
    some = tf.nest.map_structure(lambda part: part[rows], seen)
    return some._replace(person=np.searchsorted(kept, some.person))


def _means(person: np.ndarray, shape: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Each person's mean shape over frames, for each row."""
    means = np.array(shape, np.float32)
    for number in np.unique(person):
        rows = person == number
        means[rows] = np.average(shape[rows], axis=0, weights=weights[rows])
    return means


def _stretches(person: np.ndarray, frame: np.ndarray) -> list[np.ndarray]:
    """Splits `(N,)` rows into those of one person in frames that follow each other."""
    order = np.lexsort([frame, person])
    is_first = np.diff(frame[order], prepend=-2) != 1
    is_first |= np.diff(person[order], prepend=-1) != 0
    return np.split(order, np.flatnonzero(is_first)[1:])


def _windows(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Arranges a stretch in windows.

    Args:
      count: Frames of the stretch.

    Returns:
      `(W, T)` frames of the windows, and for each frame its place among all these, in the window
      where it is farthest from the ends.
    """
    length = min(count, WINDOW)
    begins = window_begins(count, length, _OVERLAP) if count > WINDOW else np.zeros(1, int)
    return begins[:, None] + np.arange(length), most_central(begins, length, count)
