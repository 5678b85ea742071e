from .evidence import Evidence
from .expected import Expected
from .fit import fit
from .fitter import Fitter
from .refiner import Refiner
from .result import FitResult
from .video import VideoFitter
from .weights import Weights

__all__ = [
    "Evidence",
    "Expected",
    "FitResult",
    "Fitter",
    "Refiner",
    "VideoFitter",
    "Weights",
    "fit",
]
