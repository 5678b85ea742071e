"""The settings of a resumable directory, so that only the same work resumes."""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from hps_tf.errors import InputError
from hps_tf.io import json_file


def check_file(path: Path, settings: Mapping[str, Any], where: str, what: str, advice: str) -> bool:
    """Checks that a file of settings, if there is one, holds the same as now.

    Args:
      path: The file, as `json_file.write` writes it.
      settings: The settings that decide the result, in JSON's types.
      where: See `check`.
      what: See `check`.
      advice: See `check`.

    Returns:
      Whether there is such a file.

    Raises:
      InputError: If it is damaged, or holds other settings.
    """
    if not path.exists():
        return False
    check(json_file.read(path), settings, where, what, advice)
    return True


def check(
    recorded: Mapping[str, Any],
    settings: Mapping[str, Any],
    where: str,
    what: str,
    advice: str,
    adjustable: Collection[str] = (),
) -> None:
    """Checks that recorded settings are the same as now.

    Args:
      recorded: The settings of before; nested ones are compared one by one.
      settings: The settings of now, of what JSON can hold.
      where: The beginning of the message, e.g. ``"--output fits"``.
      what: The name of the work, e.g. ``"a fit"``.
      advice: The remedy, e.g. ``"choose another --output"``; ends the message.
      adjustable: Names of settings that may differ, dotted where nested.

    Raises:
      InputError: If others differ; names each with both values.
    """
    there, here = (dict(flatten(json.loads(json.dumps(values)))) for values in (recorded, settings))
    differences = [
        f"{name} {there.get(name)!r} there, {here.get(name)!r} here"
        for name in sorted(there.keys() | here.keys())
        if there.get(name) != here.get(name) and name not in adjustable
    ]
    if differences:
        raise InputError(
            f"{where}: expected {what} with the same settings, received {'; '.join(differences)};"
            f" {advice}"
        )


def flatten(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yields each of nested settings as its dotted name and its value."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
