"""Settings of earlier versions, brought to today's names and types.

Old run directories, replayed config.json files and command lines keep working.
"""

import re
from collections.abc import Mapping
from typing import Any

RENAMED = {"label_evidence": "ground_truth_evidence"}
"""Old and new last parts of settings' names."""

_LISTS = {("curriculum",), ("measured",), ("network", "trained")}
"""Settings that were texts with commas between, and are tuples."""

_ADDED: dict[tuple[str, ...], Any] = {
    ("imports",): (),
    ("network", "backbone_weights"): "",
    ("network", "body"): "",
}
"""Settings that earlier versions did not have, with the value that they acted by."""


def upgraded(settings: Mapping[str, Any], place: tuple[str, ...] = ()) -> dict[str, Any]:
    """Brings a config's settings to today's names and types.

    Args:
      settings: The settings, nested.
      place: Where in the config they lie.

    Returns:
      The settings; those of today are unchanged.
    """
    found: dict[str, Any] = {}
    for name, value in settings.items():
        here = (*place, name)
        if isinstance(value, Mapping):
            value = upgraded(value, here)
        elif here in _LISTS and isinstance(value, str):
            value = names_in(value)
        found[RENAMED.get(name, name)] = value
    if place == ("network",) and "blocks" in settings:  # A lifting network's.
        found.setdefault("start_from", "")
    is_network = place == ("network",) and "backbone" in settings
    for (*where, name), value in _ADDED.items():
        if tuple(where) == place and (is_network or (not place and "task" in settings)):
            found.setdefault(name, value)
    return found


def argument(text: str) -> str:
    """Brings a command line's ``--config.NAME=VALUE`` to today's name and type."""
    match = re.fullmatch(r"(--?config\.)([^=]*)=(.*)", text, re.DOTALL)
    if match is None:
        return text
    prefix, name, value = match.groups()
    place = name.split(".")
    place[-1] = RENAMED.get(place[-1], place[-1])
    if tuple(place) in _LISTS and not value.startswith(("(", "[")):
        value = repr(names_in(value))
    return f"{prefix}{'.'.join(place)}={value}"


def names_in(text: str) -> tuple[str, ...]:
    """The names in a text with commas between them."""
    return tuple(filter(None, (name.strip() for name in text.split(","))))
