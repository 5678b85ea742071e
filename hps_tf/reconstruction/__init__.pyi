from .pretrained import load
from .reconstructor import Reconstructor
from .result import Reconstruction, concatenate
from .video import VideoReconstruction, VideoReconstructor

__all__ = [
    "Reconstruction",
    "Reconstructor",
    "VideoReconstruction",
    "VideoReconstructor",
    "concatenate",
    "load",
]
