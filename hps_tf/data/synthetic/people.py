"""People to picture: who, in which pose and shape, one alone or in consecutive frames.

Convention: world frame y up, metres, axis-angle in radians. A person's first frame stands at the
origin; which way is north is left to chance.
"""

import dataclasses
import functools
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.data.mocap.motion import MotionClip
from hps_tf.errors import InputError
from hps_tf.priors import PosePrior

_KEPT = 0.9
"""Share of a prior's samples that are kept, the likeliest."""

_BLOCK = 1024
"""Samples that are drawn together."""

_TILT = np.radians(15)
"""Standard deviation of how far a person leans as a whole."""


@dataclasses.dataclass(frozen=True, eq=False)
class Person:
    """Someone in F consecutive frames.

    Attributes:
      pose: `(F, 24, 3)`; the root turns the body into the world.
      path: `(F, 3)` of the pelvis.
      subject: Who it is, if known.
      action: The action, if known.
      first_frame: Where in the clip.
    """

    pose: np.ndarray
    path: np.ndarray
    subject: str = ""
    action: str = ""
    first_frame: int = 0


class People(Protocol):
    """Where people come from.

        (person,) = people.draw("train", first=0, count=1, seed=0)

    `PriorPeople` and `ClipPeople` are such sources.
    """

    def draw(self, split: str, first: int, count: int, seed: int) -> list[Person]:
        """Draws the people with the numbers from `first` on, the same whenever it is called."""


def random(seed: int, split: str, *numbers: int) -> np.random.Generator:
    """The source of randomness of one thing of one split of one seed."""
    return np.random.default_rng([seed, zlib.crc32(split.encode()), *numbers])


class PriorPeople:
    """People in the likelier samples of a prior, one frame each.

        people = PriorPeople(hps_tf.priors.load("cmu-6d-light"))

    Args:
      prior: The prior.
    """

    def __init__(self, prior: PosePrior):
        self._prior = prior
        # A call of a flow takes long, however few it samples.
        self._poses = functools.lru_cache(maxsize=2)(self._block_of_poses)

    def draw(self, split: str, first: int, count: int, seed: int) -> list[Person]:
        """See `People.draw`."""
        people = []
        for number in range(first, first + count):
            block, place = divmod(number, _BLOCK)
            pose = self._poses(split, block, seed)[place].copy()
            rng = random(seed, split, number)
            tilt, towards = rng.normal(0, _TILT), rng.uniform(-np.pi, np.pi)
            leaning = tilt * np.array([np.cos(towards), 0.0, np.sin(towards)])
            pose[0] = (_heading(rng) * Rotation.from_rotvec(leaning)).as_rotvec()
            people.append(Person(pose[np.newaxis], np.zeros((1, 3))))
        return people

    def _block_of_poses(self, split: str, block: int, seed: int) -> np.ndarray:
        rng = random(seed, split, block, _BLOCK)
        vectors = self._prior.sample(math.ceil(_BLOCK / _KEPT), int(rng.integers(1 << 31)))
        energy = self._prior.energy(vectors).numpy()
        kept = np.sort(np.argsort(energy, kind="stable")[:_BLOCK])
        return self._prior.space.to_pose(tf.gather(vectors, kept)).numpy()


class ClipPeople:
    """People from motion capture.

        people = ClipPeople({"train": clips}, num_frames=8)

    A subject with more frames is drawn more often, by their number's square root.

    Args:
      clips: Of each split. No subject may be in two.
      num_frames: Consecutive frames a person is seen in.

    Raises:
      InputError: If a split has no clip that is long enough, or two splits share a subject.
    """

    def __init__(self, clips: Mapping[str, Sequence[MotionClip]], num_frames: int = 1):
        self._num_frames = num_frames
        self._clips = {}
        owners: dict[str, str] = {}
        for split, members in clips.items():
            long_enough = [clip for clip in members if clip.num_frames >= num_frames]
            if not long_enough:
                raise InputError(
                    f"split {split!r}: expected a clip of at least {num_frames} frames, received"
                    f" {max((clip.num_frames for clip in members), default=0)}"
                )
            for clip in long_enough:
                if owners.setdefault(clip.subject, split) != split:
                    raise InputError(
                        f"subject {clip.subject!r}: expected in one split, received in"
                        f" {owners[clip.subject]} and {split}"
                    )
            self._clips[split] = _BySubject(long_enough, num_frames)

    def draw(self, split: str, first: int, count: int, seed: int) -> list[Person]:
        """See `People.draw`."""
        return [
            self._person(random(seed, split, number), split)
            for number in range(first, first + count)
        ]

    def _person(self, rng: np.random.Generator, split: str) -> Person:
        clip, first_frame = self._clips[split].draw(rng)
        frames = slice(first_frame, first_frame + self._num_frames)
        turn = _heading(rng)
        pose = clip.pose[frames].copy()
        pose[:, 0] = (turn * Rotation.from_rotvec(pose[:, 0])).as_rotvec()
        path = turn.apply(clip.translation[frames] - clip.translation[first_frame])
        return Person(pose, path, clip.subject, clip.name, first_frame)


class _BySubject:
    """Clips, to be drawn from evenly over subjects as far as they have frames."""

    def __init__(self, clips: Sequence[MotionClip], num_frames: int):
        self._clips = sorted(clips, key=lambda clip: (clip.subject, clip.name))
        self._starts = np.array([clip.num_frames - num_frames + 1 for clip in self._clips])
        subjects = np.array([clip.subject for clip in self._clips])
        self._members = [np.flatnonzero(subjects == subject) for subject in np.unique(subjects)]
        weights = np.sqrt([self._starts[members].sum() for members in self._members])
        self._weights = weights / weights.sum()

    def draw(self, rng: np.random.Generator) -> tuple[MotionClip, int]:
        members = self._members[rng.choice(len(self._members), p=self._weights)]
        ends = np.cumsum(self._starts[members])
        start = int(rng.integers(ends[-1]))
        place = int(np.searchsorted(ends, start, side="right"))
        member = members[place]
        return self._clips[member], start - int(ends[place] - self._starts[member])


def _heading(rng: np.random.Generator) -> Rotation:
    return Rotation.from_rotvec([0.0, rng.uniform(-np.pi, np.pi), 0.0])
