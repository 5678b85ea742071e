"""The signature `refine`: a network's prediction, fitted to what it found itself.

See `export.fit_signatures` for inputs and outputs.
"""

from collections.abc import Callable

import tensorflow as tf

from export import image_signatures
from export.fit_signatures import answer
from export.image_signatures import Predict
from export.served_weights import ServedWeights
from export.signature import Answer, Signature
from hps_tf.fitting.detections import sure_confidence, weights_for
from hps_tf.fitting.expected import Expected
from hps_tf.fitting.graph_evidence import GraphEvidence, GraphFit
from hps_tf.fitting.graph_fitter import GraphFitter
from hps_tf.fitting.graph_refiner import GraphRefiner
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.models import ImagePrediction, Predictor

NAMES = ("refine",)

_EVALUATIONS = 50

Refine = Callable[[ImagePrediction, tf.Tensor], Answer]
"""Fits what was found in images of `(B, 3, 3)` intrinsics."""


def signatures(
    predictor: Predictor, predict_people: Predict, weights: ServedWeights
) -> dict[str, Signature]:
    """Makes the function that predicts and fits.

    Args:
      predictor: The network with its body.
      predict_people: Made of these by `image_signatures.predicting`.
      weights: Those of the network and its prior.

    Returns:
      The `tf.function` by its signature name.
    """
    size = predictor.network.options.image_size
    has_lifting = predictor.network.lifting is not None
    fit = _about_prediction(predictor) if has_lifting else _under_prior(predictor)

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, size, size, 3), tf.float32, "images"),
            tf.TensorSpec((None, 3, 3), tf.float32, "intrinsics"),
        ],
        autograph=False,
    )
    def refine(images: tf.Tensor, intrinsics: tf.Tensor) -> Answer:
        images = image_signatures.checked_images(images, size)
        intrinsics = image_signatures.checked_intrinsics(intrinsics, images)
        with weights.in_use():
            return fit(predict_people(images, intrinsics), intrinsics)

    return {"refine": refine}


def _about_prediction(predictor: Predictor) -> Refine:
    """Fits to keypoints, pulled to what is predicted as far as that is sure."""
    refiner = GraphRefiner(predictor.decoder.body)

    def fit(found: ImagePrediction, intrinsics: tf.Tensor) -> Answer:
        people = found.people
        assert found.spread is not None  # That of a lifting module.
        about = Expected(people.rotation_matrices, people.shape, people.translation, found.spread)
        fitted, joint_std = refiner.refine(GraphEvidence(*found.detected, intrinsics), about)
        return answer(fitted.otherwise(_predicted(found))) | {"joint_std": joint_std}

    return fit


def _under_prior(predictor: Predictor) -> Refine:
    """Fits to keypoints and part maps under the prior: FS+OPT of Zanfir et al. 2020, Table 3."""
    network, body = predictor.network, predictor.decoder.body
    size = float(network.options.image_size)
    fitter = GraphFitter(
        body,
        LatentPrior(network.prior),
        weights_for(network),
        num_shape=body.num_shape,
        keypoint_evaluations=_EVALUATIONS,
        aligned_evaluations=_EVALUATIONS,
    )

    def fit(found: ImagePrediction, intrinsics: tf.Tensor) -> Answer:
        people, detected = found.people, found.detected
        evidence = GraphEvidence(
            detected.keypoints_2d,
            sure_confidence(detected.confidence),
            intrinsics,
            tf.cast(tf.argmax(found.part_maps, axis=-1), tf.uint8),
            tf.tile(tf.constant([[0.0, 0.0, size, size]]), [tf.shape(intrinsics)[0], 1]),
        )
        fitted = fitter.refine(evidence, people.rotation_matrices, people.shape, people.translation)
        return answer(fitted.otherwise(_predicted(found)))

    return fit


def _predicted(found: ImagePrediction) -> GraphFit:
    """The network's bodies, as if nothing could be fitted."""
    people = found.people
    return GraphFit(
        people.rotation_matrices,
        people.shape,
        people.translation,
        people.vertices,
        people.joints,
        people.keypoints_2d,
        tf.zeros_like(people.shape[:, 0]),
        tf.zeros_like(people.shape[:, 0], tf.bool),
    )
