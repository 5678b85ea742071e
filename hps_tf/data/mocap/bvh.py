"""Reader of Biovision hierarchies (BVH).

Convention: angles in degrees; a joint's rotation is the product of its rotation channels in the
order the file lists them, applied to column vectors; position channels, where a joint has them,
replace its offset; scale channels must say 1. Lengths stay in the file's unit, which the format
does not state.
"""

import re
from typing import NoReturn

import numpy as np

from hps_tf.data.mocap import angles, bvh_hierarchy, kinematics, source_text
from hps_tf.data.mocap.angles import AngleUnit
from hps_tf.data.mocap.bvh_hierarchy import Joint
from hps_tf.data.mocap.motion import SourceMotion
from hps_tf.errors import InputError

_MOTION = re.compile(r"^[ \t]*MOTION\b", re.MULTILINE | re.IGNORECASE)
_SCALE_TOLERANCE = 1e-3
# Programs that write numbers as people of some countries do write this one so, too.
_DECIMAL_COMMA = re.compile(r"frame[ \t]*time[ \t]*:[ \t]*[0-9]+,[0-9]", re.IGNORECASE)
_FIELDS = {
    "Frames:": re.compile(r"frames\s*:(.*)", re.IGNORECASE),
    "Frame Time:": re.compile(r"frame\s*time\s*:(.*)", re.IGNORECASE),
}


def read(
    data: bytes, name: str, fps: float | None = None, unit: AngleUnit | None = None
) -> SourceMotion:
    """Reads a BVH file.

    Args:
      data: The file's content.
      name: How errors call the file.
      fps: Frames per second, if the user states them; the file's own are not looked at then.
      unit: The unit of angles, if the user states it.

    Raises:
      InputError: If anything in the file is wrong: file, line, expected and received.
    """
    text = source_text.decode(data, name)
    if _DECIMAL_COMMA.search(text):
        text = text.replace(",", ".")
    motion = _MOTION.search(text)
    joints = bvh_hierarchy.read(text[: motion.start()] if motion else text, name)
    if motion is None:
        source_text.TextLines("", name).fail_at_end("MOTION after the hierarchy")
    first_line = text.count("\n", 0, motion.start()) + 1
    lines = source_text.TextLines(text[motion.start() :], name, first_line=first_line)
    num_channels = sum(len(joint.channels) for joint in joints)
    values, fps, notes = _read_motion(lines, num_channels, fps)
    num_still = sum(not joint.channels for joint in joints)
    kinematics.check_still_joints(name, len(values), num_still)
    values, small_angles = _to_degrees(joints, values, unit, name)
    _check_scales(joints, values, name)
    rotations, offsets = _apply_channels(joints, values)
    zero_offsets = np.array([joint.offset for joint in joints])
    for index, joint in enumerate(joints[1:], start=1):
        if any(channel.endswith("position") for channel in joint.channels):
            zero_offsets[index] = np.median(offsets[:, index], axis=0)
    parents = tuple(joint.parent for joint in joints)
    world, positions = kinematics.forward_kinematics(rotations, offsets, parents)
    return SourceMotion(
        names=tuple(joint.name for joint in joints),
        parents=parents,
        offsets=zero_offsets,
        rotations=world,
        positions=positions,
        fps=fps,
        in_metres=False,
        small_angles=small_angles,
        notes=notes,
    )


def _read_motion(
    lines: source_text.TextLines, num_channels: int, fps: float | None
) -> tuple[np.ndarray, float, tuple[str, ...]]:
    """Returns the channel values `(F, C)`, the frames per second and notes for the user."""
    words = next(lines)
    if len(words) != 1:
        lines.fail("MOTION alone on its line", " ".join(words))
    stated = lines.numbers(_read_field(lines, "Frames:"), 1, "Frames:")[0]
    if stated < 1 or stated != int(stated):
        lines.fail("a whole number of frames, at least 1", f"{stated:g}")
    num_frames = int(stated)
    frame_time = _read_field(lines, "Frame Time:")
    fps = fps or _read_fps(lines, frame_time)
    rows = [row for row in lines.rest() if row.strip()]
    try:
        values = np.loadtxt(rows, comments=None, ndmin=2) if rows else np.empty((0, 0))
    except ValueError:
        values = np.empty((0, 0))
    # Some programs count the intervals between frames, not the frames.
    is_known = values.shape in ((num_frames, num_channels), (num_frames + 1, num_channels))
    if not is_known or not (np.abs(values) <= source_text.LARGEST_NUMBER).all():
        _explain(lines, num_frames, num_channels)
    notes: tuple[str, ...] = ()
    if len(values) > num_frames:
        notes = (f"left out the last frame: the file states {num_frames} and holds one more",)
    return values[:num_frames], fps, notes


def _read_field(lines: source_text.TextLines, field: str) -> list[str]:
    """Returns the words behind a field's name."""
    words = next(lines, None)
    if words is None:
        lines.fail_at_end(f'"{field}"')
    match = _FIELDS[field].fullmatch(" ".join(words))
    if match is None:
        lines.fail(f'"{field}"', " ".join(words))
    return match[1].split()


def _read_fps(lines: source_text.TextLines, words: list[str]) -> float:
    frame_time = lines.numbers(words, 1, "Frame Time:")[0]
    if not 1e-4 <= frame_time <= 1:
        lines.fail(
            "a frame time from 0.0001 to 1 second (or the rate stated by --source_fps)",
            f"{frame_time:g}",
        )
    return _nominal_fps(frame_time)


def _explain(lines: source_text.TextLines, num_frames: int, num_channels: int) -> NoReturn:
    """Finds the first frame that is wrong."""
    for frame, words in enumerate(lines, start=1):
        if frame > num_frames:
            lines.fail(f"the end of the file after {num_frames} frames", " ".join(words))
        lines.numbers(words, num_channels, f"frame {frame} of {num_frames}")
    lines.fail_at_end(f"{num_frames} frames")


def _nominal_fps(frame_time: float) -> float:
    """Returns the rate that a rounded frame time such as .0083333 stands for."""
    fps = 1 / frame_time
    return float(round(fps)) if abs(fps - round(fps)) < 2e-4 * fps else fps


def _to_degrees(
    joints: list[Joint], values: np.ndarray, unit: AngleUnit | None, name: str
) -> tuple[np.ndarray, bool]:
    """Returns the values with angles in degrees, and whether all are so small as to be doubted."""
    is_angle = np.array([c.endswith("rotation") for joint in joints for c in joint.channels], bool)
    if unit == "radians":
        return np.where(is_angle, np.degrees(values), values), False
    in_root = np.arange(len(is_angle)) < len(joints[0].channels)
    turns = values[:, is_angle]
    small = unit is None and angles.are_small(turns)
    if small:
        angles.check_degrees(values[:, is_angle & ~in_root], name)
    return values, small


def _check_scales(joints: list[Joint], values: np.ndarray, name: str) -> None:
    channels = [(joint.name, channel) for joint in joints for channel in joint.channels]
    for column, (joint, channel) in enumerate(channels):
        if channel.endswith("scale"):
            scale = values[np.abs(values[:, column] - 1).argmax(), column]
            if abs(scale - 1) > _SCALE_TOLERANCE:
                raise InputError(
                    f"{name}: expected {channel} of {joint} to be 1 in all frames, received"
                    f" {scale:g}"
                )


def _apply_channels(joints: list[Joint], values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns each joint's local rotation `(F, J, 3, 3)` and offset `(F, J, 3)`."""
    channels = [channel for joint in joints for channel in joint.channels]
    is_angle = np.array([channel.endswith("rotation") for channel in channels], bool)
    rotations = np.empty((len(values), len(joints), 3, 3))
    offsets = np.tile([joint.offset for joint in joints], (len(values), 1, 1))
    column = 0
    for index, joint in enumerate(joints):
        columns = range(column, column + len(joint.channels))
        column += len(joint.channels)
        turns = [c for c in columns if is_angle[c]]
        axes = "".join(channels[c][0] for c in turns)
        rotations[:, index] = angles.to_matrices(axes, values[:, turns])
        for c in columns:
            if channels[c].endswith("position"):
                offsets[:, index, "XYZ".index(channels[c][0])] = values[:, c]
    return rotations, offsets
