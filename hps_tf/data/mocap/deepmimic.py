"""Reader of DeepMimic's motions: JSON, one row of numbers per frame, of its humanoid's 13 joints.

`{"Loop": ..., "Frames": [[seconds, root position (3), root, chest, neck, right hip (quaternions),
right knee (an angle), right ankle, right shoulder (quaternions), right elbow (an angle), and the
left leg and arm likewise], ...]}`: 44 numbers, quaternions w x y z, radians, metres.

Convention: y is up; at zero the humanoid stands, faces +x and lets its arms hang. Knees and elbows
turn about z. Its offsets are those of DeepMimic's own model, since the files hold none.
"""

import numpy as np
from scipy.spatial.transform import Rotation

from hps_tf.data.mocap import kinematics
from hps_tf.data.mocap.joint_maps import JointMap
from hps_tf.data.mocap.motion import SourceMotion
from hps_tf.data.mocap.source_text import LARGEST_NUMBER
from hps_tf.errors import InputError
from hps_tf.io import json_values

# Joint: its parent, its offset from there, and how many numbers turn it.
_JOINTS = {
    "root": (None, (0, 0, 0), 4),
    "chest": ("root", (0, 0.236, 0), 4),
    "neck": ("chest", (0, 0.224, 0), 4),
    "right_hip": ("root", (0, 0, 0.085), 4),
    "right_knee": ("right_hip", (0, -0.422, 0), 1),
    "right_ankle": ("right_knee", (0, -0.410, 0), 4),
    "right_shoulder": ("chest", (-0.024, 0.244, 0.183), 4),
    "right_elbow": ("right_shoulder", (0, -0.275, 0), 1),
    "left_hip": ("root", (0, 0, -0.085), 4),
    "left_knee": ("left_hip", (0, -0.422, 0), 1),
    "left_ankle": ("left_knee", (0, -0.410, 0), 4),
    "left_shoulder": ("chest", (-0.024, 0.244, -0.183), 4),
    "left_elbow": ("left_shoulder", (0, -0.275, 0), 1),
    "right_wrist": ("right_elbow", (0, -0.259, 0), 0),
    "left_wrist": ("left_elbow", (0, -0.259, 0), 0),
}
_NUMBERS = 4 + sum(size for *_, size in _JOINTS.values())
# How far a quaternion's length may be from 1, and a frame's time from the others'.
_TOLERANCE = 0.05

#: How the humanoid drives the body; its one joint of the spine bends all of ours.
JOINT_MAP = JointMap(
    {"pelvis": "root", "spine3": "chest", "head": "neck"}
    | {
        f"{side[0]}_{joint}": f"{side}_{joint}"
        for side in ("left", "right")
        for joint in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
    }
)


def read(data: bytes, name: str, fps: float | None = None) -> SourceMotion:
    """Reads a DeepMimic file.

    Args:
      data: The file's content.
      name: How errors call the file.
      fps: Frames per second, if the user states them; the file's own are not looked at then.

    Raises:
      InputError: If it is no such file.
    """
    content = json_values.as_object(json_values.parse(data, name), name)
    where = f"{name}, field 'Frames'"
    frames = json_values.as_list(json_values.member(content, "Frames", name), where)
    if not frames:
        raise InputError(f"{where}: expected at least one frame, received none")
    rows = np.stack([_row(frame, f"{where}[{index}]") for index, frame in enumerate(frames)])
    rotations = np.tile(np.eye(3), (len(rows), len(_JOINTS), 1, 1))
    column = 4
    for index, (joint, (_, _, size)) in enumerate(_JOINTS.items()):
        turns = rows[:, column : column + size]
        column += size
        if size:
            rotations[:, index] = _rotations(turns, f"{where}, {joint}")
    names = list(_JOINTS)
    parents = [-1 if parent is None else names.index(parent) for parent, *_ in _JOINTS.values()]
    offsets = np.array([offset for _, offset, _ in _JOINTS.values()], float)
    moving = np.tile(offsets, (len(rows), 1, 1))
    moving[:, 0] = rows[:, 1:4]
    world, positions = kinematics.forward_kinematics(rotations, moving, parents)
    fps = fps or _fps(rows[:, 0], where)
    return SourceMotion(
        tuple(names), tuple(parents), offsets, world, positions, fps, in_metres=True
    )


def _row(frame: object, where: str) -> np.ndarray:
    row = json_values.as_numbers(frame, where)
    if len(row) != _NUMBERS:
        raise InputError(
            f"{where}: expected {_NUMBERS} numbers of DeepMimic's humanoid, received {len(row)}"
        )
    if not (np.abs(row) <= LARGEST_NUMBER).all():
        raise InputError(f"{where}: expected numbers of at most {LARGEST_NUMBER:g}")
    return row


def _rotations(turns: np.ndarray, where: str) -> np.ndarray:
    if turns.shape[1] == 1:
        return Rotation.from_euler("Z", turns).as_matrix()
    lengths = np.linalg.norm(turns, axis=1)
    worst = int(np.abs(lengths - 1).argmax())
    if abs(lengths[worst] - 1) > _TOLERANCE:
        raise InputError(
            f"{where}: expected quaternions of length 1, received {lengths[worst]:.3g} in frame"
            f" {worst}"
        )
    return Rotation.from_quat(turns[:, [1, 2, 3, 0]]).as_matrix()


def _fps(seconds: np.ndarray, where: str) -> float:
    """Returns the rate of frames that all take equally long; the last one's time may be 0."""
    usual = float(np.median(seconds))
    others = seconds[:-1] if len(seconds) > 1 else seconds
    if not 1e-4 <= usual <= 1 or np.abs(others - usual).max() > _TOLERANCE * usual:
        raise InputError(
            f"{where}: expected frames of equal time from 0.0001 to 1 second (or the rate stated"
            f" by --source_fps), received {seconds.min():g} to {seconds.max():g}"
        )
    fps = 1 / usual
    return float(round(fps)) if abs(fps - round(fps)) < 2e-3 * fps else fps
