"""Image features.

The plain stack is the paper's kind (§2.3): blocks of 3x3 convolutions with pooling between them, as
in VGG. Any model of `keras.applications` may stand in its place, with pretrained weights or
without, or a stack of one's own:

    def stack(image, options):
        x = image
        for _ in range(options.feature_stride.bit_length() - 1):
            x = keras.layers.Conv2D(32, 3, 2, "same", activation="relu")(x)
        return x

    register_backbone("strided", stack)
    network = StagedNetwork(PRESETS["small"].replaced(backbone="strided"), prior, num_shape)
"""

import sys
import types
from collections.abc import Callable
from typing import Any

import keras

from hps_tf.models.presets import FAMILY, NetworkOptions
from hps_tf.models.standardized_conv import StandardizedConv2D

PLAIN = "plain"

Stack = Callable[[keras.KerasTensor, NetworkOptions], keras.KerasTensor]
"""Builds features `(B, S/r, S/r, any)` from images `(B, S, S, 3)` in 0..1; r: `feature_stride`."""


def build(options: NetworkOptions) -> keras.Model:
    """Builds the model from images to features.

    Args:
      options: The network's options.

    Returns:
      A model from `image` (B, S, S, 3), values 0..1, to `features` (B, S/r, S/r, C).

    Raises:
      ValueError: If `options.backbone` is no registered backbone and no model of
        `keras.applications`, or gives no features of the stride.
    """
    size = options.image_size
    image = keras.Input((size, size, 3), name="image")
    x = _STACKS.get(options.backbone, _application)(image, options)
    side = size // options.feature_stride
    if tuple(x.shape[1:3]) != (side, side):
        raise ValueError(
            f"`backbone` {options.backbone}: expected features of {side} by {side} for"
            f" `feature_stride` {options.feature_stride}, received {x.shape[1]} by {x.shape[2]}"
        )
    x = StandardizedConv2D(options.feature_maps, 1, name="features")(x)
    return keras.Model(image, x, name="backbone")


def register_backbone(name: str, stack: Stack) -> None:
    """Adds a backbone, which `NetworkOptions.backbone` and training configs may name.

        register_backbone("mine", make_backbone)

    Args:
      name: Its name.
      stack: Builds its layers. Registering the same function again changes nothing.

    Raises:
      ValueError: If the name is taken by another function.
    """
    known = _STACKS.get(name)
    if known is not None and known.__qualname__ != stack.__qualname__:
        raise ValueError(f"`name`: expected a new one, received {name!r}, which is taken")
    _STACKS[name] = stack


def load_weights(model: keras.Model, options: NetworkOptions, weights: str) -> None:
    """Gives a backbone of `keras.applications` pretrained weights.

    Args:
      model: The result of `build`.
      options: The options that it was made with.
      weights: ``"imagenet"``, which Keras downloads once, or a file of weights.

    Raises:
      ValueError: If the backbone is no model of `keras.applications`, or the weights are another
        model's.
    """
    pretrained = _features(options, weights)
    model.get_layer(options.backbone).set_weights(pretrained.get_weights())


def _plain(image: keras.KerasTensor, options: NetworkOptions) -> keras.KerasTensor:
    x = image * 2.0 - 1.0
    for block, (width, depth) in enumerate(options.blocks):
        if block:
            x = keras.layers.AveragePooling2D(2)(x)
        for layer in range(depth):
            x = StandardizedConv2D(width, 3, name=f"block{block + 1}_conv{layer + 1}")(x)
    return x


def _application(image: keras.KerasTensor, options: NetworkOptions) -> keras.KerasTensor:
    x = image * 255.0
    if options.backbone_input == FAMILY:
        x = sys.modules[_creator(options).__module__].preprocess_input(x)
    return _features(options, None)(x)


def _features(options: NetworkOptions, weights: str | None) -> keras.Model:
    """A model of `keras.applications` up to its deepest layer of the stride."""
    shape = (options.image_size, options.image_size, 3)
    model = _creator(options)(include_top=False, weights=weights, input_shape=shape)
    side = options.image_size // options.feature_stride
    outputs = [
        layer.output
        for layer in model.layers
        if len(getattr(layer.output, "shape", ())) == 4 and layer.output.shape[1] == side
    ]
    if not outputs:
        raise ValueError(
            f"`backbone` {options.backbone}: expected a layer of stride"
            f" {options.feature_stride}, received none"
        )
    return keras.Model(model.input, outputs[-1], name=options.backbone)


def _creator(options: NetworkOptions) -> Any:
    create = getattr(keras.applications, options.backbone, None)
    if not isinstance(create, types.FunctionType) or not options.backbone[0].isupper():
        raise ValueError(
            f"`backbone`: expected one of {', '.join(_STACKS)} or a model of keras.applications,"
            f" received {options.backbone!r}"
        )
    return create


_STACKS: dict[str, Stack] = {PLAIN: _plain}
