"""Reader of Biovision hierarchies (BVH).

Convention: angles in degrees; a joint's rotation is the product of its rotation channels in the
order the file lists them, applied to column vectors; position channels, where a joint has them,
replace its offset; scale channels must say 1. Lengths stay in the file's unit, which the format
does not state.

Programs write the format in many ways: keywords in any case, joint names of several words, one
frame more than the file states. What cannot be misread is read.
"""

import dataclasses
import re
from typing import NoReturn

import numpy as np

from hps_tf.data import angles, kinematics, source_text
from hps_tf.data.angles import AngleUnit
from hps_tf.data.motion import SourceMotion
from hps_tf.errors import InputError

_MOTION = re.compile(r"^[ \t]*MOTION\b", re.MULTILINE | re.IGNORECASE)
_CHANNELS = {axis + kind for axis in "XYZ" for kind in ("position", "rotation", "scale")}
_SCALE_TOLERANCE = 1e-3
_FIELDS = {
    "Frames:": re.compile(r"frames\s*:(.*)", re.IGNORECASE),
    "Frame Time:": re.compile(r"frame\s*time\s*:(.*)", re.IGNORECASE),
}


@dataclasses.dataclass
class _Joint:
    name: str
    parent: int
    offset: list[float]
    channels: list[str]


def read(
    data: bytes, name: str, fps: float | None = None, unit: AngleUnit | None = None
) -> SourceMotion:
    """Reads a BVH file.

    Args:
      data: The file's content.
      name: How errors call the file.
      fps: Frames a second, if the user states them; the file's own are not looked at then.
      unit: The unit of angles, if the user states it.

    Raises:
      InputError: If anything in the file is wrong: file, line, expected and received.
    """
    text = source_text.decode(data, name)
    motion = _MOTION.search(text)
    tokens = _Tokens(text[: motion.start()] if motion else text, name)
    joints = _read_hierarchy(tokens)
    if motion is None:
        tokens.lines.fail_at_end("MOTION after the hierarchy")
    first_line = text.count("\n", 0, motion.start()) + 1
    lines = source_text.TextLines(text[motion.start() :], name, first_line=first_line)
    num_channels = sum(len(joint.channels) for joint in joints)
    values, fps, notes = _read_motion(lines, num_channels, fps)
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


class _Tokens:
    """The words of the hierarchy; braces may stand beside other words."""

    def __init__(self, text: str, name: str):
        text = text.replace("{", " { ").replace("}", " } ")
        self.lines = source_text.TextLines(text, name)
        self._words: list[str] = []  # of the current line, the last one first

    def next(self, expected: str) -> str:
        word = self._next_or_none()
        if word is None:
            self.lines.fail_at_end(expected)
        return word

    def _next_or_none(self) -> str | None:
        if not self._words:
            self._words = next(self.lines, [])[::-1]
        return self._words.pop() if self._words else None

    def keyword(self, *wanted: str) -> str:
        """Reads one of some words, in any case."""
        expected = " or ".join(wanted)
        word = self.next(expected)
        found = next((keyword for keyword in wanted if word.upper() == keyword.upper()), None)
        if found is None:
            self.lines.fail(expected, word)
        return found

    def name(self) -> str:
        """Reads a joint's name: the rest of the line, up to a brace."""
        words = [self.next("a joint name"), *self._words[::-1]]
        end = words.index("{") if "{" in words else len(words)
        self._words = words[end:][::-1]
        if end == 0:
            self.lines.fail("a joint name", "{")
        return " ".join(words[:end])

    def skip_to_brace(self) -> None:
        """Passes over what an end site is called."""
        while self._words and self._words[-1] != "{":
            self._words.pop()

    def expect_end(self) -> None:
        word = self._next_or_none()
        if word is not None:
            self.lines.fail("MOTION after the hierarchy", word)

    def numbers(self, count: int, field: str) -> list[float]:
        words = [self.next(f"{count} numbers for {field}") for _ in range(count)]
        return self.lines.numbers(words, count, field)


def _read_hierarchy(tokens: _Tokens) -> list[_Joint]:
    tokens.keyword("HIERARCHY")
    tokens.keyword("ROOT")
    joints: dict[str, _Joint] = {}
    _read_joint(tokens, -1, joints)
    open_joints = [0]
    while open_joints:
        word = tokens.keyword("JOINT", "End", "}")
        if word == "}":
            open_joints.pop()
        elif word == "End":
            _skip_end_site(tokens)
        else:
            _read_joint(tokens, open_joints[-1], joints)
            open_joints.append(len(joints) - 1)
    tokens.expect_end()
    return list(joints.values())


def _read_joint(tokens: _Tokens, parent: int, joints: dict[str, _Joint]) -> None:
    name = tokens.name()
    if name in joints:
        tokens.lines.fail("each joint once", name)
    tokens.keyword("{")
    tokens.keyword("OFFSET")
    offset = tokens.numbers(3, f"OFFSET of {name}")
    tokens.keyword("CHANNELS")
    joints[name] = _Joint(name, parent, offset, _read_channels(tokens, name))


def _read_channels(tokens: _Tokens, name: str) -> list[str]:
    word = tokens.next("a number of channels")
    if not word.isdecimal() or int(word[:2]) > len(_CHANNELS):
        tokens.lines.fail(f"0 to {len(_CHANNELS)} channels for {name}", word)
    channels: list[str] = []
    for _ in range(int(word)):
        channel = tokens.next("a channel").capitalize()
        if channel not in _CHANNELS or channel in channels:
            tokens.lines.fail(f"a channel such as Xrotation, once for {name}", channel)
        channels.append(channel)
    return channels


def _skip_end_site(tokens: _Tokens) -> None:
    tokens.keyword("Site")
    tokens.skip_to_brace()
    tokens.keyword("{")
    tokens.keyword("OFFSET")
    tokens.numbers(3, "OFFSET of an End Site")
    tokens.keyword("}")


def _read_motion(
    lines: source_text.TextLines, num_channels: int, fps: float | None
) -> tuple[np.ndarray, float, tuple[str, ...]]:
    """Returns the channel values `(F, C)`, the frames a second and what is to be said."""
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
    notes = ()
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
    joints: list[_Joint], values: np.ndarray, unit: AngleUnit | None, name: str
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


def _check_scales(joints: list[_Joint], values: np.ndarray, name: str) -> None:
    channels = [(joint.name, channel) for joint in joints for channel in joint.channels]
    for column, (joint, channel) in enumerate(channels):
        if channel.endswith("scale"):
            scale = values[np.abs(values[:, column] - 1).argmax(), column]
            if abs(scale - 1) > _SCALE_TOLERANCE:
                raise InputError(
                    f"{name}: expected {channel} of {joint} to be 1 in all frames, received"
                    f" {scale:g}"
                )


def _apply_channels(joints: list[_Joint], values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
