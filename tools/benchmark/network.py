"""A training step of the network beside its bare convolutions, and the pipeline beside the step.

The bare convolutions are each layer's convolution by itself, forward and both gradients, on inputs
of its shape: no network with these layers can train faster. They stand in the place of a peer, so a
ratio of 0.77 is a step 1.3 times as dear. The pipeline is what reads, decodes, augments and packs
batches; its peer is the step, so a ratio of 2 feeds two such trainings. The parts of a step are
timed apart.
"""

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from hps_tf.data.images import image_dataset
from hps_tf.data.synthetic import Generator, PriorPeople
from hps_tf.models import StagedNetwork
from hps_tf.priors import load
from tools.benchmark import report, timing
from trainers.configs import base
from trainers.tasks.network import NetworkTask

PEERS = ()

_PRESETS = ("tiny", "small")
_BATCH = 32
_ROUNDS = 7
_BATCHES_READ = 16


def rows() -> list[report.Row]:
    """Measures step, parts of the step and pipeline of the presets that train on a CPU."""
    found = []
    for preset in _PRESETS:
        with tempfile.TemporaryDirectory() as directory:
            task, network = training(preset, Path(directory))
            found += _rows(f"{preset}, batch {_BATCH}", task, network)
    return found


def training(preset: str, directory: Path) -> tuple[NetworkTask, StagedNetwork]:
    """A training job on a few rendered images."""
    config = base.network(preset)
    config.batch_size = _BATCH
    config.data.labelled.path = str(directory / "images")
    size = 2 * config.validation_batch_size
    image_size = {"tiny": 64, "small": 128}[preset]
    people = PriorPeople(load(config.network.prior))
    generator = Generator(image_size, num_vertices=3000)

    image_dataset.write(
        directory / "images",
        {split: generator.examples(people, split, size) for split in ("train", "val")},
        image_size=image_size,
        num_shape=generator.num_shape,
        body="default",
        settings={},
        dropped={},
    )
    task = NetworkTask(config)
    return task, task.build()


def _rows(case: str, task: NetworkTask, network: StagedNetwork) -> list[report.Row]:
    batch = tf.function(task.batch)(tf.constant(0, tf.int64))
    weights = [variable.value for variable in network.trainable_variables]

    @tf.function
    def forward(batch: Any) -> Any:
        return network(batch.examples.inputs, training=True)

    @tf.function
    def network_gradient(batch: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = network(batch.examples.inputs, training=True)
            total = tf.add_n([tf.reduce_mean(tf.square(value)) for value in outputs.values()])
        return tape.gradient(total, weights)

    @tf.function
    def losses(batch: Any) -> Any:
        return task.loss(batch)[0]

    @tf.function
    def step(batch: Any) -> Any:
        with tf.GradientTape() as tape:
            total = tf.reduce_mean(task.loss(batch)[0])
        return tape.gradient(total, weights)

    candidates: dict[str, Callable[[], object]] = {
        "bare": _bare_convolutions(network, _BATCH),
        "forward": functools.partial(_run, forward, batch),
        "network gradient": functools.partial(_run, network_gradient, batch),
        "losses": functools.partial(_run, losses, batch),
        "step": functools.partial(_run, step, batch),
        "pipeline": _pipeline(task),
    }
    seconds = timing.interleaved(candidates, _ROUNDS)
    ms = {name: 1e3 * value for name, value in seconds.items()}
    ms["pipeline"] /= _BATCHES_READ
    bare = {"bare convolutions": ms["bare"]}
    return [
        report.Row(case, "step: loss and gradient", "ms", ms["step"], bare),
        report.Row(case, "of it: network, forward + gradient", "ms", ms["network gradient"], bare),
        report.Row(case, "of it: network, forward", "ms", ms["forward"], {}),
        report.Row(case, "of it: network and losses, forward", "ms", ms["losses"], {}),
        report.Row(case, "pipeline, a batch", "ms", ms["pipeline"], {"step": ms["step"]}),
    ]


def _bare_convolutions(network: StagedNetwork, batch: int) -> Callable[[], None]:
    """Runs every layer's convolution, forward and both gradients."""
    layers = [
        layer
        for module in network.modules.values()
        for layer in module.layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    inputs = [tf.random.normal((batch, *layer.input.shape[1:])) for layer in layers]
    upstream = [tf.random.normal((batch, *layer.output.shape[1:])) for layer in layers]
    kernels = [tf.convert_to_tensor(layer.kernel.value) for layer in layers]

    @tf.function
    def convolve(inputs: Any, upstream: Any, kernels: Any) -> Any:
        results = []
        for layer, x, up, kernel in zip(layers, inputs, upstream, kernels, strict=True):
            options = {"strides": [1, *layer.strides, 1], "padding": "SAME"}
            sizes = x.shape.as_list(), kernel.shape.as_list()
            out = tf.nn.conv2d(x, kernel, **options)
            by_input = tf.raw_ops.Conv2DBackpropInput(
                input_sizes=sizes[0], filter=kernel, out_backprop=up, **options
            )
            by_kernel = tf.raw_ops.Conv2DBackpropFilter(
                input=x, filter_sizes=sizes[1], out_backprop=up, **options
            )
            # Sums keep what would otherwise be left out, and cost next to nothing.
            results += [tf.reduce_sum(out), tf.reduce_sum(by_input), tf.reduce_sum(by_kernel)]
        return results

    return functools.partial(_run, convolve, inputs, upstream, kernels)


def _pipeline(task: NetworkTask) -> Callable[[], None]:
    """Reads batches as a training does."""

    def read() -> None:
        steps = tf.data.Dataset.range(_BATCHES_READ)
        for batch in steps.map(task.batch, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE):
            batch.examples.inputs.numpy()

    return read


def _run(function: Callable[..., Any], *arguments: Any) -> None:
    for tensor in tf.nest.flatten(function(*arguments)):
        tensor.numpy()  # waits for the device
