"""One motion file to one prepared clip, with an account of every frame.

Convention: clips are float32, axis-angle in radians, metres, y up; the floor is y = 0.
"""

import dataclasses

import numpy as np
from scipy.spatial.transform import Rotation

from hps_tf.data import amass, amc, asf, bvh, cleaning, conversion_plan, joint_maps, resampling
from hps_tf.data.conversion_plan import Job
from hps_tf.data.joint_maps import JointMap
from hps_tf.data.motion import BodyMotion, MotionClip, SourceMotion
from hps_tf.data.rest_skeleton import RestSkeleton
from hps_tf.data.retarget import retarget
from hps_tf.errors import InputError

#: The rate of the CMU database; AMC files state none.
AMC_FPS = 120.0
#: In one frame of twenty a foot may be below the floor: markers slip, soles are soft.
_FLOOR_PERCENTILE = 5


@dataclasses.dataclass(frozen=True)
class FrameCount:
    """What became of the frames of a file; `source` is the sum of the others.

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


@dataclasses.dataclass(frozen=True)
class Converter:
    """Converts motion files.

    Attributes:
      fps: The rate of the prepared clips.
      rest: The body's T-pose.
      joint_map: Of the source skeletons; None to recognize known ones.
    """

    fps: float
    rest: RestSkeleton
    joint_map: JointMap | None = None

    def convert(self, job: Job, data: bytes) -> tuple[MotionClip | None, FrameCount]:
        """Converts one file.

        Args:
          job: What is known of the file.
          data: Its content.

        Returns:
          The clip, or None if nothing of it is worth keeping, and where its frames went.

        Raises:
          InputError: If the file is wrong.
        """
        captured = self._read(job, data)
        if captured.fps < self.fps * (1 - resampling.TOLERANCE):
            raise InputError(
                f"{job.path}: expected at least {self.fps:g} frames a second, the rate to"
                f" prepare, received {captured.fps:g}"
            )
        num_frames = captured.num_frames
        added_pose = int(cleaning.begins_with_added_t_pose(captured))
        captured = captured.select(slice(added_pose, None))
        if cleaning.is_still(captured, self.rest):
            return None, FrameCount(num_frames, added_pose, still=captured.num_frames)
        jumps = cleaning.jumping_frames(captured, self.rest)
        motion, time = resampling.resample(captured, ~jumps, self.fps)
        count = FrameCount(
            source=num_frames,
            added_pose=added_pose,
            jumps=int(jumps.sum()),
            between=captured.num_frames - int(jumps.sum()) - motion.num_frames,
            written=motion.num_frames,
        )
        return (self._clip(job, motion, time) if motion.num_frames else None), count

    def _read(self, job: Job, data: bytes) -> BodyMotion:
        """Reads a file onto the body, at the rate it was captured at."""
        if job.path.lower().endswith(conversion_plan.SUFFIXES["amass"]):
            motion = amass.read(data, job.path)
        else:
            source = self._read_skeleton_motion(job, data)
            joint_map = self.joint_map or joint_maps.find(source.names, job.path)
            joint_maps.check_present(joint_map, source.names, job.path)
            motion = retarget(source, joint_map, self.rest, job.path)
        return dataclasses.replace(motion, fps=job.fps or motion.fps)

    def _read_skeleton_motion(self, job: Job, data: bytes) -> SourceMotion:
        if job.skeleton is None:
            return bvh.read(data, job.path)
        skeleton = asf.read(job.skeleton.data, job.skeleton.path)
        return amc.read(data, job.path, skeleton, job.fps or AMC_FPS)

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
