"""Checks of a config's settings."""

from collections.abc import Callable
from typing import Any

from ml_collections import ConfigDict

from hps_tf.errors import InputError
from trainers import strategy
from trainers.arguments import flatten
from trainers.configs import base

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")

_Rule = tuple[Callable[[Any], bool], str]
_POSITIVE: _Rule = (lambda value: value > 0, "a number above 0")
_NOT_NEGATIVE: _Rule = (lambda value: value >= 0, "a number not below 0")
_FRACTION: _Rule = (lambda value: 0 <= value < 1, "a number from 0 to below 1")

_RULES: dict[str, _Rule] = {
    "steps": _POSITIVE,
    "batch_size": _POSITIVE,
    "steps_per_call": _POSITIVE,
    "log_every": _POSITIVE,
    "validate_every": _POSITIVE,
    "checkpoint_every": _POSITIVE,
    "patience": _NOT_NEGATIVE,
    "strategy": (lambda value: value in strategy.NAMES, f"one of {', '.join(strategy.NAMES)}"),
    "precision": (lambda value: value in PRECISIONS, f"one of {', '.join(PRECISIONS)}"),
    "optimizer.learning_rate": _POSITIVE,
    "optimizer.warmup_steps": _NOT_NEGATIVE,
    "optimizer.final_fraction": _FRACTION,
    "optimizer.weight_decay": _NOT_NEGATIVE,
    "optimizer.clip_norm": _POSITIVE,
    "optimizer.average_decay": _FRACTION,
}


def check(config: ConfigDict) -> None:
    """Checks the settings of the training loop.

    Raises:
      InputError: If one is missing, of the wrong type or out of range.
    """
    check_like(config, base.training())
    settings = dict(flatten(config))
    for name, (holds, expected) in _RULES.items():
        if not holds(settings[name]):
            raise InputError(f"config.{name}: expected {expected}, received {settings[name]!r}")


def check_like(config: ConfigDict, reference: ConfigDict) -> None:
    """Checks that a config has all settings of a reference, each of the same type.

    Args:
      config: The config to check.
      reference: A config with the settings it should have.

    Raises:
      InputError: If one is missing or of another type.
    """
    settings = dict(flatten(config))
    for name, default in flatten(reference):
        if name not in settings:
            raise InputError(f"config.{name} is missing")
        value, expected = settings[name], type(default)
        # An integer is a number too, but True is neither.
        if type(value) is not expected and not (expected is float and type(value) is int):
            got = f"{value!r} ({type(value).__name__})"
            raise InputError(f"config.{name}: expected type {expected.__name__}, received {got}")
