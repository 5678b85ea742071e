"""One motion file to one prepared clip, with an account of every frame.

Convention: clips are float32, axis-angle in radians, metres, y up; the floor is y = 0.
"""

import dataclasses
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from hps_tf.body import skeleton
from hps_tf.data.mocap import (
    amass,
    amc,
    angles,
    asf,
    bvh,
    cleaning,
    conversion_plan,
    deepmimic,
    joint_maps,
    resampling,
    stance,
    up_axis,
)
from hps_tf.data.mocap.angles import AngleUnit
from hps_tf.data.mocap.conversion_plan import Job
from hps_tf.data.mocap.joint_maps import JointMap
from hps_tf.data.mocap.motion import BodyMotion, MotionClip, SourceMotion
from hps_tf.data.mocap.rest_skeleton import RestSkeleton
from hps_tf.data.mocap.retarget import retarget
from hps_tf.data.mocap.stance import NOTHING_STATED, StatedStance
from hps_tf.errors import InputError

#: The rate of the CMU database; AMC files state none.
AMC_FPS = 120.0
#: In one frame of twenty a foot may be below the floor: markers slip, soles are soft.
_FLOOR_PERCENTILE = 5
# Nobody holds the arms as far up as in a T-pose for as long as this part of a clip, give or take
# this many degrees.
_ARMS_HELD_PART, _ARMS_HELD_DEGREES = 0.9, 20.0


@dataclasses.dataclass(frozen=True)
class FrameCount:
    """Counts of a file's frames by outcome; `source` is the sum of the others.

    Attributes:
      source: In the file.
      added_pose: A T-pose put before the capture.
      jumps: Frames in which a joint jumps.
      between: Captured frames that the lower frame rate passes over.
      still: In a calibration still.
      written: In the prepared clip.
    """

    source: int
    added_pose: int = 0
    jumps: int = 0
    between: int = 0
    still: int = 0
    written: int = 0


class Conversion(NamedTuple):
    """The result of converting one file.

    Attributes:
      clip: The clip, or None if nothing of the file is worth keeping.
      frames: Where its frames went.
      notes: Notes for the user on how it was read.
    """

    clip: MotionClip | None
    frames: FrameCount
    notes: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Converter:
    """Converts motion files.

        converter = Converter(fps=30.0, rest=RestSkeleton.from_body(data))

    Attributes:
      fps: The rate of the prepared clips.
      rest: The body's T-pose.
      joint_map: Of the source skeletons; None to recognize known ones.
      stated: How the sources stand, as far as the user says.
      angle_unit: The unit of angles, if the user states it.
    """

    fps: float
    rest: RestSkeleton
    joint_map: JointMap | None = None
    stated: StatedStance = NOTHING_STATED
    angle_unit: AngleUnit | None = None

    def convert(self, job: Job, data: bytes) -> Conversion:
        """Converts one file.

        Args:
          job: The file and its settings.
          data: Its content.

        Raises:
          InputError: If the file is wrong.
        """
        captured, rest_frame, notes = self._read(job, data)
        if captured.fps < self.fps * (1 - resampling.TOLERANCE):
            raise InputError(
                f"{job.path}: expected at least {self.fps:g} frames per second, the rate to"
                f" prepare, received {captured.fps:g}"
            )
        num_frames = captured.num_frames
        if rest_frame is None:
            rest_frame = 0 if cleaning.begins_with_added_t_pose(captured) else None
        # A rest pose within a capture was captured.
        kept = slice(int(rest_frame == 0), num_frames - int(0 < num_frames - 1 == rest_frame))
        captured = captured.select(kept)
        added_pose = num_frames - captured.num_frames
        if captured.num_frames == 0 or cleaning.is_still(captured, self.rest):
            count = FrameCount(num_frames, added_pose, still=captured.num_frames)
            return Conversion(None, count, notes)
        jumps = cleaning.jumping_frames(captured, self.rest)
        motion, time = resampling.resample(captured, ~jumps, self.fps)
        count = FrameCount(
            source=num_frames,
            added_pose=added_pose,
            jumps=int(jumps.sum()),
            between=captured.num_frames - int(jumps.sum()) - motion.num_frames,
            written=motion.num_frames,
        )
        clip = self._clip(job, motion, time) if motion.num_frames else None
        return Conversion(clip, count, notes)

    def _read(self, job: Job, data: bytes) -> tuple[BodyMotion, int | None, tuple[str, ...]]:
        """Reads a file onto the body, at the rate it was captured at.

        Returns:
          The motion, which of its frames is its skeleton's rest pose, and what is to be said.
        """
        if _is_of(job, "amass"):
            motion, notes = self._read_amass(job, data)
            return motion, None, notes
        source = self._read_skeleton_motion(job, data)
        joint_map = self.joint_map or _known_map(source, job)
        joint_maps.check_present(joint_map, source.names, job.path)
        standing = stance.stand_upright(source, joint_map, self.stated, job.path)
        if not standing.zero_is_own:
            joint_map = dataclasses.replace(joint_map, level_pitch={})
        motion = retarget(standing.motion, joint_map, self.rest, job.path)
        if source.small_angles and _holds_arms_out(motion, self.rest):
            raise angles.looks_like_radians("arms held out as at rest all the time", job.path)
        motion = dataclasses.replace(motion, fps=job.fps or motion.fps)
        return motion, standing.rest_frame, standing.motion.notes

    def _read_amass(self, job: Job, data: bytes) -> tuple[BodyMotion, tuple[str, ...]]:
        up = self.stated.up
        notes: tuple[str, ...] = ()
        motion = amass.read(data, job.path, job.fps, self.angle_unit)
        if up is None:
            places = self.rest.joint_positions(motion).swapaxes(0, 1)
            joints = dict(zip(skeleton.JOINT_NAMES, places, strict=True))
            up, notes = up_axis.find(joints, presumed=amass.UP)
        return up_axis.level(motion, up), notes

    def _read_skeleton_motion(self, job: Job, data: bytes) -> SourceMotion:
        if _is_of(job, "deepmimic"):
            return deepmimic.read(data, job.path, job.fps)
        if job.skeleton is None:
            return bvh.read(data, job.path, job.fps, self.angle_unit)
        skeleton = asf.read(job.skeleton.data, job.skeleton.path)
        return amc.read(data, job.path, skeleton, job.fps or AMC_FPS, self.angle_unit)

    def _clip(self, job: Job, motion: BodyMotion, time: np.ndarray) -> MotionClip:
        floor = np.percentile(self.rest.lowest_sole(motion), _FLOOR_PERCENTILE)
        return MotionClip(
            name=job.name,
            subject=job.subject,
            split=job.split,
            fps=self.fps,
            pose=Rotation.from_matrix(motion.rotation_matrices).as_rotvec().astype(np.float32),
            translation=(motion.translation - [0, floor, 0]).astype(np.float32),
            source=job.path,
            time=time.astype(np.float32),
        )


def _is_of(job: Job, file_format: str) -> bool:
    return job.path.lower().endswith(conversion_plan.SUFFIXES[file_format])


def _known_map(source: SourceMotion, job: Job) -> JointMap:
    if _is_of(job, "deepmimic"):
        return deepmimic.JOINT_MAP
    return joint_maps.find(source.names, job.path)


def _holds_arms_out(motion: BodyMotion, rest: RestSkeleton) -> bool:
    """Tells whether the arms stay in the T-pose nearly all the time."""
    places = rest.joint_positions(motion)
    shoulders, wrists = (
        [skeleton.JOINT_NAMES.index(f"{side}_{joint}") for side in "lr"]
        for joint in ("shoulder", "wrist")
    )
    arms = places[:, wrists] - places[:, shoulders]
    out = places[:, shoulders] - places[:, shoulders[::-1]]
    cosine = (arms * out).sum(-1) / np.linalg.norm(arms, axis=-1) / np.linalg.norm(out, axis=-1)
    held = (cosine > np.cos(np.radians(_ARMS_HELD_DEGREES))).all(axis=-1)
    return bool(held.mean() > _ARMS_HELD_PART)
