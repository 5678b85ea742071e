"""A model as it is served: its signatures, and requests to try them with."""

import dataclasses

import tensorflow as tf

from export import (
    example_people,
    fit_signatures,
    image_signatures,
    photo_signatures,
    prior_signatures,
    refine_signatures,
)
from export.served_weights import ServedWeights
from export.signature import Request, Signature
from hps_tf.body import load_small
from hps_tf.detection import Detector, default_detector
from hps_tf.models import Lifter, Predictor, StagedNetwork
from hps_tf.priors import PosePrior

DEFAULT_SIGNATURE = "serving_default"

SLOW = (
    "predict_jpeg",
    *photo_signatures.NAMES,
    *fit_signatures.NAMES,
    *refine_signatures.NAMES,
)
"""The signatures that take steps, or look for people."""

_MAP_SIZE = 64  # Of part maps that a prior alone is given.
_SEED = 0
_NUM_IMAGES, _NUM_FITS, _NUM_VECTORS = 3, 2, 4  # Of a request.
_PHOTOGRAPH_SIZE = (240, 200)


@dataclasses.dataclass(frozen=True)
class ServedModel:
    """The content of a SavedModel.

    Attributes:
      weights: The variables.
      signatures: `tf.function`s by name.
      default: The signature that is `serving_default` too.
      requests: A small request of each signature.
    """

    weights: ServedWeights
    signatures: dict[str, Signature]
    default: str
    requests: dict[str, Request]


def of_network(network: StagedNetwork, dtype: tf.DType = tf.float32) -> ServedModel:
    """Serves a network with its prior and the embedded body; over MoveNet, with the detector.

    Args:
      network: The network.
      dtype: The precision of stored weights.
    """
    body = load_small()
    predictor = Predictor(network, body)
    detector = _detector(network)
    prior, map_size = network.prior, network.options.map_size
    models = [network, *network.frozen]
    if detector is not None:
        models.append(detector.multipose)
    weights = ServedWeights(models, dtype)
    photographs = example_people.pictures(body, _PHOTOGRAPH_SIZE, _NUM_IMAGES - 1)
    predict_people = image_signatures.predicting(predictor, weights)
    signatures = {
        **image_signatures.signatures(
            predict_people, network.options.image_size, weights, detector
        ),
        **refine_signatures.signatures(predictor, predict_people, weights),
        **prior_signatures.signatures(prior, weights),
    }
    requests = {
        **image_signatures.requests(body, network.options.image_size, photographs),
        **fit_signatures.requests(body, prior, map_size, _NUM_FITS, _SEED),
        **prior_signatures.requests(prior, _NUM_VECTORS, _SEED),
    }
    fit = fit_signatures.from_four_starts(body, prior, weights)
    if isinstance(predictor.decoder, Lifter):
        fit = fit_signatures.about_lifted(predictor.decoder)
        if detector is not None:
            signatures |= photo_signatures.signatures(detector, predictor.decoder, weights)
            requests |= photo_signatures.requests(photographs)
    signatures |= fit_signatures.signatures(fit, map_size, weights)
    return ServedModel(weights, signatures, "predict", requests)


def of_prior(prior: PosePrior, dtype: tf.DType = tf.float32) -> ServedModel:
    """Serves a prior, with the embedded body to fit.

    Args:
      prior: The prior.
      dtype: The precision of stored weights.
    """
    body = load_small()
    weights = ServedWeights([prior], dtype)
    fit = fit_signatures.from_four_starts(body, prior, weights)
    return ServedModel(
        weights,
        {
            **prior_signatures.signatures(prior, weights),
            **fit_signatures.signatures(fit, _MAP_SIZE, weights),
        },
        "prior_log_prob",
        {
            **prior_signatures.requests(prior, _NUM_VECTORS, _SEED),
            **fit_signatures.requests(body, prior, _MAP_SIZE, _NUM_FITS, _SEED),
        },
    )


def _detector(network: StagedNetwork) -> Detector | None:
    """The detector of people, with the network's own Thunder; None if it has none."""
    if network.front is None:
        return None
    return Detector(default_detector.multipose(), network.front.model)
