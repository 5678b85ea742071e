"""JSON files, written whole or not at all."""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hps_tf.io import atomic_file, json_values


def write(path: str | os.PathLike[str], content: Mapping[str, Any], indent: int = 2) -> None:
    """Writes a JSON object; what stood at the path is replaced in one step.

    Args:
      path: The file; its directory must exist.
      content: The object, of what JSON can hold. A number that is not finite becomes null, for JSON
        has none.
      indent: Spaces per level.

    Raises:
      TypeError: If JSON cannot hold a value.
      OSError: If the file cannot be written.
    """
    text = json.dumps(_finite(content), indent=indent, ensure_ascii=False, allow_nan=False)
    with atomic_file.replacing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Reads a JSON object.

    Args:
      path: The file.

    Returns:
      The object.

    Raises:
      InputError: If the file holds no JSON, or something other than an object.
      OSError: If it cannot be read.
    """
    name = str(path)
    return json_values.as_object(json_values.parse(Path(path).read_bytes(), name), name)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
