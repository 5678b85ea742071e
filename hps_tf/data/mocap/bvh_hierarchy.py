"""The hierarchy of a Biovision file (BVH): its joints, their offsets and channels.

Programs write it in many ways: keywords in any case, joint names of several words, end sites with
names. What cannot be misread is read.
"""

import dataclasses

from hps_tf.data.mocap import source_text

_CHANNELS = {axis + kind for axis in "XYZ" for kind in ("position", "rotation", "scale")}


@dataclasses.dataclass
class Joint:
    """One joint.

    Attributes:
      name: The rest of its line, with one space for each run of blanks.
      parent: The joint above it, by number; -1 for the root.
      offset: From there, in the file's unit.
      channels: Such as ``"Xrotation"``, in the order in which they apply.
    """

    name: str
    parent: int
    offset: list[float]
    channels: list[str]


def read(text: str, name: str) -> list[Joint]:
    """Reads all joints.

    Args:
      text: The file before MOTION.
      name: How errors call the file.

    Raises:
      InputError: If anything is wrong: file, line, expected and received.
    """
    tokens = _Tokens(text, name)
    tokens.keyword("HIERARCHY")
    tokens.keyword("ROOT")
    joints: dict[str, Joint] = {}
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
        """Skips the name of an end site."""
        while self._words and self._words[-1] != "{":
            self._words.pop()

    def expect_end(self) -> None:
        word = self._next_or_none()
        if word is not None:
            self.lines.fail("MOTION after the hierarchy", word)

    def numbers(self, count: int, field: str) -> list[float]:
        words = [self.next(f"{count} numbers for {field}") for _ in range(count)]
        return self.lines.numbers(words, count, field)


def _read_joint(tokens: _Tokens, parent: int, joints: dict[str, Joint]) -> None:
    name = tokens.name()
    if name in joints:
        tokens.lines.fail("each joint once", name)
    tokens.keyword("{")
    tokens.keyword("OFFSET")
    offset = tokens.numbers(3, f"OFFSET of {name}")
    tokens.keyword("CHANNELS")
    joints[name] = Joint(name, parent, offset, _read_channels(tokens, name))


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
