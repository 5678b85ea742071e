"""Networks as files: one ``.npz`` with the weights, those of the pose prior, and a JSON header.

Weights of a frozen front end are not in it: the header holds their sha256. Format 1, without front
ends and lifting modules, can be read too.
"""

import dataclasses
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import DTypeLike

from hps_tf.errors import InputError
from hps_tf.io import npz_arrays, run_directory
from hps_tf.io.atomic_file import replacing
from hps_tf.io.npz_arrays import NpzArrays
from hps_tf.models.presets import NetworkOptions
from hps_tf.models.staged_network import StagedNetwork
from hps_tf.priors import prior_file
from hps_tf.priors.flow import FlowPrior
from hps_tf.priors.prior import PosePrior
from hps_tf.priors.prior_file import PriorFile

#: What building from the header of a damaged file can raise.
_UNFIT = (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError)

_FORMAT = 2
_KERAS, _KERAS_CONFIG = ".keras", "config.json"
_FORMATS = (1, _FORMAT)
_WEIGHT, _PRIOR, _MODE = "weight/", "prior/", "mode"
_FIELDS = {"options": dict, "num_shape": int, "body": str, "prior": dict, "card": dict}


def save(
    network: StagedNetwork, path: str | os.PathLike[str], dtype: DTypeLike = np.float32
) -> None:
    """Writes a network to one file, atomically.

        hps_tf.models.save(network, "network.npz")

    Args:
      network: The network.
      path: The file. With the suffix ``.keras`` it has Keras' own format, without rounding, which
        `keras.saving.load_model` reads too; with any other name it is an ``.npz``.
      dtype: The precision of stored weights; float16 halves the file.

    Raises:
      TypeError: If the network is none, e.g. because the arguments are exchanged.
    """
    if not isinstance(network, StagedNetwork):
        raise TypeError(
            "`network`: expected a StagedNetwork, followed by the path, received"
            f" {type(network).__name__} and {type(path).__name__}"
        )
    if Path(path).suffix == _KERAS:
        with replacing(Path(path)) as temporary:
            # Keras looks at the suffix, which the temporary file may lack.
            keras_path = temporary.with_name(temporary.name + _KERAS)
            keras.saving.save_model(network, keras_path)
            keras_path.replace(temporary)
        return
    prior = network.prior
    header = {
        "format": _FORMAT,
        "options": dataclasses.asdict(network.options),
        "num_shape": network.num_shape,
        "body": network.body,
        "prior": {
            "preset": prior.architecture,
            "space": prior.space.name,
            "sigma": prior.sigma,
            "options": prior.options,
        },
        "front_sha256": network.front.digest if network.front else None,
        "card": network.card,
    }
    arrays: dict[str, Any] = {"header": np.array(json.dumps(header))}
    for name, weight in _named_weights(network).items():
        arrays[_WEIGHT + name] = np.asarray(weight.value).astype(dtype)
    for name, weight in prior.named_weights().items():
        arrays[_PRIOR + name] = np.asarray(weight.value)
    if network.lifting is not None:
        arrays[_MODE] = network.lifting.mode
    npz_arrays.write(path, arrays)


def read(path: str | os.PathLike[str]) -> StagedNetwork:
    """Reads a network that `save` wrote.

    Raises:
      FileNotFoundError: If there is no such file.
      InputError: If the file is not a network, or is damaged; names file and field.
    """
    path = Path(path)
    if path.is_dir():
        raise run_directory.not_a_file(path, "a network")
    if _is_keras(path):
        return _read_keras(path)
    arrays = NpzArrays(path.read_bytes(), str(path))
    header = _header(path, arrays)
    prior_file.check_sizes(path, header["options"])
    try:
        prior = _prior(path, arrays, header["prior"])
        options = NetworkOptions.from_dict(header["options"])
        mode = arrays.finite_numbers(_MODE) if _MODE in arrays.names else None
        network = StagedNetwork(options, prior, header["num_shape"], mode, header["body"])
    except _UNFIT as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{path}, field 'header': expected a network's, received: {error}"
        ) from None
    _check_front(path, network, header.get("front_sha256"))
    for name, weight in _named_weights(network).items():
        value = arrays.single_precision(_WEIGHT + name)
        if value.shape != tuple(weight.shape):
            raise InputError(
                f"{path}, field '{_WEIGHT}{name}': expected shape {tuple(weight.shape)}, received"
                f" {value.shape}"
            )
        weight.assign(value)
    network.card = header["card"]
    return network


def _is_keras(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return _KERAS_CONFIG in archive.namelist()
    except zipfile.BadZipFile:
        return False


def _read_keras(path: Path) -> StagedNetwork:
    """Reads a file of Keras' format, if it says that it holds a staged network."""
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read(_KERAS_CONFIG))
        if config["registered_name"] != "hps_tf>StagedNetwork":
            raise ValueError(f"a model {config['registered_name']!r}")
        return keras.saving.load_model(path, compile=False)
    except (*_UNFIT, OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: expected a staged network, received: {error}") from None


def _header(path: Path, arrays: NpzArrays) -> dict[str, Any]:
    try:
        header = json.loads(arrays.text("header"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}, field 'header': expected JSON, received: {error}") from None
    if not isinstance(header, dict) or header.get("format") not in _FORMATS:
        raise InputError(
            f"{path}: expected a network of format {' or '.join(map(str, _FORMATS))}, received"
            " another file"
        )
    header.setdefault("body", "default")  # Files of before had no other.
    for field, kind in _FIELDS.items():
        if not isinstance(header.get(field), kind):
            raise InputError(
                f"{path}, field 'header.{field}': expected a {kind.__name__}, received"
                f" {header.get(field)!r}"
            )
    return header


def _check_front(path: Path, network: StagedNetwork, expected: str | None) -> None:
    """Checks that a front end is the one that the network was trained over."""
    received = network.front.digest if network.front else None
    if received != expected:
        raise InputError(
            f"{path}, field 'header.front_sha256': expected {received}, of the embedded detector,"
            f" received {expected}"
        )


def _prior(path: Path, arrays: NpzArrays, fields: dict[str, Any]) -> PosePrior:
    weights = {
        name.removeprefix(_PRIOR): arrays.single_precision(name)
        for name in arrays.names
        if name.startswith(_PRIOR)
    }
    content = PriorFile(
        preset=fields["preset"],
        space=fields["space"],
        sigma=fields["sigma"],
        options=prior_file.tuples(fields["options"]),
        weights=weights,
        references={},
        card={},
    )
    return FlowPrior.from_content(path, content)


def _named_weights(network: StagedNetwork) -> dict[str, Any]:
    """The weights by names that do not depend on how Keras counts layers."""
    return {
        f"{name}/{index:03d}_{weight.name}": weight
        for name, module in network.modules.items()
        for index, weight in enumerate(module.weights)
    }
