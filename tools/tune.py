r"""Searches hyper-parameters with Keras Tuner; every trial is an ordinary training job.

    python -m tools.tune --config=trainers/configs/prior_light.py \
        --space=trainers/search_spaces/prior_light.py --config.data.path=MOCAP --directory=search \
        --oracle=hyperband

Settings of the config are overridden as for trainers.train, and --directory plays the part of its
--workdir: the same command resumes an interrupted search. It receives results.txt,
results.json, parallel_coordinates.png and best_config.json, which trainers.train takes as --config;
runs/TRIAL/run are the trials' run directories.

On several machines run it on each, with --directory on storage that all of them see and Keras
Tuner's variables: KERASTUNER_TUNER_ID (chief on the one that chooses and does not train; another
name on each other), KERASTUNER_ORACLE_IP and KERASTUNER_ORACLE_PORT (of the chief). A worker that
was killed resumes its trial when it is started again under its name. docs/distributed.md.
"""

import argparse
import contextlib
import hashlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from ml_collections import ConfigDict

from hps_tf.cli import command
from hps_tf.errors import InputError
from hps_tf.io import directory_lock
from trainers import arguments, settings, strategy, train
from trainers.tasks import TASKS

with command.importing("tools.tune", "tune"):
    import grpc
    import keras_tuner

    from tools.tuning import damaged_trials, oracles, report, search_record
    from tools.tuning.announced_runs import AnnouncedRuns
    from tools.tuning.search_space import SearchSpace
    from tools.tuning.tuner import PREFIX, TrainingTuner

_VARIABLES = ("KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT", "KERASTUNER_TUNER_ID")

#: The command that trains a trial.
TRAINING = (sys.executable, "-m", "trainers.train")


def main(argv: Sequence[str] | None = None, program: Sequence[str] = TRAINING) -> None:
    """Searches.

    Args:
      argv: The arguments; those of the process by default.
      program: The command that trains a trial.

    Raises:
      InputError: If an argument, the config or the space cannot be used.
    """
    args, overrides = _parse(sys.argv[1:] if argv is None else argv)
    config = arguments.override(arguments.load(args.config), overrides).lock()
    settings.check(config)
    loss_unit = TASKS[config.task].loss_unit if config.task in TASKS else ""
    space = SearchSpace(args.space, config, oracles.FIXED.get(args.oracle, ()))
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
        sys.exit(train.EXIT_LOST_WORKER)
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


def _parse(argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="tools.tune",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "--config",
        type=command.path,
        required=True,
        metavar="FILE",
        help="an experiment, .py or .json",
    )
    add("--space", type=command.path, required=True, metavar="FILE", help="a search space, .py")
    add(
        "--directory",
        type=command.path,
        required=True,
        metavar="DIR",
        help="where the search is kept",
    )
    add("--oracle", choices=oracles.NAMES, default="random", help="what chooses (default random)")
    add(
        "--objective",
        default=f"{PREFIX}loss",
        metavar="NAME",
        help=f"a figure of the validations with {PREFIX} before it (default {PREFIX}loss)",
    )
    add("--direction", choices=("min", "max"), default="min", help="(default min)")
    add("--max_trials", type=int, metavar="N", help="of random and bayesian (default 20)")
    add("--seed", type=int, default=1, help="of the choices (default 1)")
    args, overrides = parser.parse_known_args(argv)
    if not args.objective.startswith(PREFIX):
        raise InputError(
            f"--objective: expected one that begins with {PREFIX}, received {args.objective}"
        )
    return args, overrides


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


if __name__ == "__main__":
    command.run(main, "tools.tune")
