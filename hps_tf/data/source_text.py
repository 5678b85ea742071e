"""Text of motion files, line by line, with errors that name the line."""

import math
from collections.abc import Iterator
from typing import NoReturn

from hps_tf.errors import InputError


def decode(data: bytes, name: str) -> str:
    """Decodes a text file.

    Raises:
      InputError: If it is empty, binary or not UTF-8.
    """
    if not data.strip():
        raise InputError(f"{name}: the file is empty")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{name}, line {line}: expected UTF-8 text, received byte 0x{data[error.start]:02x}"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(f"{name}, line {line}: expected text, received a NUL byte")
    return text


class TextLines:
    """The words of the lines that hold any, walked once, front to back.

    Attributes:
      number: Number of the line last read, from 1.
    """

    def __init__(self, text: str, name: str, comment: str | None = None, first_line: int = 1):
        self._lines = text.splitlines()
        self._name = name
        self._comment = comment
        self._first_line = first_line
        self._next = 0
        self.number = first_line

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        while self._next < len(self._lines):
            words = self._lines[self._next].split()
            self.number = self._first_line + self._next
            self._next += 1
            if words and not (self._comment and words[0].startswith(self._comment)):
                return words
        raise StopIteration

    def rest(self) -> list[str]:
        """Returns the lines not read yet, blank ones too, and leaves them to be read."""
        return self._lines[self._next :]

    def fail(self, expected: str, received: str | None = None) -> NoReturn:
        """Raises the InputError of the current line."""
        tail = "" if received is None else f", received {_quote(received)}"
        raise InputError(f"{self._name}, line {self.number}: expected {expected}{tail}")

    def fail_at_end(self, expected: str) -> NoReturn:
        """Raises the InputError of a file that stops too early."""
        raise InputError(
            f"{self._name}: expected {expected}, received the end of the file (is it cut off?)"
        )

    def numbers(self, words: list[str], count: int, field: str) -> list[float]:
        """Reads exactly `count` finite numbers."""
        if len(words) != count:
            self.fail(f"{count} numbers for {field}", f"{len(words)}: {' '.join(words)}")
        return [self._number(word, field) for word in words]

    def _number(self, word: str, field: str) -> float:
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.fail(f"a finite number for {field}", word)
        return value


def _quote(received: str) -> str:
    shown = received if len(received) <= 60 else received[:57] + "..."
    return repr(shown)
