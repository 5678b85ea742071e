"""Figures of a detector of people, on photographs with COCO's annotations of keypoints.

AP and AR are COCO's, of keypoints, over thresholds of OKS from 0.5 to 0.95 (pycocotools, installed
with the extra `coco`). The recall is the share of people with at least 5 labelled keypoints to whom
somebody found was assigned at an OKS of 0.5 or more, among the 20 likeliest of the image.
"""

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from hps_tf import extras
from hps_tf.data.images import photographs
from hps_tf.data.keypoints import coco_keypoints
from hps_tf.data.keypoints.people import ImageEntry
from hps_tf.detection import PeopleDetector
from hps_tf.errors import InputError
from hps_tf.io import json_values

with extras.needed("coco"):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

MIN_KEYPOINTS = 5
PERSON = 1


def find(detector: PeopleDetector, truth: COCO, image_dir: Path) -> list[dict[str, Any]]:
    """Finds everybody in the annotated images.

    Args:
      detector: The detector.
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
    """Compares detections with the annotations.

    Args:
      truth: The annotations.
      results: COCO's results of keypoints.

    Returns:
      `ap`, `ar`, `recall_oks50`, `num_people` (those of the recall) and `num_found`.
    """
    judged = _judged(truth)
    figures = {"ap": 0.0, "ar": 0.0, "recall_oks50": 0.0}
    if results:
        evaluation = _evaluated(truth, results)
        matched = _matched(evaluation)
        recall = len(matched & judged.keys()) / len(judged) if judged else 0.0
        figures = {
            "ap": float(evaluation.stats[0]),
            "ar": float(evaluation.stats[5]),
            "recall_oks50": recall,
        }
    return figures | {"num_people": len(judged), "num_found": len(results)}


def recall_by_image(truth: COCO, results: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Counts the people of each image, and to how many of them somebody found was assigned.

    Args:
      truth: The annotations.
      results: COCO's results of keypoints.

    Returns:
      `num_people` and `num_matched` by the images' file names, in their order.
    """
    matched = _matched(_evaluated(truth, results)) if results else set()
    counts = {}
    judged = _judged(truth)
    for image in truth.loadImgs(truth.getImgIds()):
        here = {number for number, of_image in judged.items() if of_image == image["id"]}
        counts[image["file_name"]] = {
            "num_people": len(here),
            "num_matched": len(here & matched),
        }
    return counts


def _judged(truth: COCO) -> dict[int, int]:
    """The annotated people that count, and their images."""
    people = truth.loadAnns(truth.getAnnIds(iscrowd=False))
    return {p["id"]: p["image_id"] for p in people if _num_labelled(p) >= MIN_KEYPOINTS}


def _evaluated(truth: COCO, results: list[dict[str, Any]]) -> COCOeval:
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(truth, truth.loadRes(results), "keypoints")
        evaluation.params.catIds = [PERSON]
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def _matched(evaluation: COCOeval) -> set[int]:
    """The annotated people to whom somebody was assigned at an OKS of 0.5 or more."""
    return {
        person
        for outcome in evaluation.evalImgs
        if outcome is not None and outcome["aRng"] == evaluation.params.areaRng[0]
        for person, match in zip(outcome["gtIds"], outcome["gtMatches"][0], strict=True)
        if match
    }


def _num_labelled(person: dict[str, Any]) -> int:
    return int(np.count_nonzero(np.array(person["keypoints"][2::3]) > 0))


def annotations(path: Path) -> COCO:
    """Reads COCO's annotations of keypoints, once the project's own reader has checked them.

    Raises:
      InputError: If the file is missing or damaged.
    """
    try:
        content = json_values.parse(path.read_bytes(), str(path))
    except OSError as error:
        raise InputError(f"{path}: expected a file, received: {error.strerror}") from None
    coco_keypoints.read(json_values.as_object(content, str(path)), str(path))
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))
