"""The container of binary glTF 2.0: a JSON document and one buffer in one file.

Source: Khronos Group, glTF 2.0 specification, section 4 (GLB) and 3.6 (buffers, accessors).
"""

import json
import struct
from typing import Any

import numpy as np

#: Component types of accessors, by NumPy's types.
_COMPONENTS = {"uint8": 5121, "uint16": 5123, "uint32": 5125, "float32": 5126}
_TYPES = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
_VERTEX_TARGET, _INDEX_TARGET = 34962, 34963
_ALIGNMENT = 4


class GlbBuilder:
    """Collects a document and its arrays.

    Attributes:
      document: The JSON document, for the caller to fill; accessors and buffers are added here.
    """

    def __init__(self) -> None:
        self.document: dict[str, Any] = {"asset": {"version": "2.0", "generator": "hps_tf"}}
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, name: str, entry: dict[str, Any]) -> int:
        """Appends to a list of the document.

        Args:
          name: The list, e.g. ``"nodes"``.
          entry: The entry to append.

        Returns:
          Its index.
        """
        entries = self.document.setdefault(name, [])
        entries.append(entry)
        return len(entries) - 1

    def accessor(
        self, array: np.ndarray, target: int | None = None, *, normalized: bool = False
    ) -> int:
        """Adds an array to the buffer.

        Args:
          array: `(N,)`, `(N, 2..4)` or `(N, 4, 4)` of a type that glTF has; matrices are given
            row-major and stored column-major.
          target: The use of the buffer: of vertices or of indices; None otherwise.
          normalized: Whether integers stand for fractions of their largest value.

        Returns:
          The index of its accessor.
        """
        stored = np.swapaxes(array, 1, 2) if array.ndim == 3 else array
        content = np.ascontiguousarray(stored).tobytes()
        view: dict[str, Any] = {"buffer": 0, "byteOffset": self._size, "byteLength": len(content)}
        if target is not None:
            view["target"] = target
        entry: dict[str, Any] = {
            "bufferView": self.add("bufferViews", view),
            "componentType": _COMPONENTS[array.dtype.name],
            "count": len(array),
            "type": _TYPES[array.shape[1:]],
        }
        if normalized:
            entry["normalized"] = True
        if array.ndim < 3:
            entry["min"] = np.atleast_1d(array.min(axis=0)).tolist()
            entry["max"] = np.atleast_1d(array.max(axis=0)).tolist()
        content += bytes(-len(content) % _ALIGNMENT)
        self._parts.append(content)
        self._size += len(content)
        return self.add("accessors", entry)

    def vertices(self, array: np.ndarray, *, normalized: bool = False) -> int:
        """Adds an attribute of vertices; see `accessor`."""
        return self.accessor(array, _VERTEX_TARGET, normalized=normalized)

    def indices(self, array: np.ndarray) -> int:
        """Adds the `(N,)` indices of triangles; see `accessor`."""
        return self.accessor(array, _INDEX_TARGET)

    def content(self) -> bytes:
        """Gives the file."""
        if self._size:
            self.document["buffers"] = [{"byteLength": self._size}]
        text = json.dumps(self.document, separators=(",", ":"), allow_nan=False).encode()
        text += b" " * (-len(text) % _ALIGNMENT)
        chunks = [(b"JSON", text)]
        if self._size:
            chunks.append((b"BIN\0", b"".join(self._parts)))
        body = b"".join(struct.pack("<I4s", len(data), kind) + data for kind, data in chunks)
        return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body
