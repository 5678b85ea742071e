"""The staged network (Zanfir et al. 2020, section 2.3)."""

from hps_tf.models import lifting_file
from hps_tf.models.body_decoder import BodyDecoder
from hps_tf.models.ground_truth_evidence import GroundTruthEvidence
from hps_tf.models.lifter import LiftedPeople, Lifter
from hps_tf.models.lifting_network import LiftingNetwork, LiftingOptions
from hps_tf.models.loss_inputs import LossInputs
from hps_tf.models.network_file import save
from hps_tf.models.prediction import Prediction
from hps_tf.models.predictor import ImagePrediction, Predictor
from hps_tf.models.presets import PRESETS, NetworkOptions
from hps_tf.models.pretrained import list_pretrained, load, load_lifting
from hps_tf.models.soft_argmax import DetectedKeypoints, soft_argmax
from hps_tf.models.staged_network import StagedNetwork
from hps_tf.models.total_loss import LossTerm, TotalLoss, loss_terms, register_term

__all__ = [
    "PRESETS",
    "BodyDecoder",
    "DetectedKeypoints",
    "GroundTruthEvidence",
    "ImagePrediction",
    "LiftedPeople",
    "Lifter",
    "LiftingNetwork",
    "LiftingOptions",
    "LossInputs",
    "LossTerm",
    "NetworkOptions",
    "Prediction",
    "Predictor",
    "StagedNetwork",
    "TotalLoss",
    "lifting_file",
    "list_pretrained",
    "load",
    "load_lifting",
    "loss_terms",
    "register_term",
    "save",
    "soft_argmax",
]
