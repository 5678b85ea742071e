"""Lifting networks as files: one ``.npz`` with the weights, the mode, and a JSON header.

A motion lifting network's file is of the same kind; another format tells it apart. The file of a
staged network whose pose module is a lifting module can be read too; its other
modules are left aside, so that nothing they need is loaded.
"""

import contextlib
import dataclasses
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from hps_tf.errors import InputError
from hps_tf.io import npz_arrays, run_directory
from hps_tf.io.npz_arrays import NpzArrays
from hps_tf.models.lifting_network import LiftingNetwork, LiftingOptions
from hps_tf.models.motion_lifting_network import MotionLiftingNetwork, MotionLiftingOptions
from hps_tf.models.presets import LIFTING
from hps_tf.priors import prior_file

_FORMAT = "lifting-1"
_OF_MOTION = "motion-lifting-1"
_OF_STAGED_NETWORK = 2
"""The format of `hps_tf.models.network_file` that may hold a lifting module."""

_WEIGHT = "weight/"


def save(
    network: LiftingNetwork, path: str | os.PathLike[str], dtype: DTypeLike = np.float32
) -> None:
    """Writes a network, atomically.

    Args:
      network: The network.
      path: The file.
      dtype: The precision of stored weights; float16 halves the file.

    Raises:
      TypeError: If the network is none, e.g. because the arguments are exchanged.
    """
    if not isinstance(network, LiftingNetwork):
        raise TypeError(
            "`network`: expected a LiftingNetwork, followed by the path, received"
            f" {type(network).__name__} and {type(path).__name__}"
        )
    header = {
        "format": _OF_MOTION if isinstance(network, MotionLiftingNetwork) else _FORMAT,
        "options": dataclasses.asdict(network.options),
        "card": network.card,
    }
    arrays: dict[str, Any] = {"header": np.array(json.dumps(header)), "mode": network.mode}
    for name, weight in _named_weights(network).items():
        arrays[_WEIGHT + name] = np.asarray(weight.value).astype(dtype)
    npz_arrays.write(path, arrays)


def read(path: str | os.PathLike[str]) -> LiftingNetwork:
    """Reads a network that `save` wrote, or the lifting module of a staged network's file.

    Raises:
      FileNotFoundError: If there is no such file.
      InputError: If the file holds no lifting network, or is damaged; names file and field.
    """
    path = Path(path)
    arrays, header = _open(path, _FORMAT, _OF_STAGED_NETWORK)
    mode = arrays.finite_numbers("mode")
    with _naming(path):
        network = LiftingNetwork(LiftingOptions(**header["options"]), mode, header["card"])
    is_staged = header["format"] == _OF_STAGED_NETWORK
    _assign(path, arrays, _weights_in_staged(network) if is_staged else _named_weights(network))
    return network


def read_motion(path: str | os.PathLike[str]) -> MotionLiftingNetwork:
    """Reads a network of windows of frames that `save` wrote.

    Raises:
      FileNotFoundError: If there is no such file.
      InputError: If the file holds none, or is damaged; names file and field.
    """
    path = Path(path)
    arrays, header = _open(path, _OF_MOTION)
    mode = arrays.finite_numbers("mode")
    with _naming(path):
        options = MotionLiftingOptions(**header["options"])
        network = MotionLiftingNetwork(options, mode, header["card"])
    _assign(path, arrays, _named_weights(network))
    return network


def _open(path: Path, *formats: str | int) -> tuple[NpzArrays, dict[str, Any]]:
    if path.is_dir():
        raise run_directory.not_a_file(path, "a lifting network")
    arrays = NpzArrays(path.read_bytes(), str(path))
    header = _header(path, arrays, formats)
    prior_file.check_sizes(path, header["options"])
    return arrays, header


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Names the file whose options or mode no network can be made of."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{path}: expected options and mode of a lifting network, received: {error}"
        ) from None


def _assign(path: Path, arrays: NpzArrays, named_weights: Mapping[str, Any]) -> None:
    for name, weight in named_weights.items():
        value = arrays.single_precision(_WEIGHT + name)
        if value.shape != tuple(weight.shape):
            raise InputError(
                f"{path}, field '{_WEIGHT}{name}': expected shape {tuple(weight.shape)}, received"
                f" {value.shape}"
            )
        weight.assign(value)


def _header(path: Path, arrays: NpzArrays, formats: Sequence[str | int]) -> dict[str, Any]:
    try:
        header = json.loads(arrays.text("header"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}, field 'header': expected JSON, received: {error}") from None
    if not isinstance(header, dict) or header.get("format") not in formats:
        raise InputError(
            f"{path}: expected a lifting network of format {formats[0]!r}, received another file"
        )
    for field in ("options", "card"):
        if not isinstance(header.get(field), dict):
            raise InputError(
                f"{path}, field 'header.{field}': expected a dict, received {header.get(field)!r}"
            )
    if header["format"] == _OF_STAGED_NETWORK:
        options = header["options"]
        if options.get("pose") != LIFTING:
            raise InputError(
                f"{path}, field 'header.options.pose': expected {LIFTING!r}, received"
                f" {options.get('pose')!r}"
            )
        sizes = {"width": options.get("lifting_width"), "blocks": options.get("lifting_blocks")}
        header["options"] = sizes
    return header


def _named_weights(network: LiftingNetwork) -> dict[str, Any]:
    """The weights by the names of their layers."""
    return {
        f"{layer.name}/{weight.name}": weight
        for layer in network.module.layers
        for weight in layer.weights
    }


def _weights_in_staged(network: LiftingNetwork) -> dict[str, Any]:
    """The weights as `hps_tf.models.network_file` names those of a pose module."""
    return {
        f"pose/{index:03d}_{weight.name}": weight
        for index, weight in enumerate(network.module.weights)
    }
