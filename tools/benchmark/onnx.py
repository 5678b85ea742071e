"""Functions of the network `photo` in TensorFlow, beside the same ones in ONNX Runtime.

TensorFlow runs the traced function as the SavedModel holds it. Both have as many threads as there
are cores. Before they are timed, all outputs are compared on 100 rendered people, their keypoints
and 100 samples of the prior; metres, radians, pixels and nats may differ by 1e-3.
"""

import functools
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from export import onnx_functions
from export.onnx_functions import TOLERANCE, Function
from hps_tf import models, priors
from hps_tf.data.synthetic import Generator, PriorPeople
from hps_tf.models import StagedNetwork
from tools.benchmark import report, timing

PEERS = ("onnxruntime",)

_NETWORK = "photo"
_PRIOR = "cmu-6d-light"
_NUM_EXAMPLES = 100
_BATCHES = (1, 8)
_ROUNDS = 15


def rows() -> Iterator[report.Row]:
    """Compares the outputs of each function, and measures its calls."""
    network = models.load(_NETWORK)
    functions = onnx_functions.of_network(network)
    examples = _examples(network)
    for name, function in functions.items():
        request = {key: examples[key] for key in function.request}
        yield from _rows(name, function._replace(request=request))


def _examples(network: StagedNetwork) -> dict[str, np.ndarray]:
    """The inputs of all functions by name, of 100 people each."""
    size = network.options.image_size
    people = list(Generator(size).examples(PriorPeople(priors.load(_PRIOR)), "test", _NUM_EXAMPLES))
    samples = network.prior.sample(_NUM_EXAMPLES, seed=0)
    rng = np.random.default_rng(0)
    return {
        "images": np.stack([_decode(person.image) for person in people]),
        "intrinsics": np.stack([person.intrinsics for person in people]).astype(np.float32),
        "keypoints_2d": np.array([person.keypoints_2d for person in people], np.float32),
        "confidence": np.ones((_NUM_EXAMPLES, 17), np.float32),
        "x": np.asarray(samples, np.float32),
        "latent": rng.standard_normal(samples.shape, np.float32),
    }


def _decode(image: bytes) -> np.ndarray:
    """`(S, S, 3)` float32, 0 to 1."""
    with Image.open(io.BytesIO(image)) as opened:
        return np.asarray(opened.convert("RGB"), np.float32) / 255.0


def _rows(name: str, function: Function) -> Iterator[report.Row]:
    import onnxruntime

    converted = onnx_functions.convert(name, function)
    worst = max(converted.difference.values())
    if worst > TOLERANCE:
        raise RuntimeError(f"{name}: ONNX Runtime differs by {converted.difference}")
    case = f"{_NETWORK}: {name}"
    metric = f"greatest difference of {_NUM_EXAMPLES} people"
    yield report.Row(case, metric, "", worst, {})
    session = onnxruntime.InferenceSession(converted.content, providers=["CPUExecutionProvider"])
    traced = tf.function(function.call, input_signature=function.specs, autograph=False)
    for batch in _BATCHES:
        request = {key: array[:batch] for key, array in function.request.items()}
        tensors = [tf.constant(request[spec.name]) for spec in function.specs]
        seconds = timing.interleaved(
            {
                "ours": functools.partial(_run, traced, tensors),
                "onnxruntime": functools.partial(session.run, None, request),
            },
            _ROUNDS,
        )
        beside = {"onnxruntime": 1e3 * seconds["onnxruntime"]}
        batched = f"{case}, batch {batch}"
        yield report.Row(batched, "time per call", "ms", 1e3 * seconds["ours"], beside)


def _run(function: Callable[..., Any], inputs: Sequence[tf.Tensor]) -> Any:
    """Runs a traced function and waits for its outputs."""
    return tf.nest.map_structure(np.asarray, function(*inputs))
