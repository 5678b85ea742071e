"""How a training job is spread over devices and machines.

One loop serves all strategies. A job over several machines runs the same command on each, with
TensorFlow's own cluster description in TF_CONFIG; the run directory must be on storage that all of
them see.
"""

import dataclasses
import json
import os
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from hps_tf.errors import InputError

NAMES = ("none", "mirrored", "multi_worker")

#: The tasks of a cluster that train, in TensorFlow's order: the first of all is the chief.
_KINDS = ("chief", "worker")

Batch = Any
"""A nest of tensors with a leading batch axis: a dictionary, or a task's named tuple."""


@dataclasses.dataclass(frozen=True)
class Worker:
    """This process's place among the workers of a job.

    Attributes:
      index: Its number, from 0.
      count: How many there are.
    """

    index: int = 0
    count: int = 1

    @property
    def is_chief(self) -> bool:
        """Whether this worker writes logs, checkpoints and results for all."""
        return self.index == 0


def create(name: str) -> tuple[tf.distribute.Strategy, Worker]:
    """Creates a strategy by name; must come before any other use of TensorFlow.

    Args:
      name: ``"none"``: one device; ``"mirrored"``: all devices of this machine;
        ``"multi_worker"``: all workers of TF_CONFIG.

    Returns:
      The strategy and this process's place in the job.

    Raises:
      InputError: If the name is unknown or TF_CONFIG does not describe a cluster.
    """
    if name == "none":
        return tf.distribute.get_strategy(), Worker()
    if name == "mirrored":
        return tf.distribute.MirroredStrategy(), Worker()
    if name == "multi_worker":
        worker = place_in_cluster()
        kinds = tf.distribute.experimental.CommunicationImplementation
        kind = kinds.NCCL if tf.config.list_physical_devices("GPU") else kinds.RING
        options = tf.distribute.experimental.CommunicationOptions(implementation=kind)
        return tf.distribute.MultiWorkerMirroredStrategy(communication_options=options), worker
    raise InputError(f"config.strategy: expected one of {', '.join(NAMES)}, received {name!r}")


def check_batch_size(batch_size: int, num_replicas: int) -> None:
    """Checks that all replicas get an equal share of the global batch.

    Raises:
      InputError: If the batch size is no multiple of the number of replicas.
    """
    if batch_size % num_replicas:
        raise InputError(
            "config.batch_size: expected a multiple of the number of replicas,"
            " received batch size "
            f"{batch_size} and {num_replicas} replicas"
        )


def distribute(
    strategy: tf.distribute.Strategy,
    worker_batch: Callable[[tf.Tensor, int, int], Batch],
    start: int,
    stop: int,
) -> tf.distribute.DistributedDataset:
    """Feeds each replica its slice of the global batches of steps `start` to `stop` - 1.

    A batch is a function of its step, so it depends neither on the strategy nor on where the run
    was resumed.

    Args:
      strategy: The strategy.
      worker_batch: Gives a worker's part of the global batch of a step, as tensors with a leading
        batch axis; a pure function of the step, the worker's index and the number of workers.
      start: The first step.
      stop: The step after the last.
    """

    def pipeline(context: tf.distribute.InputContext) -> tf.data.Dataset:
        workers, index = context.num_input_pipelines, context.input_pipeline_id
        replicas_here = context.num_replicas_in_sync // workers

        @tf.autograph.experimental.do_not_convert
        def slices(step: tf.Tensor) -> Batch:
            return tf.nest.map_structure(
                lambda tensor: tf.reshape(tensor, [replicas_here, -1, *tensor.shape[1:]]),
                worker_batch(step, index, workers),
            )

        steps = tf.data.Dataset.range(start, stop)
        return steps.map(slices, tf.data.AUTOTUNE).unbatch().prefetch(tf.data.AUTOTUNE)

    return strategy.distribute_datasets_from_function(pipeline)


def agree(strategy: tf.distribute.Strategy, value: float) -> float:
    """Gives every worker the same number, the mean of theirs; waits for all of them.

    Decisions that all must take alike (to stop, to keep the weights) rest on such numbers.
    """
    return float(_mean_over_replicas(strategy, tf.constant(value, tf.float64)))


@tf.function
def _mean_over_replicas(strategy: tf.distribute.Strategy, own: tf.Tensor) -> tf.Tensor:
    per_replica = strategy.run(tf.identity, args=(own,))
    return strategy.reduce(tf.distribute.ReduceOp.MEAN, per_replica, axis=None)


def wait_for_all(strategy: tf.distribute.Strategy) -> None:
    """Returns when every worker has come here."""
    agree(strategy, 0.0)


def place_in_cluster() -> Worker:
    """Reads this process's place among the workers from TF_CONFIG.

    Where the cluster has a chief, it comes before the workers, as TensorFlow counts them.

    Raises:
      InputError: If TF_CONFIG does not describe a cluster of workers, or has other kinds of tasks.
    """
    tf_config = os.environ.get("TF_CONFIG")
    example = '{"cluster": {"worker": ["HOST:PORT", ...]}, "task": {"type": "worker", "index": 0}}'
    if not tf_config:
        raise InputError(f"strategy multi_worker needs the variable TF_CONFIG, like {example}")
    try:
        settings = json.loads(tf_config)
        cluster, task = settings["cluster"], settings["task"]
        kind, index = task["type"], task["index"]
        sizes = {each: len(cluster.get(each, [])) for each in _KINDS}
        members = [(each, number) for each in _KINDS for number in range(sizes[each])]
        is_cluster = cluster.keys() <= set(_KINDS) and all(
            isinstance(hosts, list) and all(isinstance(host, str) for host in hosts)
            for hosts in cluster.values()
        )
        # JSON's true is no number.
        is_place = type(index) is int and (kind, index) in members
    except (json.JSONDecodeError, LookupError, TypeError, AttributeError, RecursionError):
        is_cluster = False
    if not (is_cluster and is_place and len(cluster.get("chief", [])) <= 1):
        raise InputError(
            f"TF_CONFIG: expected the form {example}, of workers and maybe one chief,"
            f" received {tf_config!r}"
        )
    return Worker(members.index((kind, index)), len(members))
