"""Reader of Acclaim motions (AMC).

Convention: a bone's rotation relative to its parent is C M C^-1 with C the bone's axes and M the
product of its degrees of freedom; listed as rx ry rz the product is Rz @ Ry @ Rx. Every frame
lists the bones of the first, in the same order. The format states no frame rate; a file that
states no unit of angles has its skeleton's.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import NoReturn

import numpy as np

from hps_tf.data.mocap import angles, kinematics
from hps_tf.data.mocap.angles import AngleUnit
from hps_tf.data.mocap.asf import AsfSkeleton
from hps_tf.data.mocap.motion import SourceMotion
from hps_tf.data.mocap.source_text import LARGEST_NUMBER, TextLines, decode

_COMMENT = "#"
_COMMENT_LINE = re.compile(rf"^[ \t]*{_COMMENT}.*$", re.MULTILINE)
_FRAME_NUMBER = re.compile(r"^[ \t]*[0-9]{1,18}[ \t]*$", re.MULTILINE)
_UNITS: dict[str, AngleUnit] = {":DEGREES": "degrees", ":RADIANS": "radians"}
_UNSURE_END = (
    "the file has no line break at its end: its last number may be cut (then so is its last frame)"
)

#: The degrees of freedom of each bone that a frame lists, in the file's order.
Layout = Mapping[str, tuple[str, ...]]


def read(
    data: bytes, name: str, asf: AsfSkeleton, fps: float, unit: AngleUnit | None = None
) -> SourceMotion:
    """Reads an AMC file.

    Args:
      data: The file's content.
      name: How errors call the file.
      asf: The skeleton that moves.
      fps: Frames per second it was captured at.
      unit: The unit of angles, if the user states it.

    Returns:
      The motion in metres.

    Raises:
      InputError: If anything in the file is wrong: file, line, expected and received.
    """
    text = decode(data, name)
    first = _FRAME_NUMBER.search(text)
    start = first.start() if first else len(text)
    own_unit = _read_header(TextLines(text[:start], name, comment=_COMMENT)) or asf.angle_unit
    frames, first_line = text[start:], text.count("\n", 0, start) + 1
    if _COMMENT in frames:
        frames = _COMMENT_LINE.sub("", frames)
    layout = _read_layout(TextLines(frames, name, first_line=first_line), asf)
    values = _read_values(frames.split(), layout)
    if values is None:
        _explain(TextLines(frames, name, first_line=first_line), layout)
    num_still = sum(not bone.dofs for bone in asf.bones.values())
    kinematics.check_still_joints(name, len(values["root"]), num_still)
    turns = np.concatenate([[], *(values[bone].ravel() for bone in layout if bone != "root")])
    small = unit is None and own_unit == "degrees" and angles.are_small(turns)
    if small:
        angles.check_degrees(turns, name)
    to_degrees = float(np.degrees(1.0)) if (unit or own_unit) == "radians" else 1.0
    motion = _move(asf, layout, values, to_degrees, fps)
    notes = () if text.endswith("\n") else (_UNSURE_END,)
    return dataclasses.replace(motion, small_angles=small, notes=notes)


def _read_header(lines: TextLines) -> AngleUnit | None:
    """Returns the file's unit of angles, if it states one."""
    unit = None
    for words in lines:
        unit = _UNITS.get(words[0].upper(), unit)
        if not words[0].startswith(":"):
            lines.fail("a comment, a keyword such as :DEGREES or the number of a frame", words[0])
    return unit


def _read_layout(lines: TextLines, asf: AsfSkeleton) -> Layout:
    """Reads which bones the first frame lists."""
    if next(lines, None) is None:
        lines.fail_at_end("the number of the first frame")
    layout: dict[str, tuple[str, ...]] = {}
    for words in lines:
        bone = words[0]
        if bone.isdigit():
            break
        if bone not in asf.bones:
            lines.fail("a bone of the skeleton", bone)
        if bone in layout:
            lines.fail("each bone once in a frame", bone)
        layout[bone] = asf.bones[bone].dofs
        lines.numbers(words[1:], len(layout[bone]), bone)
    for bone, description in asf.bones.items():
        if description.dofs and bone not in layout:
            lines.fail(f"bone {bone} in the first frame")
    return layout


def _read_values(words: list[str], layout: Layout) -> dict[str, np.ndarray] | None:
    """Reads all frames at once, column by column.

    Returns:
      For each bone its values `(F, dofs)`; None if a frame differs from the first in any way.
    """
    words_per_frame = 1 + sum(1 + len(dofs) for dofs in layout.values())
    num_frames, rest = divmod(len(words), words_per_frame)
    first = int(words[0])
    numbers = range(first, first + num_frames)
    if rest or not all(map(_is_number, words[::words_per_frame], numbers)):
        return None
    values = {}
    column = 1
    for bone, dofs in layout.items():
        if words[column::words_per_frame].count(bone) != num_frames:
            return None
        columns = [words[column + i :: words_per_frame] for i in range(1, 1 + len(dofs))]
        column += 1 + len(dofs)
        try:
            values[bone] = np.array(columns, np.float64).reshape(len(dofs), num_frames).T
        except ValueError:
            return None
        if not (np.abs(values[bone]) <= LARGEST_NUMBER).all():
            return None
    return values


def _is_number(word: str, number: int) -> bool:
    """Tells whether a word is a frame's number; leading zeros do not count."""
    return word.lstrip("0") == str(number).lstrip("0") and word.isdigit()


def _explain(lines: TextLines, layout: Layout) -> NoReturn:
    """Finds the first line that differs from the first frame."""
    first_words = next(lines)
    frame = int(first_words[0])
    while True:
        for bone, dofs in layout.items():
            words = next(lines, None)
            if words is None:
                lines.fail_at_end(f"{bone} of frame {frame}")
            if words[0] != bone:
                lines.fail(f"{bone} of frame {frame}, in the order of the first", words[0])
            lines.numbers(words[1:], len(dofs), f"{bone} of frame {frame}")
        frame += 1
        words = next(lines, None)
        if words is None or len(words) != 1 or not _is_number(words[0], frame):
            lines.fail(f"frame number {frame}", " ".join(words or []))


def _move(
    asf: AsfSkeleton,
    layout: Layout,
    values: Mapping[str, np.ndarray],
    to_degrees: float,
    fps: float,
) -> SourceMotion:
    num_frames = len(values["root"])
    names = tuple(asf.bones)
    rotations = np.empty((num_frames, len(names), 3, 3))
    offsets = np.zeros((len(names), 3))
    for index, (bone, parent) in enumerate(zip(asf.bones.values(), asf.parents, strict=True)):
        turning = [i for i, dof in enumerate(bone.dofs) if dof[0] == "r"][::-1]
        axes = "".join(bone.dofs[i][1] for i in turning).upper()
        turns = values[names[index]][:, turning] if turning else np.empty((num_frames, 0))
        local = angles.to_matrices(axes, turns * to_degrees)
        rotations[:, index] = bone.axes @ local @ bone.axes.T
        if parent >= 0:
            offsets[index] = asf.bones[names[parent]].end
    moving = np.tile(offsets, (num_frames, 1, 1))
    root_order = asf.bones["root"].dofs
    shift = [root_order.index(dof) for dof in ("tx", "ty", "tz")]
    moving[:, 0] = values["root"][:, shift] * asf.metres
    world, positions = kinematics.forward_kinematics(rotations, moving, asf.parents)
    return SourceMotion(names, asf.parents, offsets, world, positions, fps, in_metres=True)
