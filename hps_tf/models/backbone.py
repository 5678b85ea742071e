"""Image features.

The plain stack is the paper's kind (§2.3): blocks of 3x3 convolutions with pooling between them, as
in VGG. Any model of `keras.applications` may stand in its place.
"""

import types
from typing import Any

import keras

from hps_tf.models.presets import NetworkOptions
from hps_tf.models.standardized_conv import StandardizedConv2D

PLAIN = "plain"


def build(options: NetworkOptions) -> keras.Model:
    """Builds the model from images to features.

    Args:
      options: The network's options.

    Returns:
      A model from `image` (B, S, S, 3), values 0..1, to `features` (B, S/r, S/r, C).

    Raises:
      ValueError: If `options.backbone` is no model of `keras.applications`, or has no layer of the
        stride.
    """
    size = options.image_size
    image = keras.Input((size, size, 3), name="image")
    stack = _plain if options.backbone == PLAIN else _application
    x = stack(image, options)
    x = StandardizedConv2D(options.feature_maps, 1, name="features")(x)
    return keras.Model(image, x, name="backbone")


def _plain(image: keras.KerasTensor, options: NetworkOptions) -> keras.KerasTensor:
    x = image * 2.0 - 1.0
    for block, (width, depth) in enumerate(options.blocks):
        if block:
            x = keras.layers.AveragePooling2D(2)(x)
        for layer in range(depth):
            x = StandardizedConv2D(width, 3, name=f"block{block + 1}_conv{layer + 1}")(x)
    return x


def _application(image: keras.KerasTensor, options: NetworkOptions) -> keras.KerasTensor:
    """The deepest layer of the stride; the first scaling layers of the model's own are used."""
    create: Any = getattr(keras.applications, options.backbone, None)
    if not isinstance(create, types.FunctionType) or not options.backbone[0].isupper():
        raise ValueError(
            "`backbone`: expected 'plain' or a model of keras.applications, received"
            f" {options.backbone!r}"
        )
    model = create(include_top=False, weights=None, input_shape=image.shape[1:])
    side = options.image_size // options.feature_stride
    outputs = [
        layer.output
        for layer in model.layers
        if len(getattr(layer.output, "shape", ())) == 4 and layer.output.shape[1] == side
    ]
    if not outputs:
        raise ValueError(
            f"`backbone` {options.backbone} has no layer of stride {options.feature_stride}"
        )
    return keras.Model(model.input, outputs[-1], name=options.backbone)(image * 255.0)
