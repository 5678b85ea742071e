"""Body-part maps from a front end's features: convolutions at three scales.

Features of the front end know where limbs are, but their few channels hold little of outlines, and
the other end of the body may decide whose limb it is. Coarse scales look far at little cost;
what they find is added to the finer scale (as in Ronneberger et al. 2015).
"""

import keras
from keras import ops

from hps_tf.body.parts import NUM_PARTS
from hps_tf.models import front_end
from hps_tf.models.keypoint_module import NUM_KEYPOINTS
from hps_tf.models.presets import NetworkOptions

_FEATURES_MEAN, _FEATURES_SCALE = 0.24, 6.0
"""Brings features, over rendered people, to a mean of 0 and a standard deviation of 1."""

_HEATMAPS_SCALE = 3.0

_WIDTHS = (1, 2, 4)
"""Channels at the scales, in those of the finest."""


def build(options: NetworkOptions) -> keras.Model:
    """Builds the model from features and heatmaps to part maps.

    Args:
      options: The network's options; `feature_maps` are the channels at the finest scale.

    Returns:
      A model from `features` (B, h, h, 24) and `heatmaps` (B, h, h, 17), 0..1, to `part_maps`,
      float32 logits (B, h, h, 15): background, then the 14 parts of `hps_tf.body.parts`.
    """
    size = options.map_size
    features = keras.Input((size, size, front_end.NUM_FEATURES), name="features")
    heatmaps = keras.Input((size, size, NUM_KEYPOINTS), name="heatmaps")
    x = keras.layers.Concatenate()(
        [(features - _FEATURES_MEAN) * _FEATURES_SCALE, heatmaps * _HEATMAPS_SCALE]
    )
    widths = [options.feature_maps * width for width in _WIDTHS]
    finer = []
    for scale, width in enumerate(widths):
        x = keras.layers.AveragePooling2D(2)(x) if scale else x
        x = keras.layers.Conv2D(width, 1, activation="relu", name=f"in{scale}")(x)
        for layer in range(1, options.part_layers + 1):
            x = _residual(x, width, options.part_kernel, f"down{scale}_conv{layer}")
        finer.append(x)
    coarsest = len(widths) - 1
    for scale in reversed(range(coarsest)):
        x = keras.layers.Conv2D(widths[scale], 1, name=f"up{scale}")(x)
        x = ops.relu(finer[scale] + keras.layers.UpSampling2D(2)(x))
        x = _residual(x, widths[scale], options.part_kernel, f"up{scale}_conv")
    logits = keras.layers.Conv2D(NUM_PARTS + 1, 1, name="out", dtype="float32")(x)
    inputs = {"features": features, "heatmaps": heatmaps}
    return keras.Model(inputs, {"part_maps": logits}, name="parts")


def _residual(x: keras.KerasTensor, channels: int, kernel: int, name: str) -> keras.KerasTensor:
    return x + keras.layers.Conv2D(
        channels, kernel, padding="same", activation="relu", kernel_initializer="he_normal",
        name=name,
    )(x)  # fmt: skip
