"""Keypoint heatmaps from image features, refined stage by stage (§2.3)."""

import keras

from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.models.conv_stack import conv_stack
from hps_tf.models.presets import NetworkOptions
from hps_tf.models.standardized_conv import StandardizedConv2D
from hps_tf.models.subpixel import subpixel_logits

NUM_KEYPOINTS = len(COCO17_NAMES)


def build(options: NetworkOptions) -> keras.Model:
    """Builds the model from features to heatmaps.

    Every stage but the first sees the features and the maps of the stage before.

    Args:
      options: The network's options.

    Returns:
      A model from `features` to a dictionary of `heatmaps_1` to `heatmaps_N`, float32 logits
      (B, S/r, S/r, 17): their softmax over the pixels says where the keypoint is.
    """
    side = options.image_size // options.feature_stride
    features = keras.Input((side, side, options.feature_maps), name="features")
    outputs = {}
    seen, kernel = features, 3
    for stage in range(1, options.keypoint_stages + 1):
        x = seen
        if stage > 1:
            x = StandardizedConv2D(options.feature_maps, 1, name=f"stage{stage}_in")(x)
        x = conv_stack(
            x, options.keypoint_layers, options.feature_maps, kernel, f"stage{stage}_",
            residual=options.residual,
        )  # fmt: skip
        x = StandardizedConv2D(options.feature_maps, 1, name=f"stage{stage}_mix")(x)
        maps, logits = subpixel_logits(x, NUM_KEYPOINTS, options, f"stage{stage}_out")
        outputs[f"heatmaps_{stage}"] = logits
        seen = keras.layers.Concatenate()([features, maps])
        kernel = options.keypoint_kernel
    return keras.Model(features, outputs, name="keypoints")
