"""Everybody's body in photographs and videos: detection, lifting and refinement in one call."""

from hps_tf.reconstruction.pretrained import load
from hps_tf.reconstruction.reconstructor import Reconstructor
from hps_tf.reconstruction.result import Reconstruction, concatenate
from hps_tf.reconstruction.video import VideoReconstruction, VideoReconstructor

__all__ = [
    "Reconstruction",
    "Reconstructor",
    "VideoReconstruction",
    "VideoReconstructor",
    "concatenate",
    "load",
]
