"""Gain from more machines: measured sizes, extrapolated by `scaling_model`.

Measured here: a training step of the network at two batch sizes, the update, the bytes of the
gradients, and a sum over two processes of this machine. From these follows how workers like this
machine would scale over a network like loopback. The peer of a step on N is the step on one: at
equal batches on each, the ratio is the share of N that is gained; where a batch is divided, it is
how many times faster the step is.

No GPU was measured. Their rows rest on `_GPUS` and `_SUSTAINED`, numbers of the order of what a
machine of 8 with NVLink and a 200 Gb/s network is said to reach, and on the operations of the
convolutions, counted. They show where it saturates, not how fast it will be.
"""

import operator
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from hps_tf.models import StagedNetwork
from tools.benchmark import all_reduce, network, report, timing
from tools.benchmark.scaling_model import Cluster, Link, Step
from trainers import optimizer
from trainers.configs import base
from trainers.tasks.network import NetworkTask

PEERS = ()

_PRESETS = ("tiny", "small")
_BATCHES = (8, 32)
_ROUNDS = 5
_COUNTS = (8, 64, 512)

_SHARED = 256
"""Images of a batch that is divided among the devices, however many they are."""

_SMALL, _LARGE = 1, 4 * 2**20
"""float32 values of the sums that latency and bandwidth are found by."""

_GPUS = Cluster(
    devices=8,
    inside=Link(latency=10e-6, bandwidth=200e9),
    between=Link(latency=20e-6, bandwidth=25e9),
)
_SUSTAINED = 20e12
"""Floating-point operations a second that a GPU sustains on these convolutions."""

_LAUNCH = 10e-3
"""Seconds of a GPU's step that do not depend on the batch: small operations, update."""


def rows() -> list[report.Row]:
    """Measures, and models the step on more devices."""
    link = _link()
    found = [
        report.Row("two processes", "sum of a number", "ms", 1e3 * 2 * link.latency, {}),
        report.Row("two processes", "bandwidth of the ring", "MB/s", link.bandwidth / 1e6, {}),
    ]
    machines = Cluster(1, link, link)
    for preset in _PRESETS:
        with tempfile.TemporaryDirectory() as directory:
            task, model = network.training(preset, Path(directory))
            step = _measured_step(preset, task, model)
            operations = _operations(model)
        found += [
            report.Row(preset, "gradients", "MB", step.gradient / 1e6, {}),
            report.Row(preset, "step, for each image", "ms", 1e3 * step.per_example, {}),
            report.Row(preset, "step, of any batch", "ms", 1e3 * step.fixed, {}),
            report.Row(preset, "convolutions, for each image", "GFLOP", operations / 1e9, {}),
        ]
        on_gpu = Step(_LAUNCH, operations / _SUSTAINED, step.gradient)
        found += _scaled(f"{preset}, workers like this", step, machines)
        found += _scaled(f"{preset}, assumed GPUs", on_gpu, _GPUS)
    return found


def _scaled(case: str, step: Step, cluster: Cluster) -> list[report.Row]:
    batch = _BATCHES[-1]
    alone = 1e3 * step.seconds(cluster, 1, batch)
    return [
        report.Row(case, "step on 1", "ms", alone, {}),
        *(
            report.Row(
                case,
                f"step on {count}",
                "ms",
                1e3 * step.seconds(cluster, count, batch),
                {"on 1": alone},
            )
            for count in _COUNTS
        ),
        *(
            report.Row(
                case,
                f"step of {_SHARED} in all, on {count}",
                "ms",
                1e3 * step.seconds(cluster, count, _SHARED / count),
                {"on 1": 1e3 * step.seconds(cluster, 1, _SHARED)},
            )
            for count in _COUNTS
            if count <= _SHARED
        ),
        report.Row(case, "limit", "images/s", step.limit(cluster, batch), {}),
    ]


def _link() -> Link:
    """The link of two processes: a ring of two takes two turns, each with half of the bytes."""
    small, large = all_reduce.measure([_SMALL, _LARGE])
    return Link(latency=small / 2, bandwidth=4 * (_LARGE - _SMALL) / max(large - small, 1e-9))


def _measured_step(preset: str, task: NetworkTask, model: StagedNetwork) -> Step:
    weights = [variable.value for variable in model.trainable_variables]
    update = optimizer.create(base.network(preset), model, num_replicas=1)
    largest = tf.function(task.batch)(tf.constant(0, tf.int64))

    @tf.function
    def gradients(batch: Any) -> Any:
        with tf.GradientTape() as tape:
            total = tf.reduce_mean(task.loss(batch)[0])
        return tape.gradient(total, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    @tf.function
    def apply(values: Any) -> None:
        update.apply(values, weights)

    def run(size: int) -> None:
        batch = tf.nest.map_structure(operator.itemgetter(slice(size)), largest)
        gradients(batch)[-1].numpy()

    found = gradients(largest)
    candidates = {str(size): lambda size=size: run(size) for size in _BATCHES}
    seconds = timing.interleaved({**candidates, "update": lambda: apply(found)}, _ROUNDS)
    few, many = _BATCHES
    per_example = max(seconds[str(many)] - seconds[str(few)], 0.0) / (many - few)
    fixed = max(seconds[str(many)] - many * per_example, 0.0) + seconds["update"]
    return Step(fixed, per_example, float(sum(4 * int(np.prod(each.shape)) for each in weights)))


def _operations(model: StagedNetwork) -> float:
    """Floating-point operations of a step's convolutions for an image: forward, twice backward."""
    total = 0.0
    for module in model.modules.values():
        for layer in module.layers:
            if isinstance(layer, keras.layers.Conv2D):
                positions = int(np.prod(layer.output.shape[1:3]))
                total += 3 * 2 * positions * int(np.prod(layer.kernel.shape))
    return total
