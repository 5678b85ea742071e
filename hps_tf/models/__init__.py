"""The staged network (Zanfir et al. 2020, section 2.3)."""

from hps_tf.models.body_decoder import BodyDecoder, Prediction
from hps_tf.models.network_file import save
from hps_tf.models.predictor import ImagePrediction, Predictor
from hps_tf.models.presets import PRESETS, NetworkOptions
from hps_tf.models.pretrained import list_pretrained, load
from hps_tf.models.soft_argmax import DetectedKeypoints, soft_argmax
from hps_tf.models.staged_network import KnownEvidence, StagedNetwork, known_evidence

__all__ = [
    "PRESETS",
    "BodyDecoder",
    "DetectedKeypoints",
    "ImagePrediction",
    "KnownEvidence",
    "NetworkOptions",
    "Prediction",
    "Predictor",
    "StagedNetwork",
    "known_evidence",
    "list_pretrained",
    "load",
    "save",
    "soft_argmax",
]
