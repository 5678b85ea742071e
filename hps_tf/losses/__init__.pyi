from .alignment import AlignmentTerms, alignment_loss
from .keras_losses import JointLoss, KeypointLoss, PoseLoss, ShapeLoss, VertexLoss
from .keypoints import heatmap_loss, keypoint_loss
from .part_maps import part_map_loss
from .part_pixels import PackedPixels, pack_part_pixels
from .regularizers import latent_loss, shape_prior_loss
from .smoothness import smoothness_loss
from .supervised import pose_loss, shape_loss, vertex_loss
from .surprise import prediction_errors, surprise_loss
from .weighted_sum import Term, weighted_sum

__all__ = [
    "AlignmentTerms",
    "JointLoss",
    "KeypointLoss",
    "PackedPixels",
    "PoseLoss",
    "ShapeLoss",
    "Term",
    "VertexLoss",
    "alignment_loss",
    "heatmap_loss",
    "keypoint_loss",
    "latent_loss",
    "pack_part_pixels",
    "part_map_loss",
    "pose_loss",
    "prediction_errors",
    "shape_loss",
    "shape_prior_loss",
    "smoothness_loss",
    "surprise_loss",
    "vertex_loss",
    "weighted_sum",
]
