"""VIBE's motion discriminator (Kocabas et al. 2020, §3.3): real motion or not?"""

import keras
from keras import ops

_LAYERS = 2
_POSE_SIZE = 126


def build(num_frames: int, units: int) -> keras.Model:
    """Builds it: recurrent layers, whose states self-attention pools over time.

    Args:
      num_frames: T.
      units: Of each layer.

    Returns:
      A model from `(W, T, 126)` poses in 6D to `(W, 1)` scores.
    """
    inputs = keras.Input((num_frames, _POSE_SIZE))
    x = inputs
    for _ in range(_LAYERS):
        x = keras.layers.GRU(units, return_sequences=True)(x)
    attention = keras.layers.Dense(1)(keras.layers.Dense(units, activation="tanh")(x))
    pooled = ops.sum(ops.softmax(attention, axis=1) * x, axis=1)
    return keras.Model(inputs, keras.layers.Dense(1)(pooled), name="motion_discriminator")
