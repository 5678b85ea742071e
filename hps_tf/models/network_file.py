"""Networks as files: one ``.npz`` with the weights, those of the pose prior, and a JSON header.

Weights of a frozen front end are not in it: the header tells their sha256. Format 1, without front
ends and lifting modules, can be read too.
"""

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from hps_tf.errors import InputError
from hps_tf.io import npz_arrays, run_directory
from hps_tf.io.npz_arrays import NpzArrays
from hps_tf.models.presets import NetworkOptions
from hps_tf.models.staged_network import StagedNetwork
from hps_tf.priors import prior_file
from hps_tf.priors.flow import FlowPrior
from hps_tf.priors.prior_file import PriorFile

#: What building from the header of a damaged file can raise.
_UNFIT = (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError)

_FORMAT = 2
_FORMATS = (1, _FORMAT)
_WEIGHT, _PRIOR, _MODE = "weight/", "prior/", "mode"
_FIELDS = {"options": dict, "num_shape": int, "prior": dict, "card": dict}


def save(
    path: str | os.PathLike[str], network: StagedNetwork, dtype: DTypeLike = np.float32
) -> None:
    """Writes a network to one ``.npz`` file, atomically.

    Args:
      path: The file, of any name: what it holds does not depend on it.
      network: The network.
      dtype: What its weights are rounded to; float16 halves the file.

    Raises:
      TypeError: If the network is none, e.g. because the arguments are exchanged.
    """
    if not isinstance(network, StagedNetwork):
        raise TypeError(
            "`network` must be a StagedNetwork, and `path` comes before it, got"
            f" {type(path).__name__} and {type(network).__name__}"
        )
    prior = network.prior
    header = {
        "format": _FORMAT,
        "options": dataclasses.asdict(network.options),
        "num_shape": network.num_shape,
        "prior": {
            "preset": prior.preset,
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
    arrays = NpzArrays(path.read_bytes(), str(path))
    header = _header(path, arrays)
    prior_file.check_sizes(path, header["options"])
    try:
        prior = _prior(path, arrays, header["prior"])
        options = header["options"]
        options["blocks"] = tuple(tuple(block) for block in options["blocks"])
        mode = arrays.finite_numbers(_MODE) if _MODE in arrays.names else None
        network = StagedNetwork(NetworkOptions(**options), prior, header["num_shape"], mode)
    except _UNFIT as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{path}, field 'header': expected a network's, received: {error}"
        ) from None
    _check_front(path, network, header.get("front_sha256"))
    for name, weight in _named_weights(network).items():
        value = arrays.finite_numbers(_WEIGHT + name)
        if value.shape != tuple(weight.shape):
            raise InputError(
                f"{path}, field '{_WEIGHT}{name}': expected shape {tuple(weight.shape)}, received"
                f" {value.shape}"
            )
        with np.errstate(over="ignore"):
            single = value.astype(np.float32)
        if not np.isfinite(single).all():
            raise InputError(
                f"{path}, field '{_WEIGHT}{name}': expected numbers of single precision, received"
                f" {np.abs(value).max():.4g}"
            )
        weight.assign(single)
    network.card = header["card"]
    return network


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


def _prior(path: Path, arrays: NpzArrays, fields: dict[str, Any]) -> FlowPrior:
    weights = {
        name.removeprefix(_PRIOR): arrays.finite_numbers(name)
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
