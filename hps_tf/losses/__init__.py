"""Losses of pose and shape against images."""

from hps_tf.losses.alignment import AlignmentTerms, alignment_loss
from hps_tf.losses.part_pixels import PackedPixels, pack_part_pixels

__all__ = ["AlignmentTerms", "PackedPixels", "alignment_loss", "pack_part_pixels"]
