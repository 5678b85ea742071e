"""A detector of a user's own, made of public names alone."""

import numpy as np

from hps_tf.detection import People

BOX = np.array([[10, 4, 40, 90]], np.float32)
KEYPOINTS = np.array(
    [
        [30, 10], [32, 8], [28, 8], [35, 9], [25, 9], [40, 22], [20, 22], [44, 36], [16, 36],
        [46, 48], [14, 48], [36, 50], [24, 50], [36, 70], [24, 70], [36, 90], [24, 90],
    ],
    np.float32,
)  # fmt: skip


class OwnDetector:
    """Takes one person to be at one place in every image."""

    def find_people(self, images):
        return self.keypoints(images, [BOX] * len(images))

    def keypoints(self, images, boxes):
        return [
            People(
                given,
                np.tile(KEYPOINTS, (len(given), 1, 1)),
                np.full((len(given), 17), 0.9),
                np.full(len(given), 0.7),
            )
            for given in boxes
        ]


class Careless(OwnDetector):
    """Returns keypoints with their confidence."""

    def find_people(self, images):
        (people,) = super().find_people(images[:1])
        return [people._replace(keypoints=np.zeros((1, 17, 3)))] * len(images)
