r"""Measures what was trained on held-out data.

    python -m tools.evaluate prior --prior cmu-6d-light --data prepared/cmu --json figures.json
    python -m tools.evaluate network --run runs/mine --data prepared/images --json figures.json
    python -m tools.evaluate lifting --lifting runs/mine/lifting.npz --data prepared/cmu
    python -m tools.evaluate detection --data person_keypoints_val2017.json --image_dir val2017 \
        --json figures.json
    python -m tools.evaluate keypoints --data prepared/images --json figures.json

prints a readable table and writes the same figures as JSON.
"""

import argparse

from hps_tf.cli import command
from hps_tf.cli.evaluate import detection, energy, keypoints, lifting, network, prior


def main() -> None:
    """Parses the command line and runs the evaluation it names."""
    parser = argparse.ArgumentParser(
        prog="tools.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subparsers = parser.add_subparsers(metavar="WHAT", required=True)
    prior.add_parser(subparsers)
    energy.add_parser(subparsers)
    network.add_parser(subparsers)
    lifting.add_parser(subparsers)
    detection.add_parser(subparsers)
    keypoints.add_parser(subparsers)
    arguments = parser.parse_args()
    arguments.evaluate(arguments)


if __name__ == "__main__":
    command.run(main, "tools.evaluate")
