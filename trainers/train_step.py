"""Training steps, on one device or many."""

from collections.abc import Iterator

import keras
import tensorflow as tf

from trainers.optimizer import global_gradients
from trainers.strategy import Batch
from trainers.task import Task
from trainers.weight_average import WeightAverage


class TrainStep:
    """Takes training steps, several per call.

    Args:
      task: Gives the loss.
      model: The model, built in the strategy's scope.
      optimizer: Its optimizer.
      average: The average of its weights.
      strategy: The distribution strategy.
      batch_size: Size of the global batch.
      xla: Whether XLA compiles loss and gradient.
    """

    def __init__(
        self,
        task: Task,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        average: WeightAverage,
        strategy: tf.distribute.Strategy,
        batch_size: int,
        xla: bool,
    ):
        self._task = task
        self._weights = [variable.value for variable in model.trainable_variables]
        self._optimizer = optimizer
        self._average = average
        self._strategy = strategy
        self._batch_size = batch_size
        # Under a strategy XLA cannot compile the exchange of gradients, so the optimizer stays
        # outside; without one the whole step is compiled, which makes the optimizer's many small
        # operations next to free.
        compiles_whole_step = xla and strategy is tf.distribute.get_strategy()
        # Tasks have no control flow that depends on tensors; looking for some takes longer than
        # tracing a large model.
        self._compiled = tf.function(self._values_and_gradients, jit_compile=xla, autograph=False)
        self._replica_step = (
            tf.function(self._update, jit_compile=True, autograph=False)
            if compiles_whole_step
            else self._update
        )
        self._one = tf.function(self._distributed_step, autograph=False)

    @tf.function
    def run(
        self, batches: Iterator[Batch], step: tf.Tensor, count: tf.Tensor
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """Takes steps.

        Args:
          batches: Iterator over the distributed batches.
          step: `()` int64, how many steps were taken before.
          count: `()` int64, how many to take.

        Returns:
          The logged values' means over replicas, each summed over the steps, and whether loss and
          weights are all finite.
        """
        # The first step gives the names of the sums; its function is traced once for both calls.
        sums = self._one(next(batches), step)
        for index in tf.range(tf.constant(1, tf.int64), count):
            values = self._one(next(batches), step + index)
            sums = {name: total + values[name] for name, total in sums.items()}
        checks = [sums["loss"], *(tf.reduce_sum(weight) for weight in self._weights)]
        return sums, tf.reduce_all(tf.math.is_finite(tf.stack(checks)))

    def _distributed_step(self, batch: Batch, step: tf.Tensor) -> dict[str, tf.Tensor]:
        per_replica = self._strategy.run(self._replica_step, args=(batch,))
        self._average.update(step)
        return {
            name: self._strategy.experimental_local_results(value)[0]
            for name, value in per_replica.items()
        }

    def _update(self, batch: Batch) -> dict[str, tf.Tensor]:
        # Over several workers the batches come without their size.
        size = self._batch_size // self._strategy.num_replicas_in_sync
        batch = tf.nest.map_structure(
            lambda tensor: tf.ensure_shape(tensor, [size, *tensor.shape[1:]]), batch
        )
        values, gradients = self._compiled(batch)
        gradients = global_gradients(gradients)
        # Those of the global batch, as they are before clipping.
        scale = self._optimizer.scale_loss(tf.constant(1.0)) / self._strategy.num_replicas_in_sync
        values["gradient_norm"] = tf.linalg.global_norm(gradients) / scale
        self._optimizer.apply(gradients, self._weights)
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, values)

    def _values_and_gradients(self, batch: Batch) -> tuple[dict[str, tf.Tensor], list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            losses, metrics = self._task.loss(batch)
            # Replicas add up: their sums over the global batch size give the global mean.
            loss = tf.reduce_sum(losses) / self._batch_size
            scaled = self._optimizer.scale_loss(loss)
        gradients = tape.gradient(
            scaled, self._weights, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        values = {name: tf.reduce_mean(value) for name, value in metrics.items()}
        return {"loss": tf.reduce_mean(losses), **values}, gradients
