"""A detector and networks that cost nothing, for tests of what is built upon them."""

import keras
import numpy as np

from hps_tf.detection.people import People
from hps_tf.fitting.refiner import Refiner
from hps_tf.models import Lifter, LiftingNetwork, LiftingOptions
from hps_tf.reconstruction import Reconstructor


class FakeDetector:
    """Finds as many people as an image's brightest pixel says in tens, side by side.

    People stand with arms down; keypoints of the same person are the same in every call.
    """

    def find_people(self, images):
        return [self._people(image, None) for image in images]

    def keypoints(self, images, boxes):
        return [self._people(image, box) for image, box in zip(images, boxes, strict=True)]

    def _people(self, image, boxes):
        height, width = image.shape[:2]
        if boxes is None:
            count = int(image.max()) // 10
            lefts = width * np.arange(count) / max(count, 1)
            boxes = np.stack(
                [
                    lefts,
                    np.full(count, 0.1 * height),
                    np.full(count, 0.3 * width),
                    np.full(count, 0.8 * height),
                ],
                axis=1,
            )
        keypoints = boxes[:, None, :2] + STANDING * boxes[:, None, 2:]
        count = len(boxes)
        return People(
            boxes.astype(np.float32),
            keypoints.astype(np.float32),
            np.full((count, 17), 0.8, np.float32),
            np.linspace(0.9, 0.5, count).astype(np.float32),
        )


#: Keypoints of somebody who stands facing the camera, in shares of the box.
STANDING = np.array(
    [
        [0.50, 0.08], [0.54, 0.06], [0.46, 0.06], [0.60, 0.07], [0.40, 0.07],
        [0.75, 0.20], [0.25, 0.20], [0.85, 0.36], [0.15, 0.36], [0.88, 0.50], [0.12, 0.50],
        [0.64, 0.52], [0.36, 0.52], [0.65, 0.74], [0.35, 0.74], [0.66, 0.96], [0.34, 0.96],
    ]
)  # fmt: skip


def reconstructor(body, refiner=None):
    """A reconstructor whose lifting network nobody trained: T-poses in front of the camera."""
    keras.utils.set_random_seed(0)
    network = LiftingNetwork(LiftingOptions(8, 1), np.tile([1.0, 0, 0, 0, 1, 0], 21))
    return Reconstructor(FakeDetector(), Lifter(network, body), refiner or Refiner(body), body)
