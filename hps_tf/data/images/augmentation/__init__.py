"""Augmentation of image examples in graph operations: labels follow every change of the image."""

from hps_tf.data.images.augmentation.pipeline import augment, resize
from hps_tf.data.images.augmentation.settings import Augmentation

__all__ = ["Augmentation", "augment", "resize"]
