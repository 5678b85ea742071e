"""The training loop: one for every task and every strategy."""

import math
import signal
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict
from PIL import Image

from hps_tf.errors import InputError
from trainers import arguments
from trainers import optimizer as optimizers
from trainers import strategy as strategies
from trainers.checkpoints import Checkpoints
from trainers.interruption import Interruption
from trainers.run_log import RunLog
from trainers.strategy import Batch, Worker
from trainers.task import Task
from trainers.train_step import TrainStep
from trainers.training_state import TrainingState
from trainers.weight_average import WeightAverage


class DivergenceError(RuntimeError):
    """The loss or a weight is no longer a finite number."""


class Loop:
    """Trains a task's model and keeps its best weights.

    Resumes from the newest checkpoint of the run directory, if there is one.

    Args:
      task: The task, its model not yet built.
      config: The resolved config.
      strategy: The distribution strategy.
      worker: This process's place in the job.
      workdir: The run directory.

    Raises:
      InputError: If no checkpoint can be read, or workers find different ones.
    """

    def __init__(
        self,
        task: Task,
        config: ConfigDict,
        strategy: tf.distribute.Strategy,
        worker: Worker,
        workdir: Path,
    ):
        self._task = task
        self._config = config
        self._strategy = strategy
        with strategy.scope():
            model = task.build()
            self._optimizer = optimizers.create(config, model, strategy.num_replicas_in_sync)
            self._average = WeightAverage(model.trainable_variables, config.optimizer.average_decay)
        self._train_step = TrainStep(
            task, model, self._optimizer, self._average, strategy, config.batch_size, config.xla
        )
        self._state = TrainingState(model, self._optimizer, self._average)
        self._checkpoints = Checkpoints(workdir / "checkpoints", self._state.groups(), worker)
        self._is_new = not self._checkpoints.restore()
        if strategies.agree(strategy, self.step) != self.step:
            raise InputError(
                f"--workdir {workdir}: expected the same checkpoints for all workers, received step"
                f" {self.step} on worker {worker.index}; it: expected on storage that"
                " all of them see"
            )
        self._log = RunLog(
            workdir,
            self.step,
            config.steps,
            silent=not worker.is_chief,
            settings=dict(arguments.flatten(config)),
            unit=task.loss_unit,
        )
        if worker.is_chief:
            state = f"resuming at step {self.step} of" if self.step else "starting,"
            print(f"{state} {config.steps} steps; the first ones compile", flush=True)

    @property
    def step(self) -> int:
        """How many steps have been taken."""
        return int(self._state.step.numpy())

    def run(self, until: int | None = None) -> int:
        """Trains until the last step, until validation has stopped improving, or until a signal.

        At SIGTERM or Ctrl-C it saves a checkpoint and returns.

        Args:
          until: A step to stop at, if that comes first; the learning rate does not depend on it.

        Returns:
          0 if training has come to its end, the model then holds its best weights; else the signal.

        Raises:
          DivergenceError: If the loss or a weight is no longer finite; it is not saved.
        """
        last = self._config.steps if until is None else min(until, self._config.steps)
        with Interruption() as interruption:
            if self._is_new:
                self._validate()
            batches = iter(
                strategies.distribute(self._strategy, self._task.worker_batch, self.step, last)
            )
            while not self._is_finished(last):
                self._advance(batches, last)
                if self._is_due("log_every"):
                    self._log.write_means(self.step, self._learning_rate())
                if self._is_due("validate_every"):
                    self._validate()
                stop = self._agree_on(interruption.signal)
                if stop or self._is_due("checkpoint_every") or self._is_finished(last):
                    self._checkpoints.save(self.step)
                if stop:
                    return stop
        self._state.use_best()
        return 0

    def _is_finished(self, last: int) -> bool:
        since_best = self.step - int(self._state.best_step.numpy())
        patience = self._config.patience * self._config.validate_every
        return self.step >= last or (patience > 0 and since_best >= patience)

    def _is_due(self, interval: str) -> bool:
        return self.step % self._config[interval] == 0 or self.step == self._config.steps

    def _advance(self, batches: Iterator[Batch], last: int) -> None:
        """Takes steps up to the next event or the last step, at most `steps_per_call`."""
        step, config = self.step, self._config
        events = (config.log_every, config.validate_every, config.checkpoint_every)
        to_event = min(every - step % every for every in events)
        count = min(config.steps_per_call, to_event, last - step)
        sums, is_finite = self._train_step.run(
            batches, tf.constant(step, tf.int64), tf.constant(count, tf.int64)
        )
        if not is_finite:
            raise DivergenceError(
                f"the loss or a weight became NaN or infinite within steps {step + 1} to "
                f"{step + count}; a lower learning rate or clip norm may help"
            )
        self._state.step.assign(step + count)
        self._log.add(step + count, {name: float(value) for name, value in sums.items()})

    def _validate(self) -> None:
        """Validates the averaged weights and keeps them if they are the best."""
        with self._average.applied():
            values = self._task.validate()
            loss = strategies.agree(self._strategy, values["loss"])
            if not math.isfinite(loss):
                raise DivergenceError(f"the validation loss is {loss} at step {self.step}")
            is_best = self._state.keep_if_best(loss)
            self._log.write_weights(self.step, self._state.trained)
        self._log.write_validation(self.step, values, is_best)

    def write_pictures(self, directory: Path) -> None:
        """Shows the pictures of a directory in TensorBoard, if there are any."""
        for path in sorted(directory.glob("*.png")):
            picture = np.asarray(Image.open(path).convert("RGB"))
            self._log.write_picture(self.step, path.stem, picture)

    def _agree_on(self, number: int) -> int:
        """A signal, if any worker has received one."""
        if strategies.agree(self._strategy, number) == 0:
            return 0
        return number or signal.SIGTERM

    def _learning_rate(self) -> float:
        return float(keras.ops.convert_to_numpy(self._optimizer.learning_rate))
