"""Root, pose and shape, and how unsure each is, from keypoints alone: a residual MLP.

The spreads have a head of their own, through which no gradient reaches the rest: learning how far
the predictions err does not change them.
"""

import keras
from keras import ops

from hps_tf.models.evidence_frame import NUM_INPUTS, NUM_KEYPOINTS

NUM_ROOT, NUM_POSE, NUM_SHAPE = 6, 126, 10

#: Numbers of log-variances, in their order.
SPREADS = {"pose": 63, "root": 3, "place": 3, "shape": NUM_SHAPE, "keypoints": NUM_KEYPOINTS}

_SPREAD_UNITS = 256
_LOG_VARIANCE_MIDDLE, _LOG_VARIANCE_REACH = -5.5, 8.5
"""Variances lie between exp(-14) and exp(3): keypoints that are exact, and any rotation."""


def build(width: int, blocks: int) -> keras.Model:
    """Builds the module.

    A dense layer brings the evidence to the width; a block adds two dense layers of a normalised
    copy, the first with ReLU; linear heads on the normalised sum give what is predicted.

    Args:
      width: Units of every layer.
      blocks: How many blocks.

    Returns:
      A model from `EvidenceFrame.inputs` (B, 52) to a dictionary of the offsets `root` (B, 6),
      `pose` (B, 126) and `shape` (B, 10), and `log_variances` (B, 96), in the order of `SPREADS`.
    """
    inputs = keras.Input((NUM_INPUTS,), name="evidence")
    x = keras.layers.Dense(width, name="in")(inputs)
    for block in range(1, blocks + 1):
        y = keras.layers.LayerNormalization(name=f"block{block}_norm")(x)
        y = keras.layers.Dense(width, activation="relu", name=f"block{block}_hidden")(y)
        y = keras.layers.Dense(width, name=f"block{block}_out")(y)
        x = keras.layers.Add(name=f"block{block}")([x, y])
    x = keras.layers.LayerNormalization(name="norm")(x)
    sizes = {"root": NUM_ROOT, "pose": NUM_POSE, "shape": NUM_SHAPE}
    outputs = {name: _head(name, size)(x) for name, size in sizes.items()}
    seen = keras.layers.Concatenate(name="spread_in")([ops.stop_gradient(x), inputs])
    hidden = keras.layers.Dense(_SPREAD_UNITS, activation="relu", name="spread_hidden")(seen)
    unbounded = _head("spread", sum(SPREADS.values()))(hidden)
    bounded = _LOG_VARIANCE_REACH * ops.tanh(unbounded / _LOG_VARIANCE_REACH)
    outputs["log_variances"] = _LOG_VARIANCE_MIDDLE + bounded
    return keras.Model(inputs, outputs, name="lifting")


def _head(name: str, size: int) -> keras.layers.Dense:
    small = keras.initializers.RandomNormal(0.0, 3e-3)
    return keras.layers.Dense(size, kernel_initializer=small, name=name, dtype="float32")
