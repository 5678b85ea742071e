"""Trains a model: ``python -m trainers.train --help``."""

import contextlib
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf.cli import command
from hps_tf.errors import InputError
from hps_tf.io import json_file
from trainers import arguments, settings, tasks, workdir
from trainers import strategy as strategies
from trainers.loop import DivergenceError, Loop
from trainers.task import Task

#: Above 128, where Kubernetes' training operator takes a failure to be worth a restart, and free.
EXIT_LOST_WORKER = 138

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

_LOST_WORKER = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError)


def main(argv: Sequence[str] | None = None) -> None:
    """Trains as the command line says.

    Args:
      argv: The arguments; those of the process by default.

    Raises:
      InputError: If an argument, a setting or the data cannot be used.
    """
    config, directory, until, is_printed = arguments.parse(sys.argv[1:] if argv is None else argv)
    if is_printed:
        print("\n".join(f"--config.{name}={value}" for name, value in arguments.flatten(config)))
        return
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


def run() -> None:
    """Runs `main`; a diverged run ends with one line and exit code 1.

    So does the loss of another worker, with exit code `EXIT_LOST_WORKER`.
    """
    try:
        main()
    except DivergenceError as error:
        sys.exit(f"trainers.train: error: {error}")
    except _LOST_WORKER as error:
        aborted = re.search(r"aborted by: (.+)", error.message)
        reason = aborted[1] if aborted else error.message.partition("\n")[0]
        print(
            f"trainers.train: error: another worker was lost ({reason}); start all again with the"
            " same command to resume from the last checkpoint",
            file=sys.stderr,
        )
        sys.exit(EXIT_LOST_WORKER)
    except tf.errors.OpError as error:
        # Data are read inside tf.data, which wraps what is wrong with them in an error of its own.
        wrapped = re.search(rf"{InputError.__name__}: (.+)", error.message)
        if wrapped is None:
            raise
        raise InputError(wrapped[1]) from None


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


if __name__ == "__main__":
    command.run(run, "trainers.train")
