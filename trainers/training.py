"""A training job from its config to its results: the work of `trainers.train`."""

import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf.io import json_file
from trainers import arguments, settings, tasks, workdir
from trainers import strategy as strategies
from trainers.loop import Loop
from trainers.task import Task

_RESULTS = {
    "figures": "summary.json",
    "curves": "tensorboard",
    "pictures": "pictures",
    "prior": "prior.npz",
    "lifting network": "lifting.npz",
    "network": "network.npz",
    "SavedModel": "saved_model",
}
"""Files that a run may have written, by their content."""


def run(config: ConfigDict, directory: Path, until: int | None = None) -> None:
    """Trains a model, and makes the results when it is trained.

    Args:
      config: The experiment, resolved.
      directory: The run directory; what it holds of the same experiment is resumed.
      until: The step to pause at; None: when training is finished.

    Raises:
      InputError: If a setting or the data cannot be used.
    """
    settings.check(config)
    workdir.check(directory, config)

    strategy, worker = strategies.create(config.strategy)
    strategies.check_batch_size(config.batch_size, strategy.num_replicas_in_sync)
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.precision)
    task = tasks.create(config)
    if worker.is_chief:
        print(f"training in {directory} {_devices(strategy)}", flush=True)

    with workdir.held(directory, config) if worker.is_chief else contextlib.nullcontext():
        _train(task, config, strategy, worker, directory, until)


def _train(
    task: Task,
    config: ConfigDict,
    strategy: tf.distribute.Strategy,
    worker: strategies.Worker,
    directory: Path,
    until: int | None,
) -> None:
    task.prepare(directory, is_chief=worker.is_chief)
    strategies.wait_for_all(strategy)
    loop = Loop(task, config, strategy, worker, directory)
    stopped_by = loop.run(until)
    if stopped_by:
        print(f"stopped at step {loop.step}; rerun the same command to resume", flush=True)
        sys.exit(128 + stopped_by)
    if until is not None:
        if worker.is_chief:
            print(f"paused at step {loop.step}; rerun without --until to continue", flush=True)
    elif worker.is_chief:
        summary = task.finish(directory)
        json_file.write(directory / "summary.json", summary)
        loop.write_pictures(directory / "pictures")
        print(_table(summary))
        print("\n".join(["", *_places(directory, task.next_command(directory))]))
    strategies.wait_for_all(strategy)


def _devices(strategy: tf.distribute.Strategy) -> str:
    """The devices of a job in words."""
    count = strategy.num_replicas_in_sync
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    return f"on 1 device ({kind})" if count == 1 else f"on {count} devices ({kind})"


def _table(summary: Mapping[str, Any]) -> str:
    """The summary as lines of name and value."""
    rows = dict(arguments.flatten(summary))
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {_text(value)}" for name, value in rows.items())


def _places(directory: Path, next_command: str) -> list[str]:
    """Lines that say where the results of a run lie, and what may be done with them."""
    there = {
        what: str(directory / name)
        for what, name in _RESULTS.items()
        if (directory / name).exists()
    }
    if "curves" in there:
        there["curves"] = f"tensorboard --logdir {there['curves']}"
    if next_command:
        there["next"] = next_command
    width = max(map(len, there))
    return [f"{what:<{width}}  {where}" for what, where in there.items()]


def _text(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
