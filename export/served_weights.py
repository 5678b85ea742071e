"""The variables of a SavedModel, in single or half precision."""

import contextlib
from collections.abc import Sequence

import keras
import tensorflow as tf


class ServedWeights(tf.Module):
    """The weights of models, as a SavedModel keeps them.

    Args:
      models: Whose weights they are.
      dtype: Their stored precision; float16 halves the file, and is widened at every request.
    """

    def __init__(self, models: Sequence[keras.Model], dtype: tf.DType = tf.float32):
        super().__init__()
        originals = [weight for model in models for weight in model.weights]
        self.kept = [
            tf.Variable(tf.cast(weight.value, dtype), trainable=False) for weight in originals
        ]
        # TensorFlow would track what is set in the usual way, and save it too.
        object.__setattr__(self, "_originals", originals)

    def in_use(self) -> contextlib.AbstractContextManager:
        """A scope in which the models compute with these weights, widened to single precision."""
        widened = [tf.cast(variable, tf.float32) for variable in self.kept]
        return keras.StatelessScope(state_mapping=list(zip(self._originals, widened, strict=True)))
