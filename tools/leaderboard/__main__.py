"""Compares pose priors: likelihood, quality of samples, and tasks, on the test split.

    python -m tools.leaderboard --data prepared/cmu --output results

Rows are the pretrained priors, the Gaussians and mixtures stored with them, no prior as a control,
and the runs of `trainers.train` in --priors: each of its directories with a prior.npz is a row by
its name. Runs of trainers/configs/prior_6d_maf.py and prior_6d_iaf.py are expected there; without
them a line says so.

The tasks are those of `hps prior` (hps_tf.evaluation.prior_tasks), with the same solver and no
weight for every prior.

The output holds leaderboard.md, leaderboard.json, leaderboard.png and parts/, a file for every
finished measurement: the same command resumes after an interruption, and writes the tables anew.
"""

import argparse
import importlib

from hps_tf.cli import command, environment, options
from hps_tf.io import directory_lock


def main() -> None:
    """Parses the command line, measures and writes the results."""
    arguments = _parser().parse_args()
    environment.import_quietly()
    study = importlib.import_module("tools.leaderboard.study")
    with directory_lock.held(arguments.output, f"--output {arguments.output}"):
        study.run(
            study.Study(
                data=tuple(arguments.data),
                priors=arguments.priors,
                output=arguments.output,
                num_poses=arguments.num_poses,
                num_samples=arguments.num_samples,
                num_hypotheses=arguments.num_hypotheses,
                seed=arguments.seed,
            )
        )


def _parser() -> argparse.ArgumentParser:
    parser = command.parser("tools.leaderboard", __doc__, [options.motion()])
    add = parser.add_argument
    add("--priors", type=command.path, metavar="DIR", help="directory of training runs, see above")
    add("--output", type=command.path, required=True, metavar="DIR", help="for the results")
    counts = {
        "--num_poses": (2, 100, "test poses for the tasks"),
        "--num_samples": (6, 5000, "samples, and test poses to compare them with"),
        "--num_hypotheses": (2, 5, "completions of a pose"),
        "--seed": (0, 0, "of noise and draws"),
    }
    for name, (least, default, text) in counts.items():
        add(
            name,
            type=command.at_least(least),
            default=default,
            metavar="N",
            help=f"{text} (%(default)s)",
        )
    return parser


if __name__ == "__main__":
    command.run(main, "tools.leaderboard")
