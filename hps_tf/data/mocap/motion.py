"""Motion at its three stages: as a file holds it, on the body's joints, and as a finished clip.

Convention: rotation matrices act on column vectors; y is up; seconds, and metres wherever the
source states a unit. Axis-angle vectors are in radians.
"""

import dataclasses

import numpy as np

from hps_tf.body import skeleton


@dataclasses.dataclass(frozen=True)
class SourceMotion:
    """The motion of a skeleton as its file describes it, before retargeting.

    Attributes:
      names: J joint names; a parent stands before its children.
      parents: Parent of each joint; -1 for the root.
      offsets: `(J, 3)` joint from its parent at zero pose, in the file's unit.
      rotations: `(F, J, 3, 3)` world rotation of each joint's frame.
      positions: `(F, J, 3)` world position of each joint, in the unit of `offsets`.
      fps: Frames per second.
      in_metres: Whether the unit is known and has been turned into metres.
      small_angles: Whether the file's angles are so small that they might be radians, while nobody
        stated their unit.
      notes: Notes for the user on how the file was read.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: np.ndarray
    rotations: np.ndarray
    positions: np.ndarray
    fps: float
    in_metres: bool
    small_angles: bool = False
    notes: tuple[str, ...] = ()

    @property
    def num_frames(self) -> int:
        """Number of frames F."""
        return len(self.rotations)


@dataclasses.dataclass(frozen=True)
class BodyMotion:
    """A motion of the 24-joint body.

    Attributes:
      rotation_matrices: `(F, 24, 3, 3)` rotation of each joint relative to its parent; identity is
        the T-pose.
      translation: `(F, 3)` position of the pelvis, metres.
      fps: Frames per second.
    """

    rotation_matrices: np.ndarray
    translation: np.ndarray
    fps: float

    @property
    def num_frames(self) -> int:
        """Number of frames F."""
        return len(self.rotation_matrices)

    def select(self, frames: np.ndarray | slice) -> "BodyMotion":
        """Returns the motion at the frames chosen by an index, mask or slice."""
        return dataclasses.replace(
            self,
            rotation_matrices=self.rotation_matrices[frames],
            translation=self.translation[frames],
        )


@dataclasses.dataclass(frozen=True, eq=False)
class MotionClip:
    """One prepared clip.

    Attributes:
      name: Unique in its data set, e.g. ``"02_01"``.
      subject: Who moves, e.g. ``"02"``; splits never share a subject.
      split: ``"train"``, ``"val"``, ``"test"``, or ``"all"``.
      fps: Frames per second.
      pose: `(F, 24, 3)` float32 axis-angle, radians.
      translation: `(F, 3)` float32 position of the pelvis, metres; the floor is y = 0.
      source: File the clip was made from, relative to the prepared input.
      time: `(F,)` float32 seconds since the source's first captured frame. Frames follow one
        another at 1/fps except where bad frames were dropped.
    """

    name: str
    subject: str
    split: str
    fps: float
    pose: np.ndarray
    translation: np.ndarray
    source: str
    time: np.ndarray

    def __post_init__(self) -> None:
        num_frames = len(self.pose)
        wanted = {
            "pose": (num_frames, skeleton.NUM_JOINTS, 3),
            "translation": (num_frames, 3),
            "time": (num_frames,),
        }
        for field, shape in wanted.items():
            array = getattr(self, field)
            if array.shape != shape or array.dtype != np.float32:
                raise ValueError(
                    f"`{field}`: expected float32 of shape {shape}, received"
                    f" {array.dtype} {array.shape}"
                )

    @property
    def num_frames(self) -> int:
        """Number of frames F."""
        return len(self.pose)
