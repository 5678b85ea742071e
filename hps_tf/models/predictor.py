"""The network and the body together: from images to people."""

from typing import NamedTuple

import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.geometry import checks
from hps_tf.geometry.spread import Spread
from hps_tf.models.body_decoder import BodyDecoder
from hps_tf.models.evidence_maps import where
from hps_tf.models.ground_truth_evidence import GroundTruthEvidence
from hps_tf.models.lifter import Lifter
from hps_tf.models.prediction import Prediction
from hps_tf.models.soft_argmax import DetectedKeypoints
from hps_tf.models.staged_network import StagedNetwork


class ImagePrediction(NamedTuple):
    """The people, keypoints and parts found in images.

    Attributes:
      people: The person of each image.
      detected: Its keypoints as the heatmaps have them.
      part_maps: `(B, h, h, 15)` probabilities of background and parts.
      spread: How unsure the people are; None where the network does not say it.
    """

    people: Prediction
    detected: DetectedKeypoints
    part_maps: tf.Tensor
    spread: Spread | None = None


class Predictor:
    """Predicts people in images, one per image.

    Args:
      network: The network.
      body: The body model that the network was trained with; its level of detail is free.

    Raises:
      ValueError: If the body is another, or has another number of shape components.
    """

    def __init__(self, network: StagedNetwork, body: BodyModel):
        if body.name != network.body:
            raise ValueError(
                f"`body`: expected the network's {network.body!r}, received {body.name!r}"
            )
        if body.num_shape != network.num_shape:
            raise ValueError(
                f"`body`: expected the network's {network.num_shape} shape components, received"
                f" {body.num_shape}"
            )
        self.network = network
        self.decoder: BodyDecoder | Lifter
        if network.lifting is None:
            self.decoder = BodyDecoder(network.options, body, network.prior)
        else:
            self.decoder = Lifter(network.lifting, body)
        size = network.options.image_size
        self._compiled = tf.function(
            self.predict,
            input_signature=[
                tf.TensorSpec([None, size, size, 3], tf.float32, "images"),
                tf.TensorSpec([None, 3, 3], tf.float32, "intrinsics"),
            ],
            autograph=False,
        )

    def __call__(self, images: tf.Tensor, intrinsics: tf.Tensor) -> ImagePrediction:
        """Predicts; traced once for batches of any size.

        Args:
          images: `(B, S, S, 3)` float32 in 0..1.
          intrinsics: `(B, 3, 3)` of their cameras.

        Returns:
          The predictions.

        Raises:
          ValueError: If the images are of whole numbers or not in 0..1.
        """
        checks.images("images", images)
        return self._compiled(images, intrinsics)

    def predict(
        self,
        images: tf.Tensor,
        intrinsics: tf.Tensor,
        ground_truth: GroundTruthEvidence | None = None,
    ) -> ImagePrediction:
        """The same as operations of the caller's graph.

        Args:
          images: `(B, S, S, 3)` float32 in 0..1; called eagerly, others are refused.
          intrinsics: `(B, 3, 3)` of their cameras.
          ground_truth: If given, evidence of the labels that replaces the network's own.
        """
        options = self.network.options
        raw = self.network(images, ground_truth=ground_truth)
        detected = self.network.detected(raw, ground_truth)
        part_maps = tf.nn.softmax(raw["part_maps"])
        if ground_truth is not None:
            part_maps = where(ground_truth.uses_parts, ground_truth.part_maps, part_maps)
        if isinstance(self.decoder, Lifter):
            people, spread = self.decoder.lift(*detected, intrinsics)
            return ImagePrediction(people, detected, part_maps, spread)
        people = self.decoder(
            tf.cast(raw[f"pose_{options.pose_stages}"], tf.float32),
            tf.cast(raw[f"shape_{options.pose_stages}"], tf.float32),
            intrinsics,
            detected.keypoints_2d,
            detected.confidence,
        )
        return ImagePrediction(people, detected, part_maps)
