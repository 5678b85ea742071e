"""How a source skeleton stands: in which of its poses it is a T-pose, upright and facing ahead.

Retargeting wants a skeleton that stands upright in a T-pose and faces +z when no joint is turned,
in a world with y up. Many programs write others: with all bones along one axis at zero, with z up,
facing away. Such a motion is expressed anew, by the same skeleton with other frames: those aligned
with the world in its rest pose. That is the pose the user names, else the zero pose however it is
turned, else a T-pose put before the motion or behind it.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from hps_tf.data.mocap import kinematics, up_axis
from hps_tf.data.mocap.joint_maps import JointMap, check_present
from hps_tf.data.mocap.motion import SourceMotion
from hps_tf.data.mocap.retarget import zero_pose_fault
from hps_tf.data.mocap.upright_pose import UprightPose, align, closest_to_t_pose, joints_of
from hps_tf.errors import InputError

# How far from the T-pose a frame may be that is taken for one without anybody's word.
_T_POSE_DEGREES = 25.0
# Degrees beside an axis within which a rest pose faces along it: people are not symmetric, and
# frames may be captured.
_ZERO_POSE_FACING, _FRAME_FACING = 10.0, 3.0
# Toes behind the ankles by this part of the foot's length: left is right.
_BEHIND = 0.5


class RestFile(NamedTuple):
    """Another motion of the same skeleton, which holds its rest pose."""

    name: str
    motion: SourceMotion


@dataclasses.dataclass(frozen=True)
class StatedStance:
    """The user's statements on how sources stand.

    Attributes:
      rest_pose: The frame of a T-pose, from 0, or the file that holds one.
      up: The axis of their world that is up.
    """

    rest_pose: int | RestFile | None = None
    up: str | None = None


NOTHING_STATED = StatedStance()


class Stance(NamedTuple):
    """A motion whose skeleton stands upright at zero.

    Attributes:
      motion: The motion, with y up.
      rest_frame: The frame that holds the rest pose, if it is one of the motion's own.
      zero_is_own: Whether the zero pose is the file's, at most turned as a whole.
    """

    motion: SourceMotion
    rest_frame: int | None
    zero_is_own: bool


def stand_upright(
    source: SourceMotion, joint_map: JointMap, stated: StatedStance, name: str
) -> Stance:
    """Expresses a motion by a skeleton that stands upright at zero, in a world with y up.

    Args:
      source: The motion as its file holds it.
      joint_map: Which source joint drives which body joint.
      stated: The user's statements on it.
      name: How errors call the source.

    Raises:
      InputError: If there is no rest pose, or the one that is stated is none.
    """
    driver = {joint: source.names.index(name) for joint, name in joint_map.drivers.items()}
    pose = _rest_pose(source, driver, joint_map, stated, name)
    _check_feet(joints_of(pose.positions @ pose.alignment.T, driver), name)
    up, notes = stated.up, _notes(pose, stated)
    if up is None:
        presumed = up_axis.nearest(pose.alignment[1])
        up, more = up_axis.find(joints_of(source.positions.swapaxes(0, 1), driver), presumed)
        notes += more
    own_zero = pose.frame is None and not isinstance(stated.rest_pose, RestFile)
    if not own_zero or up != "y" or not np.array_equal(pose.alignment, np.eye(3)):
        source = _realigned(source, pose, up_axis.TO_Y_UP[up])
    source = dataclasses.replace(source, notes=(*source.notes, *notes))
    return Stance(source, pose.frame, own_zero)


def _notes(pose: UprightPose, stated: StatedStance) -> tuple[str, ...]:
    """Returns notes on findings that the user did not state."""
    if stated.rest_pose is not None:
        return ()
    if pose.frame is not None:
        return (f"took frame {pose.frame} for the rest pose: it is a T-pose",)
    if np.array_equal(pose.alignment, np.eye(3)):
        return ()
    left, up, _ = (up_axis.nearest(direction) for direction in pose.alignment)
    return (f"turned the zero pose upright, in which {up} is up and {left} on the left",)


def _rest_pose(
    source: SourceMotion,
    driver: Mapping[str, int],
    joint_map: JointMap,
    stated: StatedStance,
    name: str,
) -> UprightPose:
    if isinstance(stated.rest_pose, RestFile):
        return _pose_of_file(source, driver, joint_map, stated.rest_pose, name)
    if stated.rest_pose is not None:
        return _stated_frame(source, driver, stated.rest_pose, name)
    return _found_pose(source, driver, (0, source.num_frames - 1), name)


def _found_pose(
    source: SourceMotion, driver: Mapping[str, int], frames: Sequence[int], name: str
) -> UprightPose:
    """Returns the zero pose if it can be turned upright, else the first T-pose of some frames."""
    rotations, positions = _zero_pose(source)
    pose = align(rotations, positions, driver, _ZERO_POSE_FACING)
    if isinstance(pose, UprightPose):
        return pose
    fault = zero_pose_fault(joints_of(positions, driver))
    if fault is None:  # It leans too far to find more faults.
        return UprightPose(rotations, positions, np.eye(3), None)
    for frame in frames:
        pose = _frame(source, frame, driver, _T_POSE_DEGREES)
        if isinstance(pose, UprightPose):
            return pose
    closest, degrees = closest_to_t_pose(joints_of(source.positions.swapaxes(0, 1), driver))
    raise InputError(
        f"{name}: {fault}, and no T-pose in the first or last frame; say which frame or which file"
        f" holds one: --rest_pose FRAME (from 0; {closest} comes closest, {degrees:.0f} degrees"
        " off) or --rest_pose FILE.bvh"
    )


def _stated_frame(
    source: SourceMotion, driver: Mapping[str, int], frame: int, name: str
) -> UprightPose:
    if frame >= source.num_frames:
        raise InputError(
            f"{name}: expected more than {frame} frames, as --rest_pose counts them from 0,"
            f" received {source.num_frames}"
        )
    pose = _frame(source, frame, driver)
    if not isinstance(pose, UprightPose):
        raise InputError(f"{name}, frame {frame} of --rest_pose: {pose}")
    return pose


def _frame(
    source: SourceMotion, frame: int, driver: Mapping[str, int], limit: float = 180.0
) -> UprightPose | str:
    pose = align(source.rotations[frame], source.positions[frame], driver, _FRAME_FACING, limit)
    return pose._replace(frame=frame) if isinstance(pose, UprightPose) else pose


def _pose_of_file(
    source: SourceMotion,
    driver: Mapping[str, int],
    joint_map: JointMap,
    rest: RestFile,
    name: str,
) -> UprightPose:
    """Puts the source's skeleton into the rest pose of another file."""
    motion = rest.motion
    check_present(joint_map, motion.names, rest.name)
    of_file = {joint: motion.names.index(name) for joint, name in joint_map.drivers.items()}
    closest, _ = closest_to_t_pose(joints_of(motion.positions.swapaxes(0, 1), of_file))
    pose = _found_pose(motion, of_file, (0, motion.num_frames - 1, closest), rest.name)
    bones = np.einsum("jba,jb->ja", source.rotations[0][list(source.parents)], _bones(source))
    rotations = np.empty((len(source.names), 3, 3))
    positions = np.zeros((len(source.names), 3))
    for joint, (joint_name, parent) in enumerate(zip(source.names, source.parents, strict=True)):
        above = rotations[parent] if parent >= 0 else np.eye(3)
        found = joint_name in motion.names
        rotations[joint] = pose.rotations[motion.names.index(joint_name)] if found else above
        if parent >= 0:
            positions[joint] = positions[parent] + above @ bones[joint]
    fault = zero_pose_fault(joints_of(positions @ pose.alignment.T, driver))
    if fault is not None:
        raise InputError(f"{name}, in the rest pose of {rest.name}: {fault}")
    return UprightPose(rotations, positions, pose.alignment, None)


def _zero_pose(source: SourceMotion) -> tuple[np.ndarray, np.ndarray]:
    identity = np.broadcast_to(np.eye(3), (1, len(source.names), 3, 3))
    world, positions = kinematics.forward_kinematics(identity, source.offsets, source.parents)
    return world[0], positions[0]


def _bones(source: SourceMotion) -> np.ndarray:
    """Returns each joint from its parent `(J, 3)` in the first frame."""
    positions = source.positions[0]
    return positions - positions[list(source.parents)]


def _check_feet(joints: Mapping[str, np.ndarray], name: str) -> None:
    if not {"l_foot", "r_foot"} <= joints.keys():
        return
    foot = sum(joints[f"{side}_foot"] - joints[f"{side}_ankle"] for side in "lr")
    if foot[2] < -_BEHIND * np.linalg.norm(foot):
        raise InputError(
            f"{name}: expected toes before the ankles, received them behind (are left and right"
            " exchanged in the joint mapping?)"
        )


def _realigned(source: SourceMotion, pose: UprightPose, to_y_up: np.ndarray) -> SourceMotion:
    """Expresses a motion by frames that are aligned with the world in the rest pose."""
    aligned = pose.positions @ pose.alignment.T
    from_rest = np.swapaxes(pose.rotations, -1, -2) @ pose.alignment.T
    offsets = aligned - aligned[list(source.parents)]
    offsets[0] = aligned[0]
    return dataclasses.replace(
        source,
        offsets=offsets,
        rotations=to_y_up @ source.rotations @ from_rest,
        positions=source.positions @ to_y_up.T,
    )
