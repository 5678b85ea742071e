"""Interface of a training task."""

import abc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from trainers.strategy import Batch


class Task(abc.ABC):
    """A model, its data and its loss; strategy, optimizer and state belong to the loop.

    The constructor reads the data and raises `InputError` for what it cannot use. Nothing has been
    written by then.

    Args:
      config: The resolved config.

    Attributes:
      loss_unit: The unit of the validation loss; empty if it has none.
    """

    loss_unit: str = ""

    @abc.abstractmethod
    def __init__(self, config: ConfigDict): ...

    def prepare(self, workdir: Path, *, is_chief: bool) -> None:
        """Makes what the training needs in the run directory, before anything is built.

        Args:
          workdir: The run directory; it exists.
          is_chief: Whether this worker is the one to write. The others have to wait for it.
        """
        del workdir, is_chief

    @abc.abstractmethod
    def build(self) -> keras.Model:
        """Creates the model with all its weights; called once, in the strategy's scope."""

    @abc.abstractmethod
    def batch(self, step: tf.Tensor) -> Batch:
        """Gives the global batch of a step.

        A pure function of the step and the config's seed, in TensorFlow operations: it runs inside
        tf.data, on every worker, and again after a resume.

        Args:
          step: `()` int64.

        Returns:
          Tensors, or a nest of them, whose first axis is the batch, of static size.
        """

    def worker_batch(self, step: tf.Tensor, worker: int, num_workers: int) -> Batch:
        """Gives one worker's equal part of the global batch of a step.

        Args:
          step: `()` int64.
          worker: The worker's index.
          num_workers: How many share the batch.
        """
        return tf.nest.map_structure(
            lambda tensor: tf.reshape(tensor, [num_workers, -1, *tensor.shape[1:]])[worker],
            self.batch(step),
        )

    @abc.abstractmethod
    def loss(self, batch: Batch) -> tuple[tf.Tensor, Mapping[str, tf.Tensor]]:
        """Computes the training loss; compiled by XLA unless the config says otherwise.

        Args:
          batch: A replica's slice of the global batch.

        Returns:
          The loss of each example `(slice,)`, and what else to log: scalars or `(slice,)`.
        """

    @abc.abstractmethod
    def validate(self) -> dict[str, float]:
        """Evaluates the model as it is; ``"loss"`` decides which weights are the best."""

    @abc.abstractmethod
    def finish(self, workdir: Path) -> dict[str, Any]:
        """Saves the results of a finished run; the model holds the best weights.

        Returns:
          The summary, for summary.json.
        """

    def next_command(self, workdir: Path) -> str:
        """A command that a user may want to run next; empty if there is none to recommend.

        Args:
          workdir: The run directory of a finished run.
        """
        del workdir
        return ""
