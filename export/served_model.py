"""A model as it is served: its signatures, and requests to try them with."""

import dataclasses

import tensorflow as tf

from export import fit_signatures, image_signatures, prior_signatures
from export.served_weights import ServedWeights
from export.signature import Request, Signature
from hps_tf.body import load_default
from hps_tf.models import Predictor, StagedNetwork
from hps_tf.priors import PosePrior

DEFAULT_SIGNATURE = "serving_default"

_MAP_SIZE = 64  # Of part maps that a prior alone is given.
_NUM_VERTICES = 3000
_SEED = 0


@dataclasses.dataclass(frozen=True)
class ServedModel:
    """What goes into a SavedModel.

    Attributes:
      weights: The variables.
      signatures: `tf.function`s by name.
      default: The signature that is `serving_default` too.
      requests: A small random request of each signature.
    """

    weights: ServedWeights
    signatures: dict[str, Signature]
    default: str
    requests: dict[str, Request]


def of_network(network: StagedNetwork, dtype: tf.DType = tf.float32) -> ServedModel:
    """Serves a network with its prior and the embedded body.

    Args:
      network: The network.
      dtype: What its weights are rounded to.
    """
    body = load_default(_NUM_VERTICES)
    predictor = Predictor(network, body)
    prior, map_size = network.prior, network.options.map_size
    weights = ServedWeights([network, *network.frozen], dtype)
    return ServedModel(
        weights,
        {
            **image_signatures.signatures(predictor, weights),
            **fit_signatures.refinement(predictor, weights),
            **fit_signatures.fits(body, prior, map_size, weights),
            **prior_signatures.signatures(prior, weights),
        },
        "predict",
        {
            **image_signatures.requests(predictor, 3, _SEED),
            **fit_signatures.requests(body, prior, map_size, 2, _SEED),
            **prior_signatures.requests(prior, 4, _SEED),
        },
    )


def of_prior(prior: PosePrior, dtype: tf.DType = tf.float32) -> ServedModel:
    """Serves a prior, with the embedded body to fit.

    Args:
      prior: The prior.
      dtype: What its weights are rounded to.
    """
    body = load_default(_NUM_VERTICES)
    weights = ServedWeights([prior], dtype)
    return ServedModel(
        weights,
        {
            **prior_signatures.signatures(prior, weights),
            **fit_signatures.fits(body, prior, _MAP_SIZE, weights),
        },
        "prior_log_prob",
        {
            **prior_signatures.requests(prior, 4, _SEED),
            **fit_signatures.requests(body, prior, _MAP_SIZE, 2, _SEED),
        },
    )
