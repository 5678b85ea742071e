"""The command `hps evaluate detection`."""

import argparse
import contextlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hps_tf import reconstruction
from hps_tf.cli import options
from hps_tf.data.images import photographs
from hps_tf.detection import People, PeopleDetector
from hps_tf.errors import InputError
from hps_tf.evaluation import detection_figures, hard_scenes
from hps_tf.evaluation.detection_figures import MIN_KEYPOINTS


class Fitted:
    """Finds people as a detector does, and gives the keypoints of the bodies fitted to them.

    Args:
      detector: The detector of people.
    """

    def __init__(self, detector: PeopleDetector):
        self._reconstruct = reconstruction.load(detector=detector)

    def find_people(self, images: Sequence[np.ndarray]) -> list[People]:
        """Finds everybody in images; see `PeopleDetector`."""
        return [self._people(self._reconstruct(image)) for image in images]

    def keypoints(self, images: Sequence[np.ndarray], boxes: Sequence[np.ndarray]) -> list[People]:
        """Fits the people in boxes of images; see `PeopleDetector`."""
        return [
            self._people(self._reconstruct(image, boxes=[some]))
            for image, some in zip(images, boxes, strict=True)
        ]

    @staticmethod
    def _people(found: reconstruction.Reconstruction) -> People:
        return People(found.boxes, found.fitted_keypoints_2d, found.confidence, found.score)


def evaluate(arguments: argparse.Namespace) -> None:
    """Measures the detector, prints the figures and writes the JSON file."""
    is_complete = arguments.data is not None and arguments.image_dir is not None
    if not arguments.hard and not is_complete:
        raise InputError("expected --data and --image_dir, or --hard")
    if arguments.hard and (arguments.data or arguments.image_dir):
        raise InputError("--hard: expected no --data and no --image_dir beside it")
    if arguments.pictures is not None and not arguments.hard:
        raise InputError("--pictures: expected with --hard, received without")
    detector = arguments.detector()
    if arguments.fitted:
        detector = Fitted(detector)
    if arguments.hard:
        with contextlib.ExitStack() as stack:
            directory = arguments.pictures
            if directory is None:
                directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            figures = _hard(detector, directory)
    else:
        truth = detection_figures.annotations(arguments.data)
        found = detection_figures.find(detector, truth, arguments.image_dir)
        figures = detection_figures.measure(truth, found)
    print(_text(figures))
    options.write_json(arguments, figures)


def _hard(detector: PeopleDetector, directory: Path) -> dict[str, Any]:
    """The figures of rendered pictures, recall by picture, and who is found where nobody is."""
    hard_scenes.write(directory)
    truth = detection_figures.annotations(directory / hard_scenes.ANNOTATIONS)
    found = detection_figures.find(detector, truth, directory)
    empty = sorted((directory / hard_scenes.EMPTY).glob("*.jpg"))
    nobody = (detector.find_people([photographs.at(path).read()])[0] for path in empty)
    by_image = detection_figures.recall_by_image(truth, found)
    return {
        **detection_figures.measure(truth, found),
        "cases": {name.removesuffix(".jpg"): counts for name, counts in by_image.items()},
        "num_found_in_empty": sum(len(people.boxes) for people in nobody),
        "num_empty": len(empty),
    }


def _text(figures: Mapping[str, Any]) -> str:
    cases = figures.get("cases", {})
    lines = [
        f"{name:<16}{counts['num_matched']} of {counts['num_people']}"
        for name, counts in cases.items()
    ]
    if cases:
        found, count = figures["num_found_in_empty"], figures["num_empty"]
        lines.append(f"{found} found in the same {count} pictures without people")
    return "\n".join(
        [
            *lines,
            f"{figures['num_found']} found; AP {figures['ap']:.3f}, AR {figures['ar']:.3f} (OKS"
            " 0.5 to 0.95)",
            f"recall at OKS 0.5: {figures['recall_oks50']:.3f} of {figures['num_people']} people"
            f" with at least {MIN_KEYPOINTS} labelled keypoints",
        ]
    )
