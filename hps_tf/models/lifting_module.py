"""Root, pose and shape, and how unsure each is, from keypoints alone: a residual MLP.

What is predicted comes from linear heads, or from the iterative regressor of HMR (Kanazawa et al.
2018, §3.2), which corrects its estimate a few times. The spreads have a head of their own, through
which no gradient reaches the rest: learning how far the predictions err does not change them.
"""

import keras
from keras import ops

from hps_tf.models.evidence_frame import NUM_INPUTS, NUM_KEYPOINTS

NUM_ROOT, NUM_POSE, NUM_SHAPE = 6, 126, 10

#: Numbers of log-variances, in their order.
SPREADS = {"pose": 63, "root": 3, "place": 3, "shape": NUM_SHAPE, "keypoints": NUM_KEYPOINTS}

_SIZES = {"root": NUM_ROOT, "pose": NUM_POSE, "shape": NUM_SHAPE}

_SPREAD_UNITS = 256
_LOG_VARIANCE_MIDDLE, _LOG_VARIANCE_REACH = -5.5, 8.5
"""Variances lie between exp(-14) and exp(3): keypoints that are exact, and any rotation."""


def build(width: int, blocks: int, rounds: int = 0) -> keras.Model:
    """Builds the module.

    A dense layer brings the evidence to the width; a block adds two dense layers of a normalised
    copy, the first with ReLU; heads on the normalised sum give what is predicted.

    Args:
      width: Units of every layer.
      blocks: How many blocks.
      rounds: How often an iterative regressor corrects what is predicted; 0: linear heads.

    Returns:
      A model from `EvidenceFrame.inputs` (B, 52) to a dictionary of the offsets `root` (B, 6),
      `pose` (B, 126) and `shape` (B, 10), and `log_variances` (B, 96), in the order of `SPREADS`.
    """
    inputs = keras.Input((NUM_INPUTS,), name="evidence")
    features = trunk(inputs, width, blocks)
    return keras.Model(inputs, outputs(inputs, features, width, rounds), name="lifting")


def trunk(inputs: keras.KerasTensor, width: int, blocks: int) -> keras.KerasTensor:
    """Gives the normalised features `(..., width)` of evidence `(..., 52)`."""
    x = keras.layers.Dense(width, name="in")(inputs)
    for block in range(1, blocks + 1):
        y = keras.layers.LayerNormalization(name=f"block{block}_norm")(x)
        y = keras.layers.Dense(width, activation="relu", name=f"block{block}_hidden")(y)
        y = keras.layers.Dense(width, name=f"block{block}_out")(y)
        x = keras.layers.Add(name=f"block{block}")([x, y])
    return keras.layers.LayerNormalization(name="norm")(x)


def outputs(
    inputs: keras.KerasTensor, features: keras.KerasTensor, width: int, rounds: int
) -> dict[str, keras.KerasTensor]:
    """Gives the module's outputs.

    Args:
      inputs: `(..., 52)` evidence.
      features: `(..., F)`.
      width: Units of the regressor's layers.
      rounds: See `build`.
    """
    found = _corrected(features, width, rounds) if rounds else _linear(features)
    seen = keras.layers.Concatenate(name="spread_in")([ops.stop_gradient(features), inputs])
    hidden = keras.layers.Dense(_SPREAD_UNITS, activation="relu", name="spread_hidden")(seen)
    unbounded = _head("spread", sum(SPREADS.values()))(hidden)
    bounded = _LOG_VARIANCE_REACH * ops.tanh(unbounded / _LOG_VARIANCE_REACH)
    found["log_variances"] = _LOG_VARIANCE_MIDDLE + bounded
    return found


def _linear(features: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
    return {name: _head(name, size)(features) for name, size in _SIZES.items()}


def _corrected(
    features: keras.KerasTensor, width: int, rounds: int
) -> dict[str, keras.KerasTensor]:
    """Corrects an estimate, at first 0, by the same layers in every round."""
    hidden = [
        keras.layers.Dense(width, activation="relu", name=f"correct{index}") for index in (1, 2)
    ]
    heads = {name: _head(name, size) for name, size in _SIZES.items()}
    none = ops.zeros_like(features[..., :1])
    found = {name: ops.repeat(none, size, axis=-1) for name, size in _SIZES.items()}
    for index in range(1, rounds + 1):
        x = keras.layers.Concatenate(name=f"round{index}")([features, *found.values()])
        for layer in hidden:
            x = layer(x)
        found = {name: found[name] + head(x) for name, head in heads.items()}
    return found


def _head(name: str, size: int) -> keras.layers.Dense:
    small = keras.initializers.RandomNormal(0.0, 3e-3)
    return keras.layers.Dense(size, kernel_initializer=small, name=name, dtype="float32")
