"""The arrays of a TensorFlow.js graph model.

A JSON file lists names, shapes and types, and a binary file holds the numbers, one array behind the
other. The weights of convolutions are float32 that is stored as float16.
"""

import json
import math
import tarfile

import numpy as np

PREFIX = "package/models/"


def read_all(archive: tarfile.TarFile, name: str) -> dict[str, np.ndarray]:
    """Reads the arrays of a model, of the types that the graph wants.

    Args:
      archive: The package.
      name: The model's files, without directory and suffix.

    Returns:
      The arrays by the names that they have in the graph.
    """
    return {field: array.astype(kind) for field, (array, kind) in _stored(archive, name).items()}


def read_weights(archive: tarfile.TarFile, name: str) -> dict[str, np.ndarray]:
    """Reads the arrays of a model that are stored as float16, as they are; see `read_all`."""
    stored = _stored(archive, name)
    return {field: array for field, (array, _) in stored.items() if array.dtype == np.float16}


def _stored(archive: tarfile.TarFile, name: str) -> dict[str, tuple[np.ndarray, str]]:
    """Arrays as they are stored, and the types that the graph wants."""
    groups = json.loads(_member(archive, f"{name}.json"))["weightsManifest"]
    data = _member(archive, f"{name}.bin")
    arrays, start = {}, 0
    for entry in (entry for group in groups for entry in group["weights"]):
        dtype = np.dtype(entry.get("quantization", entry)["dtype"]).newbyteorder("<")
        count = math.prod(entry["shape"])
        array = np.frombuffer(data, dtype, count, start).reshape(entry["shape"])
        arrays[entry["name"]] = (array, entry["dtype"])
        start += array.nbytes
    return arrays


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(PREFIX + name)
    assert member is not None
    return member.read()
