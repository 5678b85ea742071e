from . import batches, likelihood, sample_quality
from .acceleration import acceleration_error
from .image_evidence import keypoint_error, part_iou
from .joint_error import mpjpe, pa_mpjpe
from .keras_metrics import MPJPE, MPVPE, PAMPJPE
from .likelihood import nll_per_dim
from .reconstruction import ReconstructionErrors, reconstruction_errors
from .roc_auc import roc_auc
from .sample_quality import average_pairwise_distance, frechet_distance, neighbourhood_scores
from .vertex_error import mpvpe

__all__ = [
    "MPJPE",
    "MPVPE",
    "PAMPJPE",
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
    "roc_auc",
    "sample_quality",
]
