"""The exponential moving average of a model's weights."""

import contextlib
from collections.abc import Iterator, Sequence

import keras
import tensorflow as tf


class WeightAverage(tf.Module):
    """Averages weights over the recent steps; validation and the saved model use the average.

    Keras optimizers offer an average too; under a strategy they synchronise every weight at every
    step for it. Here each replica averages its own, equal copies.

    Args:
      variables: The trainable weights; the average starts as their values. Create it in the
        strategy's scope.
      decay: Share of the average that stays at each step; less during the first steps, so that the
        initial weights are soon forgotten.
    """

    def __init__(self, variables: Sequence[keras.Variable], decay: float):
        super().__init__()
        self.decay = decay
        self.strategy = tf.distribute.get_strategy()
        self.weights = [variable.value for variable in variables]
        self.averages = [tf.Variable(weight, trainable=False) for weight in self.weights]

    def update(self, step: tf.Tensor) -> None:
        """Takes in the weights after a step, counted from 0; call outside of replicas."""
        step = tf.cast(step, tf.float32)
        decay = tf.minimum(self.decay, (1.0 + step) / (10.0 + step))
        for average, weight in zip(self.averages, self.weights, strict=True):
            self.strategy.extended.update(average, _move, args=(weight, decay))

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Puts the average in the place of the weights for the length of the block."""
        kept = [tf.identity(weight) for weight in self.weights]
        _assign(self.weights, self.averages)
        try:
            yield
        finally:
            _assign(self.weights, kept)


def _move(average: tf.Variable, weight: tf.Tensor, decay: tf.Tensor) -> None:
    average.assign_add((1.0 - decay) * (weight - average))


def _assign(variables: Sequence[tf.Variable], values: Sequence[tf.Tensor]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(tf.convert_to_tensor(value))
