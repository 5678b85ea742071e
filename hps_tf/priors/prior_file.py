"""Priors as files: one ``.npz`` with the weights, the reference densities and a JSON header.

The file is plain arrays, read without pickle. Its header says how to build the prior (preset,
space, sigma, options) and carries the card: what it was trained on, by which command, and the
figures measured.
"""

import dataclasses
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hps_tf.errors import InputError
from hps_tf.io import atomic_file, foreign_file, npz_arrays, run_directory
from hps_tf.priors.gmm import GaussianMixture

_FORMAT = 1
_LARGEST_SIZE = 8192
_MAX_BYTES = 1 << 28  # Of all arrays.
_HEADER = "header"
_WEIGHT = "weight/"
_FIELDS = {
    "preset": str,
    "space": str,
    "sigma": float,
    "options": dict,
    "references": list,
    "card": dict,
}


@dataclasses.dataclass(frozen=True)
class PriorFile:
    """The content of a prior's file.

    Attributes:
      preset: The architecture's name.
      space: The pose space's name.
      sigma: Standard deviation of the noise that the prior reckons with.
      options: The preset's options.
      weights: Arrays by name.
      references: Densities fitted to the same training data, by name.
      card: Its training data, command and measured figures.
    """

    preset: str
    space: str
    sigma: float
    options: dict
    weights: dict[str, np.ndarray]
    references: dict[str, GaussianMixture]
    card: dict


def write(path: str | os.PathLike[str], content: PriorFile) -> None:
    """Writes a prior, atomically, to exactly this path."""
    header = {
        "format": _FORMAT,
        "preset": content.preset,
        "space": content.space,
        "sigma": content.sigma,
        "options": content.options,
        "references": sorted(content.references),
        "card": content.card,
    }
    arrays: dict[str, Any] = {_HEADER: np.array(json.dumps(header))}
    arrays |= {_WEIGHT + name: array for name, array in content.weights.items()}
    for name, mixture in content.references.items():
        arrays[f"{name}/weights"] = mixture.weights.astype(np.float32)
        arrays[f"{name}/means"] = mixture.means.astype(np.float32)
        arrays[f"{name}/covariances"] = _pack(mixture.covariances)
    npz_arrays.write(path, arrays)


def write_keras(path: str | os.PathLike[str], save: Callable[[Path], None]) -> None:
    """Writes a prior in Keras' own format, atomically.

    Args:
      path: The file.
      save: Keras' method of saving.
    """
    with atomic_file.replacing(path) as temporary:
        save(temporary)


def read(path: str | os.PathLike[str]) -> PriorFile:
    """Reads a prior.

    Raises:
      FileNotFoundError: If there is no such file.
      InputError: If the file is not a prior, or is damaged; names file and field.
    """
    path = Path(path)
    arrays = _read_arrays(path)
    header = _parse_header(path, arrays)
    weights = [key for key in arrays if key.startswith(_WEIGHT)]
    return PriorFile(
        preset=header["preset"],
        space=header["space"],
        sigma=header["sigma"],
        options=tuples(header["options"]),
        weights={key.removeprefix(_WEIGHT): _field(path, arrays, key) for key in weights},
        references={name: _read_mixture(path, arrays, name) for name in header["references"]},
        card=header["card"],
    )


def tuples(options: dict[str, Any]) -> dict[str, Any]:
    """Gives options the tuples that JSON made lists of."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in options.items()
    }


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    if path.is_dir():
        raise run_directory.not_a_file(path, "a prior")
    data = path.read_bytes()
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            total = sum(entry.file_size for entry in file.zip.infolist())
            if total > _MAX_BYTES:
                raise ValueError(f"arrays of {total} bytes")
            return {name: npz_arrays.array_of(file, name) for name in file.files}
    except npz_arrays.DAMAGED as error:
        kind = foreign_file.describe(data[: foreign_file.HEAD_BYTES]) or error
        raise InputError(
            f"{path}: expected a prior (.npz), received a damaged file: {kind}"
        ) from error


def _parse_header(path: Path, arrays: dict[str, np.ndarray]) -> dict:
    if _HEADER not in arrays:
        raise InputError(f"{path}: field `{_HEADER}` is missing; is this a prior?")
    try:
        header = json.loads(str(arrays[_HEADER]))
        found = header["format"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(f"{path}: field `{_HEADER}` is not a prior's: {error}") from error
    if found != _FORMAT:
        raise InputError(f"{path}: format {found!r} is not supported, expected {_FORMAT}")
    for field, kind in _FIELDS.items():
        if not isinstance(header.get(field), kind):
            raise InputError(f"{path}: `{_HEADER}.{field}`: expected a {kind.__name__}")
    check_sizes(path, header["options"])
    return header


def check_sizes(path: Path, options: Any) -> None:
    """Refuses options of a model so large that building it would fill the memory.

    Raises:
      InputError: If a whole number among them, at any depth, is above 8,192.
    """
    values = options.values() if isinstance(options, dict) else options
    for value in values:
        if isinstance(value, dict | list | tuple):
            check_sizes(path, value)
        elif isinstance(value, int) and abs(value) > _LARGEST_SIZE:
            raise InputError(
                f"{path}: `{_HEADER}.options`: expected sizes up to"
                f" {_LARGEST_SIZE}, received {value}"
            )


def _field(path: Path, arrays: dict[str, np.ndarray], key: str) -> np.ndarray:
    if key not in arrays:
        raise InputError(f"{path}: field `{key}` is missing")
    array = arrays[key]
    with np.errstate(over="ignore", invalid="ignore"):
        is_number = np.issubdtype(array.dtype, np.number) and array.size <= npz_arrays.MAX_NUMBERS
        # In the precision of the models.
        is_fit = is_number and np.isfinite(array.astype(np.float32, copy=False)).all()
    if not is_fit:
        raise InputError(f"{path}: field `{key}`: expected finite numbers")
    return array


def _read_mixture(path: Path, arrays: dict[str, np.ndarray], name: str) -> GaussianMixture:
    weights, means, packed = (
        _field(path, arrays, f"{name}/{part}") for part in ("weights", "means", "covariances")
    )
    if not (weights > 0).all():
        raise InputError(f"{path}: field `{name}/weights`: expected positive numbers")
    try:
        return GaussianMixture(weights, means, _unpack(packed, means.shape[-1]))
    except (ValueError, IndexError) as error:  # NumPy's LinAlgError is a ValueError.
        raise InputError(f"{path}: reference `{name}` is not a mixture: {error}") from error


def _pack(covariances: np.ndarray) -> np.ndarray:
    """`(K, D, D)` symmetric matrices to their `(K, D (D + 1) / 2)` lower triangles."""
    rows, columns = np.tril_indices(covariances.shape[-1])
    return covariances[:, rows, columns].astype(np.float32)


def _unpack(packed: np.ndarray, dim: int) -> np.ndarray:
    rows, columns = np.tril_indices(dim)
    covariances = np.zeros((len(packed), dim, dim))
    covariances[:, rows, columns] = packed
    covariances[:, columns, rows] = packed
    return covariances
