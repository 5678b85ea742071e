"""Reader of Acclaim skeletons (ASF), as the CMU database holds them.

Convention: a bone's joint is its near end; the bone ends at length * direction from there, in
world axes at zero pose. `axis` turns the world's axes into the bone's own; the order XYZ means
Rz @ Ry @ Rx. Lengths are inches times the declared unit (CMU: 0.45), here turned into metres.
"""

import dataclasses

import numpy as np

from hps_tf.data.mocap import angles
from hps_tf.data.mocap.angles import AngleUnit
from hps_tf.data.mocap.source_text import TextLines, decode

_METRES_PER_INCH = 0.0254
_ROOT_DOFS = ("tx", "ty", "tz", "rx", "ry", "rz")
_ANGLE_UNITS: dict[str, AngleUnit] = {"deg": "degrees", "rad": "radians"}
_IGNORED_FIELDS = {"id", "limits", "bodymass", "cofmass"}


@dataclasses.dataclass
class Bone:
    """One bone; the root is a bone of length zero.

    Attributes:
      dofs: Its channels in a motion file, in order, e.g. ``("rx", "rz")``.
      axes: `(3, 3)` rotation from the world's axes to the bone's own.
      end: `(3,)` the bone's far end from its near end at zero pose, metres.
    """

    dofs: tuple[str, ...] = ()
    axes: np.ndarray = dataclasses.field(default_factory=lambda: np.eye(3))
    end: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(3))


@dataclasses.dataclass(frozen=True)
class AsfSkeleton:
    """A skeleton file.

    Attributes:
      bones: By name; a parent stands before its children, first ``"root"``.
      parents: Parent of each bone by its place in `bones`; -1 for the root.
      metres: Metres in one unit of length of the file.
      angle_unit: The unit of its angles.
    """

    bones: dict[str, Bone]
    parents: tuple[int, ...]
    metres: float
    angle_unit: AngleUnit


def read(data: bytes, name: str) -> AsfSkeleton:
    """Reads an ASF file.

    Args:
      data: The file's content.
      name: How errors call the file.

    Raises:
      InputError: If anything in the file is wrong: file, line, expected and received.
    """
    return _Reader(TextLines(decode(data, name), name, comment="#")).read()


class _Reader:
    """Walks the file's sections in the order the format prescribes."""

    def __init__(self, lines: TextLines):
        self._lines = lines
        self._words: list[str] = []
        self._angle_unit: AngleUnit = "degrees"
        self._metres = 0.0
        self._bones = {"root": Bone()}
        self._parents: dict[str, str] = {}

    def read(self) -> AsfSkeleton:
        sections = {
            ":units": self._read_units,
            ":root": self._read_root,
            ":bonedata": self._read_bones,
            ":hierarchy": self._read_hierarchy,
        }
        missing = list(sections)
        self._advance("section :units")
        while missing:
            section = self._keyword()
            if section in missing[1:]:
                self._lines.fail(f"section {missing[0]} before it", section)
            if section == missing[0]:
                missing.pop(0)
                sections[section]()
            else:
                self._advance(f"section {missing[0]}")
        order = self._order()
        return AsfSkeleton(
            bones={bone: self._bones[bone] for bone in order},
            parents=tuple(order.index(self._parents[b]) if b != "root" else -1 for b in order),
            metres=self._metres,
            angle_unit=self._angle_unit,
        )

    def _advance(self, expected: str) -> str:
        words = next(self._lines, None)
        if words is None:
            self._lines.fail_at_end(expected)
        self._words = words
        return self._keyword()

    def _keyword(self) -> str:
        """Returns the first word of the line; unlike names, keywords may be in any case."""
        return self._words[0].lower()

    def _read_units(self) -> None:
        found = set()
        while not self._advance("units of length and angle, then section :root").startswith(":"):
            unit, values = self._keyword(), self._words[1:]
            found.add(unit)
            if unit == "length":
                length = self._lines.numbers(values, 1, "the unit of length")[0]
                if length <= 0:
                    self._lines.fail("a unit of length above 0 (CMU: 0.45)", values[0])
                self._metres = _METRES_PER_INCH / length
            elif unit == "angle":
                if len(values) != 1 or values[0].lower() not in _ANGLE_UNITS:
                    self._lines.fail("angle deg or rad", " ".join(values))
                self._angle_unit = _ANGLE_UNITS[values[0].lower()]
        if not {"length", "angle"} <= found:
            self._lines.fail("units of length and angle before it", self._words[0])

    def _read_root(self) -> None:
        while not self._advance("the root's order, then section :bonedata").startswith(":"):
            field, values = self._keyword(), self._words[1:]
            if field == "order":
                dofs = tuple(value.lower() for value in values)
                if sorted(dofs) != sorted(_ROOT_DOFS):
                    self._lines.fail("an order of TX TY TZ RX RY RZ", " ".join(values))
                self._bones["root"].dofs = dofs
            elif field in ("position", "orientation") and any(
                self._lines.numbers(values, 3, f"the root's {field}")
            ):
                self._lines.fail(f"a root {field} of 0 0 0", " ".join(values))
        if not self._bones["root"].dofs:
            self._lines.fail("the root's order before it", self._words[0])

    def _read_bones(self) -> None:
        while not self._advance("begin of a bone, or section :hierarchy").startswith(":"):
            if self._keyword() != "begin" or len(self._words) > 1:
                self._lines.fail("begin of a bone, or section :hierarchy", self._words[0])
            self._read_bone()

    def _read_bone(self) -> None:
        fields: dict[str, list[str]] = {}
        bone = Bone()
        length, direction = 0.0, np.zeros(3)
        while self._advance("end of a bone") != "end":
            field, values = self._keyword(), self._words[1:]
            if field.startswith("("):  # further lines of limits
                continue
            if field in fields:
                self._lines.fail(f"{field} once", f"{field} again")
            fields[field] = values
            if field == "direction":
                direction = np.array(self._lines.numbers(values, 3, field))
                if not 0.99 < np.linalg.norm(direction) < 1.01:
                    self._lines.fail("a direction of length 1", " ".join(values))
            elif field == "length":
                length = self._lines.numbers(values, 1, field)[0]
                if length < 0:
                    self._lines.fail("a length of at least 0", values[0])
            elif field == "axis":
                bone.axes = self._read_axes(values)
            elif field == "dof":
                bone.dofs = self._read_dofs(values)
            elif field == "name":
                if len(values) != 1 or values[0] in self._bones:
                    self._lines.fail("one new bone name", " ".join(values))
            elif field not in _IGNORED_FIELDS:
                self._lines.fail("a field of a bone, or end", field)
        for field in ("name", "direction", "length", "axis"):
            if field not in fields:
                self._lines.fail(f"{field} of the bone before its end")
        bone.end = length * self._metres * direction
        self._bones[fields["name"][0]] = bone

    def _read_axes(self, values: list[str]) -> np.ndarray:
        order = values[3:]
        if len(order) != 1 or sorted(order[0].upper()) != ["X", "Y", "Z"]:
            self._lines.fail("3 angles and an order such as XYZ for axis", " ".join(values))
        turns = np.array(self._lines.numbers(values[:3], 3, "axis"))
        if self._angle_unit == "radians":
            turns = np.degrees(turns)
        return angles.to_matrices(order[0].upper()[::-1], turns[::-1])

    def _read_dofs(self, values: list[str]) -> tuple[str, ...]:
        dofs = tuple(value.lower() for value in values)
        if not set(dofs) <= {"rx", "ry", "rz"} or len(set(dofs)) != len(dofs):
            self._lines.fail("degrees of freedom among rx ry rz", " ".join(values))
        return dofs

    def _read_hierarchy(self) -> None:
        if self._advance("begin of the hierarchy") != "begin":
            self._lines.fail("begin of the hierarchy", self._words[0])
        while self._advance("end of the hierarchy") != "end":
            for bone in self._words:
                if bone not in self._bones:
                    self._lines.fail("a bone of section :bonedata", bone)
            for bone in self._words[1:]:
                if bone in self._parents or bone == "root":
                    self._lines.fail("one parent for each bone", f"another for {bone}")
                self._parents[bone] = self._words[0]

    def _order(self) -> list[str]:
        """Returns the bones, parents first."""
        order = ["root"]
        for parent in order:
            order += [bone for bone, above in self._parents.items() if above == parent]
        detached = sorted(set(self._bones) - set(order))
        if detached:
            self._lines.fail(
                "every bone to descend from root", f"a cycle or no parent: {', '.join(detached)}"
            )
        return order
