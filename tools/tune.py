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
import sys
from collections.abc import Sequence

from hps_tf import extras
from hps_tf.cli import command, environment
from hps_tf.errors import InputError
from tools.tuning.choices import ORACLES, PREFIX
from trainers import arguments

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
    environment.import_quietly()
    config = arguments.override(arguments.load(args.config), overrides).lock()
    with extras.needed("tune"):
        from tools.tuning import search

    search.run(args, config, program)


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
    add("--oracle", choices=ORACLES, default="random", help="what chooses (default random)")
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


if __name__ == "__main__":
    command.run(main, "tools.tune")
