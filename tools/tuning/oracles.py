"""Keras Tuner's oracles, which choose a trial's values, by name."""

from collections.abc import Callable

import keras_tuner
from ml_collections import ConfigDict

from hps_tf.errors import InputError

#: Hyperband promotes a third of the trials, for three times as long.
_FACTOR = 3

#: Trials that fail one after another; then it is more than an unlucky draw.
_MAX_FAILURES = 10

_DEFAULT_TRIALS = 20


def create(
    name: str,
    objective: keras_tuner.Objective,
    config: ConfigDict,
    max_trials: int | None,
    seed: int,
) -> keras_tuner.Oracle:
    """Creates an oracle.

    Args:
      name: One of `choices.ORACLES`.
      objective: The figure to improve.
      config: The config searched around. Hyperband's longest trials train for its steps, and its
        shortest for one interval between validations.
      max_trials: How many to try; None for the default, and for Hyperband, whose number follows
        from the config.
      seed: Of the random choices, above 0.

    Raises:
      InputError: If a number cannot be used.
    """
    if seed < 1:
        raise InputError(f"--seed: expected a number above 0, received {seed}")
    common = {
        "objective": objective,
        "seed": seed,
        "max_consecutive_failed_trials": _MAX_FAILURES,
    }
    if name == "hyperband":
        if max_trials is not None:
            raise InputError(
                "--max_trials: Hyperband's number of trials follows from config.steps and "
                "config.validate_every"
            )
        epochs, rest = divmod(config.steps, config.validate_every)
        if rest or epochs < _FACTOR:
            raise InputError(
                "Hyperband compares at validations: config.steps: expected a multiple of "
                f"config.validate_every and at least {_FACTOR} times it, received"
                f" {config.steps} and "
                f"{config.validate_every}"
            )
        return keras_tuner.oracles.HyperbandOracle(max_epochs=epochs, factor=_FACTOR, **common)
    max_trials = _DEFAULT_TRIALS if max_trials is None else max_trials
    if max_trials < 1:
        raise InputError(f"--max_trials: expected a number above 0, received {max_trials}")
    return _UNSCHEDULED[name](max_trials=max_trials, **common)


_UNSCHEDULED: dict[str, Callable[..., keras_tuner.Oracle]] = {
    "random": keras_tuner.oracles.RandomSearchOracle,
    "bayesian": keras_tuner.oracles.BayesianOptimizationOracle,
}
