"""How far detected keypoints are to be trusted when bodies are fitted to them.

Convention: pixels of the network's input, where there is a network.
"""

import math

import tensorflow as tf

from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.weights import DEFAULT_WEIGHTS, REFERENCE_SIZE, Weights
from hps_tf.models import StagedNetwork

_MIN_CONFIDENCE = 0.05
"""A keypoint less sure is taken as not detected, if another is surer."""

_USUAL_ERROR = 0.02
"""Of detected keypoints, over the image's side, where the network's card states none."""

_OUTLIER = 30.0
"""Reference pixels of an error that no longer pulls more than a smaller one."""

_DETECTED_PRIOR = 1.0

_TRUNCATION = 3.0
"""Pixels of the part maps, the exactness of a label."""

_LEAST_PRIOR = DEFAULT_WEIGHTS.prior


#: For keypoints that a detector found: off by a few pixels, some of them far off.
DETECTED_WEIGHTS = Weights(prior=_DETECTED_PRIOR, shape=_DETECTED_PRIOR, outlier=_OUTLIER)


def weights_for_evidence(evidence: Evidence) -> Weights:
    """Weighs the terms by where keypoints come from.

    Detectors score keypoints, so their confidences differ from 0 and 1: `DETECTED_WEIGHTS`.
    Labels, and keypoints that are projected, are there or not: `DEFAULT_WEIGHTS`.
    """
    confidence = evidence.confidence
    is_scored = ((confidence > 0.0) & (confidence != 1.0)).any()
    return DETECTED_WEIGHTS if is_scored else DEFAULT_WEIGHTS


def weights_for(network: StagedNetwork) -> Weights:
    """Weighs the terms by how exact a network's keypoints are.

    That is the mean error of detected keypoints that its card has of validation images. Beside
    squared distances of keypoints that are off by s, the prior's logarithm counts s² times as much
    and plain distances, L_BA, s times as much; `hps_tf.fitting.Weights` has the factors.
    """
    options = network.options
    errors = [
        figures["detection_error_px"]
        for figures in network.card.get("validation", {}).values()
        if math.isfinite(figures.get("detection_error_px", math.nan))
    ]
    error = sum(errors) / len(errors) if errors else _USUAL_ERROR * options.image_size
    # A person fills as much of a crop as of the square that the weights are for.
    pixel = REFERENCE_SIZE / options.image_size
    # The mean distance is sqrt(pi / 2) standard deviations along x and y.
    deviation = error / math.sqrt(math.pi / 2.0) * pixel
    prior = max(_LEAST_PRIOR, deviation**2 / 9.0)
    return Weights(
        prior=prior,
        shape=prior,
        alignment=math.sqrt(prior / _LEAST_PRIOR),
        outlier=_OUTLIER,
        truncation=_TRUNCATION * options.map_stride * pixel,
    )


def sure_confidence(confidence: tf.Tensor) -> tf.Tensor:
    """Sets the confidence `(B, K)` of keypoints that count as not detected to 0."""
    surest = tf.reduce_max(confidence, axis=1, keepdims=True)
    is_sure = confidence >= tf.minimum(_MIN_CONFIDENCE, surest)
    return tf.where(is_sure, confidence, tf.zeros_like(confidence))
