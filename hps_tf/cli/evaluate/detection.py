"""Measures a detector of people on photographs with COCO's annotations of keypoints.

AP and AR are COCO's, of keypoints, over thresholds of OKS from 0.5 to 0.95 (pycocotools). The
recall is the share of people with at least 5 labelled keypoints to whom somebody found was assigned
at an OKS of 0.5 or more, among the 20 likeliest of the image.
"""

import argparse
import contextlib
import importlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from tqdm import tqdm

from hps_tf import detection
from hps_tf.cli import command
from hps_tf.data.images import photographs
from hps_tf.data.keypoints import coco_keypoints
from hps_tf.data.keypoints.people import ImageEntry
from hps_tf.detection import PeopleDetector
from hps_tf.errors import InputError
from hps_tf.io import json_values
from hps_tf.io.atomic_file import replacing

EMBEDDED = "movenet"
MIN_KEYPOINTS = 5
PERSON = 1


def add_parser(subparsers) -> None:
    """Adds the command `detection`."""
    parser = subparsers.add_parser(
        "detection",
        help="how well a detector finds people in photographs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data", type=command.path, required=True, metavar="FILE",
        help="COCO's annotations of keypoints, JSON",
    )  # fmt: skip
    parser.add_argument(
        "--image_dir", type=command.path, required=True, metavar="DIR", help="the photographs"
    )
    add_detector(parser)
    parser.add_argument(
        "--json", type=command.path, required=True, metavar="FILE", help="figures to write"
    )
    parser.set_defaults(evaluate=evaluate)


def add_detector(parser: argparse.ArgumentParser) -> None:
    """Adds the option `--detector`, whose value makes the detector."""
    parser.add_argument(
        "--detector", type=_detector_factory, default=EMBEDDED, metavar="MODULE:FUNCTION",
        help="what makes a detector of your own (hps_tf.detection.PeopleDetector), called without"
        " arguments (default: the embedded %(default)s)",
    )  # fmt: skip


def evaluate(arguments: argparse.Namespace) -> None:
    """Measures the detector, prints the figures and writes the JSON file."""
    if not arguments.json.parent.is_dir():
        raise InputError(f"--json {arguments.json}: there is no directory {arguments.json.parent}")
    truth = _annotations(arguments.data)
    found = find(arguments.detector(), truth, arguments.image_dir)
    figures = measure(truth, found)
    print(_text(figures))
    with replacing(arguments.json) as temporary:
        temporary.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def find(detector: PeopleDetector, truth: COCO, image_dir: Path) -> list[dict[str, Any]]:
    """Finds everybody in the annotated images.

    Args:
      detector: What finds them.
      truth: The annotations.
      image_dir: Where the images are.

    Returns:
      COCO's results of keypoints.

    Raises:
      InputError: If an image is missing or damaged.
    """
    results = []
    for image in tqdm(truth.loadImgs(truth.getImgIds()), "finding people", unit="image"):
        names = coco_keypoints.image_names(image["id"])
        if "file_name" in image:
            names = (image["file_name"],)
        pixels = photographs.locate(image_dir, ImageEntry(names, 0)).read()
        (people,) = detector.find_people([pixels])
        for keypoints, confidence, score in zip(*people[1:], strict=True):
            flat = np.concatenate([keypoints, confidence[:, np.newaxis]], axis=1).ravel()
            results.append(
                {
                    "image_id": image["id"],
                    "category_id": PERSON,
                    "keypoints": flat.astype(float).tolist(),
                    "score": float(score),
                }
            )
    return results


def measure(truth: COCO, results: list[dict[str, Any]]) -> dict[str, float]:
    """Compares what was found with the annotations.

    Args:
      truth: The annotations.
      results: COCO's results of keypoints.

    Returns:
      `ap`, `ar`, `recall_oks50`, `num_people` (those of the recall) and `num_found`.
    """
    people = truth.loadAnns(truth.getAnnIds(iscrowd=False))
    judged = {person["id"] for person in people if _num_labelled(person) >= MIN_KEYPOINTS}
    figures = {"ap": 0.0, "ar": 0.0, "recall_oks50": 0.0}
    if results:
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation = COCOeval(truth, truth.loadRes(results), "keypoints")
            evaluation.params.catIds = [PERSON]
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        matched = {
            person
            for outcome in evaluation.evalImgs
            if outcome is not None and outcome["aRng"] == evaluation.params.areaRng[0]
            for person, match in zip(outcome["gtIds"], outcome["gtMatches"][0], strict=True)
            if match
        }
        recall = len(matched & judged) / len(judged) if judged else 0.0
        figures = {
            "ap": float(evaluation.stats[0]),
            "ar": float(evaluation.stats[5]),
            "recall_oks50": recall,
        }
    return figures | {"num_people": len(judged), "num_found": len(results)}


def _num_labelled(person: dict[str, Any]) -> int:
    return int(np.count_nonzero(np.array(person["keypoints"][2::3]) > 0))


def _annotations(path: Path) -> COCO:
    """Reads the file, once the project's own reader has checked it."""
    try:
        content = json_values.parse(path.read_bytes(), str(path))
    except OSError as error:
        raise InputError(f"{path}: expected a file, received: {error.strerror}") from None
    coco_keypoints.read(json_values.as_object(content, str(path)), str(path))
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


def _detector_factory(text: str) -> Callable[[], PeopleDetector]:
    if text == EMBEDDED:
        return detection.load_default
    module, _, name = text.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise argparse.ArgumentTypeError(
            f"expected {EMBEDDED} or MODULE:FUNCTION, received {text}: {error}"
        ) from None


def _text(figures: dict[str, float]) -> str:
    return "\n".join(
        [
            f"{figures['num_found']} found; AP {figures['ap']:.3f}, AR {figures['ar']:.3f} (OKS"
            " 0.5 to 0.95)",
            f"recall at OKS 0.5: {figures['recall_oks50']:.3f} of {figures['num_people']} people"
            f" with at least {MIN_KEYPOINTS} labelled keypoints",
        ]
    )
