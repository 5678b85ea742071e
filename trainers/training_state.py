"""The state of a training run: all that a resumed run needs besides its config."""

import math
from collections.abc import Sequence

import keras
import tensorflow as tf

from trainers.weight_average import WeightAverage


class TrainingState:
    """Model, optimizer, weight average, step, and the best weights so far.

    The position in the data needs no place of its own: batches are a function of the step.

    Args:
      model: The model, built.
      optimizer: Its optimizer, built.
      average: The average of its weights.

    Attributes:
      step: How many steps have been taken.
      best_step: The step of the best validation.
      best_loss: Its loss.
      trained: The weights that are trained.
    """

    def __init__(
        self, model: keras.Model, optimizer: keras.optimizers.Optimizer, average: WeightAverage
    ):
        self._weights = _values(model.variables)
        self.trained = _values(model.trainable_variables)
        self._optimizer = _values(optimizer.variables)
        self._averages = average.averages
        # These are the same on every replica and are kept on the host, outside of any strategy.
        with tf.device("CPU:0"):
            self.step = tf.Variable(0, dtype=tf.int64)
            self.best_step = tf.Variable(0, dtype=tf.int64)
            self.best_loss = tf.Variable(math.inf, dtype=tf.float64)
            self._best = [tf.Variable(tf.convert_to_tensor(weight)) for weight in self._weights]

    def groups(self) -> dict[str, list[tf.Variable]]:
        """All variables by group, for a checkpoint."""
        return {
            "weights": self._weights,
            "optimizer": self._optimizer,
            "averages": self._averages,
            "best": self._best,
            "progress": [self.step, self.best_step, self.best_loss],
        }

    def keep_if_best(self, loss: float) -> bool:
        """Keeps the model's present weights if their validation loss is the lowest so far."""
        if not loss < self.best_loss.numpy():
            return False
        self.best_loss.assign(loss)
        self.best_step.assign(self.step)
        _assign(self._best, self._weights)
        return True

    def use_best(self) -> None:
        """Gives the model its best weights."""
        _assign(self._weights, self._best)


def _values(variables: Sequence[keras.Variable]) -> list[tf.Variable]:
    return [variable.value for variable in variables]


def _assign(variables: Sequence[tf.Variable], values: Sequence[tf.Variable]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(tf.convert_to_tensor(value))
