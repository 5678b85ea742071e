"""Reconstructs people with a detector of one's own.

    python examples/own_detector.py photograph.jpg --output detector_out

The detector here enlarges every image for the bundled one; any class with its two methods will do.
Writes NAME.png, the photograph with bodies and detected keypoints, and people.npz.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

import hps_tf.detection
import hps_tf.reconstruction
from hps_tf.detection import People
from hps_tf.visualization import Marks, overlay, png


class EnlargingDetector:
    """A `hps_tf.detection.PeopleDetector` that looks at enlarged images."""

    def __init__(self, factor: int):
        self._factor, self._detector = factor, hps_tf.detection.load_default()

    def find_people(self, images: list[np.ndarray]) -> list[People]:
        """Finds the people of each `(H, W, 3)` uint8 image."""
        found = self._detector.find_people([self._enlarged(image) for image in images])
        return [self._in_original(people) for people in found]

    def keypoints(self, images: list[np.ndarray], boxes: list[np.ndarray]) -> list[People]:
        """Finds the keypoints of the people in given `(P, 4)` boxes of each image."""
        large = [self._enlarged(image) for image in images]
        found = self._detector.keypoints(large, [box * self._factor for box in boxes])
        return [self._in_original(people) for people in found]

    def _enlarged(self, image: np.ndarray) -> np.ndarray:
        return np.asarray(ImageOps.scale(Image.fromarray(image), self._factor))

    def _in_original(self, people: People) -> People:
        boxes, keypoints = people.boxes / self._factor, people.keypoints / self._factor
        return people._replace(boxes=boxes, keypoints=keypoints)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photograph", type=Path)
    parser.add_argument("--output", type=Path, default=Path("detector_out"))
    given = parser.parse_args()
    people = hps_tf.reconstruction.load(detector=EnlargingDetector(2))(given.photograph)
    given.output.mkdir(exist_ok=True, parents=True)
    people.save(given.output / "people.npz")
    picture = np.asarray(ImageOps.exif_transpose(Image.open(given.photograph)).convert("RGB"))
    if len(people):
        faces, camera = people.body.faces, people.intrinsics[0]
        marks = Marks(people.keypoints_2d, people.confidence > 0.3, people.fitted_keypoints_2d)
        picture = overlay(picture, people.vertices(), faces, camera, marks=marks)
    png.write(given.output / f"{given.photograph.stem}.png", picture)
