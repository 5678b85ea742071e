"""Methods of a model, compiled for calls in eager mode."""

from typing import Any

import keras
import tensorflow as tf


class EagerFunctions:
    """Calls a model's methods: as a graph in eager mode, as they are everywhere else.

    A flow is a thousand small operations, which cost hundreds of milliseconds one by one and few in
    a graph. Each method is traced once, at its first eager call.

    Args:
      model: The model; its methods map tensors with a leading axis, or scalars, to a tensor.
    """

    def __init__(self, model: keras.Model):
        self._model = model
        self._compiled: dict[str, Any] = {}
        self._weights: list[keras.Variable] = []

    def call(self, name: str, *arguments: Any) -> tf.Tensor:
        """Calls a method.

        Args:
          name: The method's name.
          *arguments: Tensors of any length of the first axis, or numbers.
        """
        method = getattr(self._model, name)
        if not self._is_eager():
            return method(*arguments)
        tensors = [tf.convert_to_tensor(argument) for argument in arguments]
        if name not in self._compiled:
            self._weights = self._model.weights
            self._compiled[name] = tf.function(
                method, input_signature=[_spec(tensor) for tensor in tensors], autograph=False
            )
        return self._compiled[name](*tensors)

    def clear(self) -> None:
        """Forgets the graphs, after a change of something that is no weight."""
        self._compiled = {}

    def _is_eager(self) -> bool:
        if not tf.executing_eagerly():
            return False
        # In a stateless scope of Keras a weight is a tensor, which a graph must not keep.
        weights = self._weights or self._model.weights
        return all(isinstance(weight.value, tf.Variable) for weight in weights)


def _spec(tensor: tf.Tensor) -> tf.TensorSpec:
    is_batch = tensor.shape.rank > 1
    return tf.TensorSpec([None, *tensor.shape[1:]] if is_batch else tensor.shape, tensor.dtype)
