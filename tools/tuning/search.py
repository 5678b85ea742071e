"""A search of hyper-parameters: the work of `tools.tune`."""

import argparse
import contextlib
import hashlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import grpc
import keras_tuner
from ml_collections import ConfigDict

from hps_tf.errors import InputError
from hps_tf.io import directory_lock
from tools.tuning import choices, damaged_trials, oracles, report, search_record
from tools.tuning.announced_runs import AnnouncedRuns
from tools.tuning.search_space import SearchSpace
from tools.tuning.tuner import TrainingTuner
from trainers import failures, settings, strategy
from trainers.tasks import TASKS

_VARIABLES = ("KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT", "KERASTUNER_TUNER_ID")


def run(args: argparse.Namespace, config: ConfigDict, program: Sequence[str]) -> None:
    """Searches as the arguments of `tools.tune` say.

    Args:
      args: The arguments.
      config: The config searched around.
      program: The command that trains a trial.

    Raises:
      InputError: If the config or the space cannot be used.
    """
    settings.check(config)
    loss_unit = TASKS[config.task].loss_unit if config.task in TASKS else ""
    space = SearchSpace(args.space, config, choices.FIXED.get(args.oracle, ()))
    objective = keras_tuner.Objective(args.objective, args.direction)
    oracle = oracles.create(args.oracle, objective, config, args.max_trials, args.seed)
    is_worker = _is_worker()
    member = _member(config, is_worker)
    record = _record(args, config)
    search_record.check(args.directory, record)
    with contextlib.ExitStack() as stack:
        if not is_worker:
            held = directory_lock.held(args.directory, f"--directory {args.directory}")
            stack.enter_context(held)
            search_record.begin(args.directory, record)
        _search(args, oracle, space, program, is_worker, member, loss_unit)


def _search(
    args: argparse.Namespace,
    oracle: keras_tuner.Oracle,
    space: SearchSpace,
    program: Sequence[str],
    is_worker: bool,
    member: int | None,
    loss_unit: str,
) -> None:
    signal.signal(signal.SIGTERM, _exit)
    announced = None
    if member is not None:
        announced = AnnouncedRuns(args.directory, os.environ["KERASTUNER_TUNER_ID"])
        if member > 0:
            announced.follow(program, member)
            return
    try:
        if not is_worker:
            for path in damaged_trials.replace(args.directory / "trials"):
                print(f"{path}: damaged; the search continues without this trial", flush=True)
        tuner = TrainingTuner(oracle, space, args.directory, program, announced)
    except json.JSONDecodeError as error:  # Keras Tuner does not write its files at once.
        raise InputError(
            f"{args.directory / 'trials'}: a file is damaged ({error}); remove the directory to"
            " begin again"
        ) from error
    try:
        tuner.search()
    except grpc.RpcError as error:
        print(f"tools.tune: error: the chief was lost ({error.details()})", file=sys.stderr)
        sys.exit(failures.EXIT_LOST_WORKER)
    if is_worker:
        return
    found = report.results(oracle)
    if not any(result.status == "COMPLETED" for result in found):
        sys.exit(f"tools.tune: error: all trials failed; see {args.directory / 'runs'}")
    report.write(args.directory, oracle, space, loss_unit)
    print(report.table(found, oracle.objective, loss_unit))
    best = args.directory / "best_config.json"
    print(
        f"{args.directory}: written; train the best with python -m trainers.train --config={best}"
    )


def _record(args: argparse.Namespace, config: ConfigDict) -> dict[str, Any]:
    """Settings that must stay the same for a search to resume."""
    return {
        "config": config.to_dict(),
        "space": hashlib.sha256(args.space.read_bytes()).hexdigest(),
        "oracle": args.oracle,
        "objective": args.objective,
        "direction": args.direction,
        "seed": args.seed,
    }


def _is_worker() -> bool:
    """Whether this process is a worker of a search over several, whose chief chooses."""
    missing = [name for name in _VARIABLES if name not in os.environ]
    if len(missing) == len(_VARIABLES):
        return False
    if missing:
        raise InputError(
            "a search over several machines needs the variables"
            f" {', '.join(_VARIABLES)}, received none"
            f" of {', '.join(missing)}"
        )
    return "chief" not in os.environ["KERASTUNER_TUNER_ID"]


def _member(config: ConfigDict, is_worker: bool) -> int | None:
    """This process's number among those that train a trial together, None if it trains alone."""
    if config.strategy != "multi_worker":
        return None
    if _VARIABLES[0] not in os.environ:
        raise InputError(
            "trials of strategy multi_worker need a chief and a name that the workers of a trial"
            f" share: set {', '.join(_VARIABLES)}"
        )
    return strategy.place_in_cluster().index if is_worker else None


def _exit(number: int, frame: object) -> NoReturn:
    del frame
    sys.exit(128 + number)
