"""Pose and shape from heatmaps and part maps, refined stage by stage (§2.3).

It sees what was found in the image and not the image itself: what a picture looks like, which
differs from one set of images to the next, cannot reach it.
"""

import keras
from keras import ops

from hps_tf.models import evidence_scale
from hps_tf.models.conv_stack import conv_stack
from hps_tf.models.keypoint_module import NUM_KEYPOINTS
from hps_tf.models.part_module import NUM_LABELS
from hps_tf.models.presets import NetworkOptions
from hps_tf.models.standardized_conv import StandardizedConv2D

_HEAD_SIDE = 8
"""The dense heads see a stage's last maps at most this large."""

NUM_ROOT = 6
"""The root's rotation, as 6D."""


def build(options: NetworkOptions, num_pose: int, num_shape: int) -> keras.Model:
    """Builds the model from heatmaps and part maps to pose and shape.

    A stage is a convolution that brings its input to the stage's channels and resolution,
    `pose_layers` large convolutions with ReLU, one of 1x1, and an output convolution without
    activation; two dense heads on its maps add to the pose and the shape of the stage before. The
    next stage sees these maps too.

    Args:
      options: The network's options.
      num_pose: Dimensions of the pose output, without the root's rotation.
      num_shape: Shape components.

    Returns:
      A model from `heatmaps` (B, h, h, 17) and `part_maps` (B, h, h, 15), 0..1, to a dictionary of
      `pose_1` to `pose_N` (B, 6 + num_pose), the root's rotation first, and `shape_1` to `shape_N`
      (B, num_shape), float32.
    """
    size = options.map_size
    heatmaps = keras.Input((size, size, NUM_KEYPOINTS), name="heatmaps")
    part_maps = keras.Input((size, size, NUM_LABELS), name="part_maps")
    evidence = keras.layers.Concatenate()(
        [evidence_scale.heatmaps(heatmaps, options), evidence_scale.part_maps(part_maps, options)]
    )
    side = size // options.pose_stride
    outputs: dict[str, keras.KerasTensor] = {}
    maps = None
    for stage in range(1, options.pose_stages + 1):
        x = StandardizedConv2D(
            options.pose_maps, options.pose_stride, strides=options.pose_stride,
            name=f"stage{stage}_evidence",
        )(evidence)  # fmt: skip
        if maps is not None:
            x = keras.layers.Concatenate()([x, maps])
            x = StandardizedConv2D(options.pose_maps, 1, name=f"stage{stage}_in")(x)
        x = conv_stack(
            x, options.pose_layers, options.pose_maps, options.pose_kernel, f"stage{stage}_",
            residual=options.residual,
        )  # fmt: skip
        x = StandardizedConv2D(options.pose_maps, 1, name=f"stage{stage}_mix")(x)
        maps = keras.layers.Conv2D(options.output_maps, 1, name=f"stage{stage}_out")(x)
        pool = -(-side // _HEAD_SIDE)
        seen = keras.layers.AveragePooling2D(pool, padding="same")(maps) if pool > 1 else maps
        seen = keras.layers.Flatten()(seen)
        for head, count in (("pose", NUM_ROOT + num_pose), ("shape", num_shape)):
            change = keras.layers.Dense(
                count, kernel_initializer=keras.initializers.RandomNormal(0.0, 1e-3),
                name=f"{head}_{stage}", dtype="float32",
            )(seen)  # fmt: skip
            before = outputs.get(f"{head}_{stage - 1}")
            outputs[f"{head}_{stage}"] = change if before is None else ops.add(before, change)
    return keras.Model({"heatmaps": heatmaps, "part_maps": part_maps}, outputs, name="pose")
