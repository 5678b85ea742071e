"""The manifest of a directory of prepared images; see `hps_tf.data.images.image_dataset`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hps_tf.data.images.image_example import LABELS
from hps_tf.errors import InputError

MANIFEST = "manifest.json"
VERSION = 1

_TYPES = {int: "a whole number", str: "a text", dict: "an object", list: "a list of texts"}

Manifest = dict[str, Any]


def read_manifest(directory: Path) -> Manifest:
    """Reads the manifest of prepared images.

    Raises:
      InputError: If it is missing, damaged or of something else.
    """
    path = directory / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(
            f"{directory}: expected prepared images with a {MANIFEST}, received none"
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected JSON, received: {error}") from None
    kind = manifest.get("kind") if isinstance(manifest, dict) else None
    version = manifest.get("version") if isinstance(manifest, dict) else None
    if kind is None and isinstance(manifest, dict) and "clips" in manifest:
        raise InputError(f"{directory}: expected prepared images, received prepared motion")
    if kind != "images" or version != VERSION:
        raise InputError(
            f"{path}: expected kind 'images' of version {VERSION}, received kind {kind!r} of"
            f" version {version!r}"
        )
    for field, type_ in {"image_size": int, "num_shape": int, "body": str, "splits": dict}.items():
        _check_type(path, field, manifest.get(field), type_)
    for split, sums in manifest["splits"].items():
        field = f"splits.{split}"
        _check_type(path, field, sums, dict)
        _check_type(path, f"{field}.examples", sums.get("examples"), int)
        _check_type(path, f"{field}.subjects", sums.get("subjects"), list)
        for subject in sums["subjects"]:
            _check_type(path, f"{field}.subjects", subject, str)
    return manifest


def _check_type(path: Path, field: str, value: Any, type_: type) -> None:
    # JSON's true is no number.
    if not isinstance(value, type_) or isinstance(value, bool):
        raise InputError(f"{path}, field {field!r}: expected {_TYPES[type_]}, received {value!r}")


def table(manifest: Manifest, wanted: Sequence[str] = (), remedy: str = "") -> str:
    """Returns the sums as text for people.

    Args:
      manifest: The manifest.
      wanted: The splits that were to be filled; of those without an example it says so.
      remedy: How to fill them.
    """
    columns = ("examples", *LABELS)
    lines = ["split     " + "".join(f"{column:>11}" for column in columns)]
    for split, sums in manifest["splits"].items():
        lines.append(f"{split:<10}" + "".join(f"{sums[column]:>11}" for column in columns))
    lines += [f"dropped {count}: {reason}" for reason, count in manifest["dropped"].items()]
    if empty := [split for split in wanted if split not in manifest["splits"]]:
        lines.append(f"no example of {', '.join(empty)}{f': {remedy}' if remedy else ''}")
    return "\n".join(lines)
