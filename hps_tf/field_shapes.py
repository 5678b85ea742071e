"""Short representations of dataclasses that hold arrays."""

import dataclasses
from typing import Any

import numpy as np


class ShapesInRepr:
    """A dataclass whose ``repr`` shows the shapes of its arrays instead of their numbers."""

    def __repr__(self) -> str:
        fields = [field.name for field in dataclasses.fields(self)]  # type: ignore[arg-type]
        described = ", ".join(f"{name}={_describe(getattr(self, name))}" for name in fields)
        return f"{type(self).__name__}({described})"


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name!r}: {_describe(entry)}' for name, entry in value.items())}}}"
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return f"{type(value).__name__}({', '.join(map(_describe, value))})"
    return repr(value)
