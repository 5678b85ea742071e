"""Retargeting of a source skeleton's motion to the 24-joint body.

The zero pose of either skeleton has world-aligned joint frames, so that world rotations carry over
unchanged, except where the two zero poses differ: CMU skeletons spread their legs by 20 degrees,
others let the arms hang. There a joint's frame is corrected by a constant rotation:

- thighs, shins, upper arms, forearms by the smallest rotation from the body's resting bone to the
  source's, which makes limb directions exact; hands follow the forearm;
- feet by the sideways tilt of the source's shin: soles stand at right angles to the shins (CMU's
  feet measure 20 degrees of roll on flat ground when this is left out);
- neck and head by the pitch at which the source looks straight ahead.

Convention: y up, facing +z, left = +x; metres.
"""

import itertools
from collections.abc import Mapping

import numpy as np
from scipy.spatial.transform import Rotation

from hps_tf.body import skeleton
from hps_tf.data.mocap import angles, kinematics
from hps_tf.data.mocap.joint_maps import JointMap
from hps_tf.data.mocap.motion import BodyMotion, SourceMotion
from hps_tf.data.mocap.rest_skeleton import RestSkeleton
from hps_tf.errors import InputError
from hps_tf.geometry import shortest_rotation

# Bones of the limbs: joint, the child it points to, and the direction at zero pose with the largest
# angle from it that still makes sense (arms may hang, legs may be spread).
_LIMBS = (
    ("l_hip", "l_knee", (0, -1, 0), 60),
    ("l_knee", "l_ankle", (0, -1, 0), 60),
    ("r_hip", "r_knee", (0, -1, 0), 60),
    ("r_knee", "r_ankle", (0, -1, 0), 60),
    ("l_shoulder", "l_elbow", (1, 0, 0), 100),
    ("l_elbow", "l_wrist", (1, 0, 0), 100),
    ("r_shoulder", "r_elbow", (-1, 0, 0), 100),
    ("r_elbow", "r_wrist", (-1, 0, 0), 100),
)
_LEGS = tuple((joint, child) for joint, child, direction, _ in _LIMBS if direction == (0, -1, 0))
_SHORTEST_LEG, _LONGEST_LEG = 0.4, 1.3  # hip to ankle, metres: children to giants
_SPINE = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
# Joints whose frame at zero pose turns with the bone before them.
_INHERITED = {"l_wrist": "l_elbow", "r_wrist": "r_elbow", "l_hand": "l_elbow", "r_hand": "r_elbow"}


def retarget(
    source: SourceMotion, joint_map: JointMap, rest: RestSkeleton, name: str
) -> BodyMotion:
    """Moves the body as the source skeleton moves.

    Args:
      source: The motion; its zero pose stands upright and faces +z.
      joint_map: Which source joint drives which body joint.
      rest: The body's T-pose.
      name: How errors call the source.

    Returns:
      The motion at the source's rate, scaled by the length of the legs, mid-hip on mid-hip.

    Raises:
      InputError: If the source's zero pose cannot be one.
    """
    driver = {joint: source.names.index(name) for joint, name in joint_map.drivers.items()}
    zero_pose = zero_pose_of(source, driver)
    fault = zero_pose_fault(zero_pose)
    if fault is not None:
        raise InputError(f"{name}: {fault}")
    if source.in_metres and not _SHORTEST_LEG < _leg_length(zero_pose) < _LONGEST_LEG:
        raise InputError(
            f"{name}: expected legs of {_SHORTEST_LEG} to {_LONGEST_LEG} m, received"
            f" {_leg_length(zero_pose):.3g} m (is the skeleton's unit of length right?)"
        )
    corrections = _rest_corrections(zero_pose, rest) | {
        joint: angles.to_matrices("X", np.array([-pitch]))
        for joint, pitch in joint_map.level_pitch.items()
    }
    world = np.empty((source.num_frames, skeleton.NUM_JOINTS, 3, 3))
    for index, joint in enumerate(skeleton.JOINT_NAMES):
        if joint in driver:
            world[:, index] = source.rotations[:, driver[joint]] @ corrections[joint]
        else:
            world[:, index] = world[:, skeleton.PARENTS[index]]
    _bend_spine_evenly(world, driver)
    body_leg = sum(np.linalg.norm(rest.offset(child)) for _, child in _LEGS) / 2
    scale = body_leg / _leg_length(zero_pose)
    hips = 0.5 * (source.positions[:, driver["l_hip"]] + source.positions[:, driver["r_hip"]])
    body_hips = 0.5 * (rest.offset("l_hip") + rest.offset("r_hip"))
    return BodyMotion(
        rotation_matrices=kinematics.local_rotations(world, skeleton.PARENTS),
        translation=hips * scale - world[:, 0] @ body_hips,
        fps=source.fps,
    )


def zero_pose_of(source: SourceMotion, driver: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Returns where the driving joints stand when no joint is turned, by body joint."""
    identity = np.broadcast_to(np.eye(3), (1, len(source.names), 3, 3))
    _, positions = kinematics.forward_kinematics(identity, source.offsets, source.parents)
    return {target: positions[0, joint] for target, joint in driver.items()}


def zero_pose_fault(zero_pose: Mapping[str, np.ndarray], limit: float = 180.0) -> str | None:
    """Explains why joints do not stand upright in a T-pose or A-pose that faces +z.

    Args:
      zero_pose: Positions `(3,)` of the driven body joints.
      limit: Degrees by which limbs may differ from the T-pose's, if that is less than what makes
        sense in any zero pose.

    Returns:
      What was expected and what was received, or None if they do.
    """
    for joint, child, expected, largest in _LIMBS:
        bone = zero_pose[child] - zero_pose[joint]
        length = np.linalg.norm(bone)
        allowed = min(largest, limit)
        if length == 0 or np.degrees(np.arccos(np.clip(bone @ expected / length, -1, 1))) > allowed:
            return (
                f"expected a zero pose upright and facing +z, with {joint} to {child}"
                f" within {allowed:g} degrees of {expected}, received offset"
                f" ({', '.join(f'{x:.3g}' for x in bone)})"
            )
    width = (zero_pose["l_hip"] - zero_pose["r_hip"])[0]
    if width <= 0:
        return (
            f"expected a zero pose with the left hip on the side of +x, received it"
            f" {-width:.3g} to the other side of the right hip"
        )
    height = (zero_pose["head"] - 0.5 * (zero_pose["l_hip"] + zero_pose["r_hip"]))[1]
    if height <= 0:
        return (
            "expected a zero pose upright, with the head above the hips, received it"
            f" {-height:.3g} below them"
        )
    return None


def _rest_corrections(
    zero_pose: Mapping[str, np.ndarray], rest: RestSkeleton
) -> dict[str, np.ndarray]:
    """Returns for each joint the rotation `(3, 3)` from the body's resting bone to the source's."""
    corrections = {joint: np.eye(3) for joint in skeleton.JOINT_NAMES}
    for joint, child, _, _ in _LIMBS:
        corrections[joint] = shortest_rotation.between(
            rest.offset(child), zero_pose[child] - zero_pose[joint]
        )
    for side in "lr":
        x, y, _ = zero_pose[f"{side}_ankle"] - zero_pose[f"{side}_knee"]
        tilt = angles.to_matrices("Z", np.degrees([np.arctan2(x, -y)]))
        corrections |= {f"{side}_ankle": tilt, f"{side}_foot": tilt}
    return corrections | {joint: corrections[bone] for joint, bone in _INHERITED.items()}


def _bend_spine_evenly(world: np.ndarray, driver: Mapping[str, int]) -> None:
    """Lets joints of the spine that nothing drives share the bend between those that are driven."""
    driven = [index for index, joint in enumerate(_SPINE) if joint in driver]
    for lower, upper in itertools.pairwise(driven):
        start = world[:, skeleton.JOINT_NAMES.index(_SPINE[lower])]
        end = world[:, skeleton.JOINT_NAMES.index(_SPINE[upper])]
        bend = Rotation.from_matrix(np.swapaxes(start, -1, -2) @ end).as_rotvec()
        for index in range(lower + 1, upper):
            part = Rotation.from_rotvec(bend * (index - lower) / (upper - lower)).as_matrix()
            world[:, skeleton.JOINT_NAMES.index(_SPINE[index])] = start @ part


def _leg_length(zero_pose: Mapping[str, np.ndarray]) -> float:
    """Returns the mean length of the two legs, hip to ankle, in the source's unit."""
    bones = [zero_pose[child] - zero_pose[joint] for joint, child in _LEGS]
    return float(sum(np.linalg.norm(bone) for bone in bones) / 2)
