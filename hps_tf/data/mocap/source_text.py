"""Text of motion files, line by line, with errors that name the line."""

import codecs
import math
import unicodedata
from collections.abc import Iterator
from typing import NoReturn

from hps_tf.errors import InputError

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
#: No angle or length is as large; sums and squares of larger numbers would overflow.
LARGEST_NUMBER = 1e9
# How DOS ended a text.
_END_OF_TEXT = "\x1a"


def decode(data: bytes, name: str) -> str:
    """Decodes a text file: UTF-8, UTF-16 with a byte order mark, else Windows' cp1252.

    Args:
      data: The file's content.
      name: How errors call the file.

    Returns:
      The text with line feeds alone at its lines' ends, and with accents composed: macOS takes them
      apart.

    Raises:
      InputError: If it is empty or binary.
    """
    if not data.strip():
        raise InputError(f"{name}: the file is empty")
    text = _decode_unicode(data)
    if text is None:
        data = data.removeprefix(codecs.BOM_UTF8)
        # Python leaves five bytes of cp1252 undefined; Latin-1 names them all.
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip(_END_OF_TEXT)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(f"{name}, line {line}: expected text, received a NUL byte")
    if not text.strip():
        raise InputError(f"{name}: the file is empty")
    return compose(text)


def _decode_unicode(data: bytes) -> str | None:
    encoding = "utf-8"
    for mark, marked in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            encoding, data = marked, data[len(mark) :]
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def compose(text: str) -> str:
    """Returns a text with each accented letter as one character, so that equal names are equal."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def plain_name(name: str) -> str:
    """Returns a name with its accents composed and each run of blanks as one space."""
    return " ".join(compose(name).split())


class TextLines:
    """The words of the lines that hold any, walked once, front to back.

    Attributes:
      number: Number of the line last read, from 1.
    """

    def __init__(self, text: str, name: str, comment: str | None = None, first_line: int = 1):
        self._lines = text.split("\n")
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
            value = float(word) if "_" not in word else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.fail(f"a finite number for {field}", word)
        if abs(value) > LARGEST_NUMBER:
            self.fail(f"a number of at most {LARGEST_NUMBER:g} for {field}", word)
        return value


def _quote(received: str) -> str:
    shown = received if len(received) <= 60 else received[:57] + "..."
    return repr(shown)
