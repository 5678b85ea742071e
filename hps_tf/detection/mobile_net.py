"""MobileNetV2's inverted residuals (Sandler et al. 2018, Table 2), without batch normalisation.

The normalisations are folded into the convolutions, as they are once a network is trained.
"""

import keras

#: Channels before widening, repetitions and first stride of each group of blocks.
GROUPS = ((16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1))
STEM_CHANNELS = 32
LAST_CHANNELS = 1280
EXPANSION = 6


def feature_maps(image: keras.KerasTensor, width: float) -> dict[int, keras.KerasTensor]:
    """Applies the network's convolutions.

    Args:
      image: `(B, H, W, 3)`, values -1..1, sides multiples of 32.
      width: Factor of the numbers of channels.

    Returns:
      Features at strides 4, 8, 16 (of the first group of blocks there) and 32 (of the last layer),
      `(B, H / stride, W / stride, C)`, by stride.
    """
    x = keras.layers.Conv2D(
        _channels(STEM_CHANNELS, width), 3, 2, "same", activation="relu6", name="stem"
    )(image)
    stride, block = 2, 0
    maps: dict[int, keras.KerasTensor] = {}
    for channels, repetitions, first_stride in GROUPS:
        for repetition in range(repetitions):
            step = first_stride if repetition == 0 else 1
            x = _inverted_residual(x, _channels(channels, width), step, block)
            block += 1
        stride *= first_stride
        maps.setdefault(stride, x)
    last = keras.layers.Conv2D(LAST_CHANNELS, 1, activation="relu6", name="last")
    return maps | {32: last(x)}


def _inverted_residual(
    x: keras.KerasTensor, channels: int, stride: int, block: int
) -> keras.KerasTensor:
    name = f"block{block}"
    y = x
    if block > 0:
        y = keras.layers.Conv2D(
            EXPANSION * x.shape[-1], 1, activation="relu6", name=f"{name}_expand"
        )(y)
    y = keras.layers.DepthwiseConv2D(
        3, stride, "same", activation="relu6", name=f"{name}_depthwise"
    )(y)
    y = keras.layers.Conv2D(channels, 1, name=f"{name}_project")(y)
    if stride == 1 and x.shape[-1] == channels:
        y = keras.layers.Add(name=f"{name}_add")([x, y])
    return y


def _channels(channels: int, width: float) -> int:
    """The multiple of 8 nearest to the product, and no less than nine tenths of it."""
    product = channels * width
    rounded = max(8, int(product + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * product else rounded + 8
