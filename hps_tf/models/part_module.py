"""Body-part maps from image features and heatmaps (§2.3)."""

import keras

from hps_tf.body.parts import NUM_PARTS
from hps_tf.models import evidence_scale
from hps_tf.models.conv_stack import conv_stack
from hps_tf.models.keypoint_module import NUM_KEYPOINTS
from hps_tf.models.presets import NetworkOptions
from hps_tf.models.standardized_conv import StandardizedConv2D
from hps_tf.models.subpixel import subpixel_logits

NUM_LABELS = NUM_PARTS + 1


def build(options: NetworkOptions) -> keras.Model:
    """Builds the model from features and heatmaps to part maps.

    Args:
      options: The network's options.

    Returns:
      A model from `features` and `heatmaps` (B, S/r, S/r, 17), 0..1, to `part_maps`, float32
      logits (B, S/r, S/r, 15): background, then the 14 parts of `hps_tf.body.parts`.
    """
    side = options.image_size // options.feature_stride
    features = keras.Input((side, side, options.feature_maps), name="features")
    heatmaps = keras.Input((options.map_size, options.map_size, NUM_KEYPOINTS), name="heatmaps")
    ratio = options.feature_stride // options.map_stride
    seen = evidence_scale.heatmaps(heatmaps, options)
    # Heatmaps are as fine as the maps to make; here they only have to say where people are.
    coarse = keras.layers.AveragePooling2D(ratio)(seen) if ratio > 1 else seen
    x = keras.layers.Concatenate()([features, coarse])
    x = StandardizedConv2D(options.feature_maps, 1, name="in")(x)
    x = conv_stack(
        x, options.part_layers, options.feature_maps, options.part_kernel, "",
        residual=options.residual,
    )  # fmt: skip
    x = StandardizedConv2D(options.feature_maps, 1, name="mix")(x)
    _, logits = subpixel_logits(x, NUM_LABELS, options, "out")
    inputs = {"features": features, "heatmaps": heatmaps}
    return keras.Model(inputs, {"part_maps": logits}, name="parts")
