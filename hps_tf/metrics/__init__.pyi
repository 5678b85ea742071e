from . import batches, likelihood, sample_quality
from .acceleration import acceleration_error
from .image_evidence import keypoint_error, part_iou
from .joint_error import mpjpe, pa_mpjpe
from .likelihood import nll_per_dim
from .reconstruction import ReconstructionErrors, reconstruction_errors
from .sample_quality import average_pairwise_distance, frechet_distance, neighbourhood_scores
from .separation import separation
from .vertex_error import mpvpe

__all__ = [
    "ReconstructionErrors",
    "acceleration_error",
    "average_pairwise_distance",
    "batches",
    "frechet_distance",
    "keypoint_error",
    "likelihood",
    "mpjpe",
    "mpvpe",
    "neighbourhood_scores",
    "nll_per_dim",
    "pa_mpjpe",
    "part_iou",
    "reconstruction_errors",
    "sample_quality",
    "separation",
]
