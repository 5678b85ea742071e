"""Maps finer than the features they are made from."""

import keras
from keras import ops

from hps_tf.models.presets import NetworkOptions


def subpixel_logits(
    x: keras.KerasTensor, num_maps: int, options: NetworkOptions, name: str
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Adds the last convolution of a stage, without activation, and rearranges its channels.

    Where maps have a smaller stride than features, each feature pixel gives the r x r map pixels
    that it covers as channels (Shi et al. 2016).

    Args:
      x: `(B, H, W, C)` features.
      num_maps: K.
      options: The network's options.
      name: The convolution's name.

    Returns:
      The channels `(B, H, W, r r K)` and the maps `(B, r H, r W, K)` in float32.
    """
    ratio = options.feature_stride // options.map_stride
    flat = keras.layers.Conv2D(
        num_maps * ratio**2, 1, kernel_initializer=keras.initializers.RandomNormal(0.0, 0.02),
        name=name,
    )(x)  # fmt: skip
    return flat, DepthToSpace(ratio, name=f"{name}_maps", dtype="float32")(flat)


@keras.saving.register_keras_serializable("hps_tf")
class DepthToSpace(keras.layers.Layer):
    """Moves channels into space: (B, H, W, r r K) to (B, r H, r W, K), in float32.

    Args:
      ratio: r.
      **options: Of `keras.layers.Layer`.
    """

    def __init__(self, ratio, **options):
        super().__init__(**options)
        self.ratio = ratio

    def call(self, inputs):
        """Rearranges the channels."""
        _, height, width, channels = inputs.shape
        r = self.ratio
        if r == 1:
            return inputs
        x = ops.reshape(inputs, (-1, height, width, r, r, channels // r**2))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, height * r, width * r, channels // r**2))

    def get_config(self):
        """See `keras.layers.Layer.get_config`."""
        return {**super().get_config(), "ratio": self.ratio}
