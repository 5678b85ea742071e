"""People of many networks in images in which all of them find the same.

Networks with one frozen front end and the same part module differ in what they make of keypoints
and parts alone: these are found once.
"""

import dataclasses
import hashlib

import numpy as np
import tensorflow as tf

from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.evaluation import PredictedPeople, predict_split
from hps_tf.models import Lifter, Predictor
from hps_tf.models.front_end import weights_digest


class SharedEvidence:
    """Predicts the people of splits; remembers what was found in them."""

    def __init__(self) -> None:
        self._known: dict[str, PredictedPeople] = {}

    def predict(
        self,
        predictor: Predictor,
        dataset: ImageDataset,
        *,
        max_examples: int,
        ground_truth_evidence: bool,
    ) -> PredictedPeople:
        """Predicts; see `hps_tf.evaluation.predict_split`."""

        def found() -> PredictedPeople:
            return predict_split(
                predictor,
                dataset,
                max_examples=max_examples,
                ground_truth_evidence=ground_truth_evidence,
            )

        decoder = predictor.decoder
        if predictor.network.front is None or not isinstance(decoder, Lifter):
            return found()
        what = [
            predictor.network.front.digest, weights_digest(predictor.network.parts),
            dataset.directory, [file.path.name for file in dataset.files], max_examples,
            ground_truth_evidence,
        ]  # fmt: skip
        key = hashlib.sha256(repr(what).encode()).hexdigest()
        if key not in self._known:
            self._known[key] = found()
            return self._known[key]
        return _lifted(decoder, self._known[key])


def _lifted(lifter: Lifter, people: PredictedPeople) -> PredictedPeople:
    """The people that a lifter makes of what was found."""
    lifted = lifter(people.detected_2d, people.confidence, people.labels["intrinsics"])
    bodies, spread = tf.nest.map_structure(np.asarray, lifted)
    return dataclasses.replace(
        people,
        rotation_matrices=bodies.rotation_matrices,
        shape=bodies.shape,
        translation=bodies.translation,
        keypoints_2d=bodies.keypoints_2d,
        spread=spread,
    )
