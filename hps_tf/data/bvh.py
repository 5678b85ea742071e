"""Reader of Biovision hierarchies (BVH).

Convention: angles in degrees; a joint's rotation is the product of its rotation channels in the
order the file lists them, applied to column vectors; position channels, where a joint has them,
replace its offset. Lengths stay in the file's unit, which the format does not state.
"""

import dataclasses
import re
from collections.abc import Iterator
from typing import NoReturn

import numpy as np

from hps_tf.data import angles, kinematics, source_text
from hps_tf.data.motion import SourceMotion

_MOTION = re.compile(r"^[ \t]*MOTION\b", re.MULTILINE)
_CHANNELS = {axis + kind for axis in "XYZ" for kind in ("position", "rotation")}


@dataclasses.dataclass
class _Joint:
    name: str
    parent: int
    offset: list[float]
    channels: list[str]


def read(data: bytes, name: str) -> SourceMotion:
    """Reads a BVH file.

    Args:
      data: The file's content.
      name: How errors call the file.

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
    values, fps = _read_motion(lines, sum(len(joint.channels) for joint in joints))
    rotations, offsets = _apply_channels(joints, values, name)
    parents = tuple(joint.parent for joint in joints)
    world, positions = kinematics.forward_kinematics(rotations, offsets, parents)
    return SourceMotion(
        names=tuple(joint.name for joint in joints),
        parents=parents,
        offsets=np.array([joint.offset for joint in joints]),
        rotations=world,
        positions=positions,
        fps=fps,
        in_metres=False,
    )


class _Tokens:
    """The words of the hierarchy; braces may share a line with other words."""

    def __init__(self, text: str, name: str):
        self.lines = source_text.TextLines(text, name)
        self._words: Iterator[str] = iter(())

    def next(self, expected: str) -> str:
        word = self._next_or_none()
        if word is None:
            self.lines.fail_at_end(expected)
        return word

    def _next_or_none(self) -> str | None:
        for word in self._words:
            return word
        for words in self.lines:
            self._words = iter(words)
            return next(self._words)
        return None

    def expect(self, *wanted: str) -> str:
        expected = " or ".join(wanted)
        word = self.next(expected)
        if word not in wanted:
            self.lines.fail(expected, word)
        return word

    def expect_end(self) -> None:
        word = self._next_or_none()
        if word is not None:
            self.lines.fail("MOTION after the hierarchy", word)

    def numbers(self, count: int, field: str) -> list[float]:
        words = [self.next(f"{count} numbers for {field}") for _ in range(count)]
        return self.lines.numbers(words, count, field)


def _read_hierarchy(tokens: _Tokens) -> list[_Joint]:
    tokens.expect("HIERARCHY")
    tokens.expect("ROOT")
    joints = [_read_joint(tokens, parent=-1, joints=[])]
    open_joints = [0]
    while open_joints:
        word = tokens.expect("JOINT", "End", "}")
        if word == "}":
            open_joints.pop()
        elif word == "End":
            _skip_end_site(tokens)
        else:
            joints.append(_read_joint(tokens, parent=open_joints[-1], joints=joints))
            open_joints.append(len(joints) - 1)
    tokens.expect_end()
    return joints


def _read_joint(tokens: _Tokens, parent: int, joints: list[_Joint]) -> _Joint:
    name = tokens.next("a joint name")
    if any(joint.name == name for joint in joints):
        tokens.lines.fail("each joint once", name)
    tokens.expect("{")
    tokens.expect("OFFSET")
    offset = tokens.numbers(3, f"OFFSET of {name}")
    tokens.expect("CHANNELS")
    return _Joint(name, parent, offset, _read_channels(tokens, name))


def _read_channels(tokens: _Tokens, name: str) -> list[str]:
    word = tokens.next("a number of channels")
    if word not in {"0", "1", "2", "3", "4", "5", "6"}:
        tokens.lines.fail(f"0 to 6 channels for {name}", word)
    channels: list[str] = []
    for _ in range(int(word)):
        channel = tokens.next("a channel").capitalize()
        if channel not in _CHANNELS or channel in channels:
            tokens.lines.fail(f"a channel such as Xrotation, once for {name}", channel)
        channels.append(channel)
    return channels


def _skip_end_site(tokens: _Tokens) -> None:
    tokens.expect("Site")
    tokens.expect("{")
    tokens.expect("OFFSET")
    tokens.numbers(3, "OFFSET of an End Site")
    tokens.expect("}")


def _read_motion(lines: source_text.TextLines, num_channels: int) -> tuple[np.ndarray, float]:
    """Returns the channel values `(F, C)` and the frames a second."""
    words = next(lines)
    if words != ["MOTION"]:
        lines.fail("MOTION alone on its line", " ".join(words))
    num_frames = _read_field(lines, "Frames:")
    if num_frames < 1 or num_frames != int(num_frames):
        lines.fail("a whole number of frames, at least 1", f"{num_frames:g}")
    frame_time = _read_field(lines, "Frame Time:")
    if not 1e-4 <= frame_time <= 1:
        lines.fail("a frame time from 0.0001 to 1 second", f"{frame_time:g}")
    rows = lines.rest()
    try:
        values = np.loadtxt(rows, comments=None, ndmin=2) if rows else np.empty((0, 0))
    except ValueError:
        values = np.empty((0, 0))
    if values.shape != (num_frames, num_channels) or not np.isfinite(values).all():
        _explain(lines, int(num_frames), num_channels)
    return values, _nominal_fps(frame_time)


def _read_field(lines: source_text.TextLines, field: str) -> float:
    words = next(lines, None)
    if words is None:
        lines.fail_at_end(f'"{field}"')
    label = field.split()
    if words[: len(label)] != label:
        lines.fail(f'"{field}"', " ".join(words))
    return lines.numbers(words[len(label) :], 1, field)[0]


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


def _apply_channels(
    joints: list[_Joint], values: np.ndarray, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Returns each joint's local rotation `(F, J, 3, 3)` and offset `(F, J, 3)`."""
    channels = [channel for joint in joints for channel in joint.channels]
    is_angle = np.array([channel.endswith("rotation") for channel in channels], bool)
    angles.check_degrees(values[:, is_angle], name)
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
            if not is_angle[c]:
                offsets[:, index, "XYZ".index(channels[c][0])] = values[:, c]
    return rotations, offsets
