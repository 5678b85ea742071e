"""Values of JSON files, with errors that name the file and the field."""

import json
import math
import re
from typing import Any, NoReturn

import numpy as np

from hps_tf.errors import InputError

_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
_MAX_SHOWN = 60
_SURROGATES = re.compile("[\ud800-\udfff]")  # JSON can hold halves of characters, files cannot.


def parse(data: bytes, name: str) -> Any:
    """Parses a JSON file.

    Args:
      data: The file's content.
      name: How errors call the file.

    Raises:
      InputError: If it is no JSON, is cut off, or is nested too deeply.
    """
    try:
        return json.loads(data)
    except RecursionError:
        raise InputError(f"{name}: expected JSON, received one nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{name}: expected JSON, received: {error}") from None


def as_object(value: Any, where: str) -> dict[str, Any]:
    """Returns the value if it is an object; raises `InputError` otherwise."""
    return value if isinstance(value, dict) else _fail(where, "an object", value)


def as_list(value: Any, where: str) -> list[Any]:
    """Returns the value if it is a list; raises `InputError` otherwise."""
    return value if isinstance(value, list) else _fail(where, "a list", value)


def as_text(value: Any, where: str) -> str:
    """Returns the value if it is a text that is not empty; raises `InputError` otherwise."""
    is_text = isinstance(value, str) and value and not _SURROGATES.search(value)
    return value if is_text else _fail(where, "a text", value)


def as_identity(value: Any, where: str) -> int | str:
    """Returns the value if it can identify something: a whole number or a printable text."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    is_text = isinstance(value, str) and value and value.isprintable()
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_text or is_number else _fail(where, "a whole number or a text", value)


def as_numbers(value: Any, where: str) -> np.ndarray:
    """Returns a list of numbers as `(N,)` float64; NaN and infinities may be among them."""
    items = as_list(value, where)
    for index, item in enumerate(items):
        if isinstance(item, bool) or not isinstance(item, int | float):
            _fail(f"{where}[{index}]", "a number", item)
    try:
        return np.array(items, np.float64)
    except OverflowError:
        raise InputError(f"{where}: expected numbers, received one too large") from None


def as_measurements(value: Any, where: str) -> np.ndarray:
    """Returns a list of numbers as `as_numbers` does; null, as many programs write NaN, is NaN."""
    items = as_list(value, where)
    return as_numbers([math.nan if item is None else item for item in items], where)


def as_whole_number(value: Any, where: str, least: int, most: int) -> int:
    """Returns a whole number within bounds; raises `InputError` otherwise."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not least <= value <= most or not math.isfinite(value) or value % 1:
        _fail(where, f"a whole number from {least} to {most}", value)
    return int(value)


def member(container: dict[str, Any], key: str, where: str) -> Any:
    """Returns a field that must be there; raises `InputError` otherwise."""
    if key not in container:
        received = ", ".join(map(repr, container)) or "none"
        if len(received) > 2 * _MAX_SHOWN:
            received = received[: 2 * _MAX_SHOWN] + "..."
        raise InputError(f"{where}: expected field {key!r}, received fields {received}")
    return container[key]


def _fail(where: str, expected: str, value: Any) -> NoReturn:
    received = _NAMES.get(type(value))
    if received is None or isinstance(value, str):
        shown = "null" if value is None else repr(value)
        received = shown if len(shown) <= _MAX_SHOWN else shown[:_MAX_SHOWN] + "..."
    raise InputError(f"{where}: expected {expected}, received {received}")
