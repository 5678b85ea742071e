"""Functions of the network `photo` in TensorFlow, beside the same ones in ONNX Runtime.

TensorFlow runs the traced function as the SavedModel holds it. Both have as many threads as there
are cores, and take the same pictures of standing people.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from export import onnx_functions
from export.onnx_functions import Function
from hps_tf import models
from tools.benchmark import report, timing

PEERS = ("onnxruntime",)

_NETWORK = "photo"
_NAMES = ("predict", "lift", "prior_log_prob", "decode")
_BATCHES = (1, 8)
_ROUNDS = 15


def rows() -> list[report.Row]:
    """Measures a call of each function."""
    functions = onnx_functions.of_network(models.load(_NETWORK))
    return [row for name in _NAMES for row in _rows(name, functions[name])]


def _rows(name: str, function: Function) -> list[report.Row]:
    import onnxruntime

    converted = onnx_functions.convert(name, function)
    session = onnxruntime.InferenceSession(converted.content, providers=["CPUExecutionProvider"])
    traced = tf.function(function.call, input_signature=function.specs, autograph=False)
    found = []
    for batch in _BATCHES:
        request = {
            key: np.resize(array, (batch, *array.shape[1:]))
            for key, array in function.request.items()
        }
        tensors = [tf.constant(request[spec.name]) for spec in function.specs]
        seconds = timing.interleaved(
            {
                "ours": functools.partial(_run, traced, tensors),
                "onnxruntime": functools.partial(session.run, None, request),
            },
            _ROUNDS,
        )
        case = f"{_NETWORK}: {name}, batch {batch}"
        beside = {"onnxruntime": 1e3 * seconds["onnxruntime"]}
        found.append(report.Row(case, "time per call", "ms", 1e3 * seconds["ours"], beside))
    return found


def _run(function: Callable[..., Any], inputs: Sequence[tf.Tensor]) -> Any:
    """Runs a traced function and waits for its outputs."""
    return tf.nest.map_structure(np.asarray, function(*inputs))
