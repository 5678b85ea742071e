"""The command `hps evaluate detection`."""

import argparse

from hps_tf.cli import options
from hps_tf.evaluation import detection_figures
from hps_tf.evaluation.detection_figures import MIN_KEYPOINTS


def evaluate(arguments: argparse.Namespace) -> None:
    """Measures the detector, prints the figures and writes the JSON file."""
    truth = detection_figures.annotations(arguments.data)
    found = detection_figures.find(arguments.detector(), truth, arguments.image_dir)
    figures = detection_figures.measure(truth, found)
    print(_text(figures))
    options.write_json(arguments, figures)


def _text(figures: dict[str, float]) -> str:
    return "\n".join(
        [
            f"{figures['num_found']} found; AP {figures['ap']:.3f}, AR {figures['ar']:.3f} (OKS"
            " 0.5 to 0.95)",
            f"recall at OKS 0.5: {figures['recall_oks50']:.3f} of {figures['num_people']} people"
            f" with at least {MIN_KEYPOINTS} labelled keypoints",
        ]
    )
