from . import (
    body,
    data,
    detection,
    evaluation,
    fitting,
    formats,
    geometry,
    losses,
    metrics,
    models,
    priors,
    reconstruction,
    rendering,
    visualization,
)
from .body import BodyModel
from .detection import Detector
from .errors import InputError
from .fitting import Evidence, FitResult, Fitter, Refiner, VideoFitter, fit
from .losses import alignment_loss, pack_part_pixels
from .metrics import mpjpe, pa_mpjpe
from .models import Lifter, LiftingNetwork, Predictor, StagedNetwork
from .priors import FlowPrior, GaussianMixture, PoseDiscriminator, PosePrior, PoseVAE
from .reconstruction import Reconstruction, Reconstructor, VideoReconstruction, VideoReconstructor
from .rendering import rasterize

__version__: str
__all__ = [
    "BodyModel",
    "Detector",
    "Evidence",
    "FitResult",
    "Fitter",
    "FlowPrior",
    "GaussianMixture",
    "InputError",
    "Lifter",
    "LiftingNetwork",
    "PoseDiscriminator",
    "PosePrior",
    "PoseVAE",
    "Predictor",
    "Reconstruction",
    "Reconstructor",
    "Refiner",
    "StagedNetwork",
    "VideoFitter",
    "VideoReconstruction",
    "VideoReconstructor",
    "alignment_loss",
    "body",
    "data",
    "detection",
    "evaluation",
    "fit",
    "fitting",
    "formats",
    "geometry",
    "losses",
    "metrics",
    "models",
    "mpjpe",
    "pa_mpjpe",
    "pack_part_pixels",
    "priors",
    "rasterize",
    "reconstruction",
    "rendering",
    "visualization",
]
