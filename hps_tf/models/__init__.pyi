from . import lifting_file
from .backbone import register_backbone
from .body_decoder import BodyDecoder
from .ground_truth_evidence import GroundTruthEvidence
from .lifter import LiftedPeople, Lifter
from .lifting_network import LiftingNetwork, LiftingOptions
from .loss_inputs import LossInputs
from .motion_lifting_network import MotionLiftingNetwork, MotionLiftingOptions
from .network_file import save
from .prediction import Prediction
from .predictor import ImagePrediction, Predictor
from .presets import PRESETS, NetworkOptions
from .pretrained import list_pretrained, load, load_lifting
from .soft_argmax import DetectedKeypoints, soft_argmax
from .staged_network import StagedNetwork
from .total_loss import LossTerm, TotalLoss, loss_terms, register_term

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
    "MotionLiftingNetwork",
    "MotionLiftingOptions",
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
    "register_backbone",
    "register_term",
    "save",
    "soft_argmax",
]
