"""Requests and the right answers to them, kept beside a SavedModel.

They lie in ``assets.extra/reference.npz``, which loaders leave alone, as arrays called
``SIGNATURE/inputs/NAME`` and ``SIGNATURE/outputs/NAME``.
"""

import dataclasses
from pathlib import Path

import numpy as np

from export.signature import Request
from hps_tf.errors import InputError
from hps_tf.io import npz_arrays

Arrays = Request

_PATH = Path("assets.extra") / "reference.npz"


@dataclasses.dataclass(frozen=True)
class Example:
    """A request of one signature with its answer, arrays by name."""

    inputs: Arrays
    outputs: Arrays


def write(directory: Path, examples: dict[str, Example]) -> None:
    """Writes examples by signature into the directory of a SavedModel."""
    arrays = {
        f"{signature}/{kind}/{name}": array
        for signature, example in examples.items()
        for kind, group in dataclasses.asdict(example).items()
        for name, array in group.items()
    }
    path = directory / _PATH
    path.parent.mkdir(exist_ok=True)
    npz_arrays.write(path, arrays)


def read(directory: Path) -> dict[str, Example]:
    """Reads the examples by signature.

    Raises:
      InputError: If there are none, or their file is damaged.
    """
    path = directory / _PATH
    if not path.is_file():
        raise InputError(f"{directory}: expected a model of export.savedmodel; there is no {_PATH}")
    examples: dict[str, Example] = {}
    try:
        with np.load(path, allow_pickle=False) as file:
            for key in file.files:
                signature, kind, name = key.split("/")
                example = examples.setdefault(signature, Example({}, {}))
                {"inputs": example.inputs, "outputs": example.outputs}[kind][name] = (
                    npz_arrays.array_of(file, key)
                )
    except npz_arrays.DAMAGED as error:
        raise InputError(f"{path}: damaged: {error}") from error
    return examples
