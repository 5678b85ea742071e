"""An exported network: its signatures beside the bare function, and under the load of clients.

The network is of the preset `photo`, its modules not trained, which costs as much as trained ones.
Photographs show one person. Four things are measured:

* `predict` as the exported signature, in process and in the session of TensorFlow's C API, which is
  how TensorFlow Serving runs it, beside the compiled function of `hps_tf.models.Predictor`. A ratio
  of 0.91 is an overhead of 10 %.
* How long loading takes, and the first call of every signature.
* Requests per second, median and 99th percentile of latency of one client and of four at once over
  gRPC, one item per request, through the server of `tests.serving`: a lower bound of what
  TensorFlow Serving does, which has no Python in the way and batches requests.
* The server's memory after the first 1,000 and after 10,000 requests.

It runs in a checkout of the repository, since the server is among the tests.
"""

import contextlib
import functools
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from export import c_api, reference, served_model, writing
from export.signature import Request
from hps_tf.body import load_small
from hps_tf.models import PRESETS, Predictor, StagedNetwork
from hps_tf.priors import load
from tools.benchmark import report, serving_load, timing

PEERS = ()

_PRESET = "photo"
_BATCHES = (8, 32)
_ROUNDS = 15
_CLIENTS = (1, 4)
_SECONDS = 8.0
_EARLY, _LATE = 1_000, 10_000
_MODEL = "network"
_MIXED = ("predict_photo", "fit_keypoints", "predict", "decode")


def rows() -> Iterator[report.Row]:
    """Measures an exported network, part by part."""
    report.progress("serving: makes the network")
    network = _network()
    with tempfile.TemporaryDirectory() as directory:
        version = Path(directory) / _MODEL / "1"
        version.mkdir(parents=True)
        served = served_model.of_network(network)
        writing.write(served, version, _MODEL, report.progress)
        requests = {name: example.inputs for name, example in reference.read(version).items()}
        del requests[served_model.DEFAULT_SIGNATURE]
        yield from _overhead(network, version)
        yield from _beginnings(version, requests)
        yield from _load(version.parent, requests)


def _network() -> StagedNetwork:
    tf.keras.utils.set_random_seed(0)
    body = load_small()
    return StagedNetwork(PRESETS[_PRESET], load(PRESETS[_PRESET].prior), body.num_shape)


def _overhead(network: StagedNetwork, version: Path) -> Iterator[report.Row]:
    predictor = Predictor(network, load_small())
    few = reference.read(version)["predict"].inputs
    signature = tf.saved_model.load(str(version)).signatures["predict"]
    with c_api.load(version) as session:
        for batch in _BATCHES:
            report.progress(f"serving: predict of {batch} images, beside the bare function")
            request = {
                name: np.resize(array, (batch, *array.shape[1:])) for name, array in few.items()
            }
            tensors = {name: tf.constant(array) for name, array in request.items()}
            candidates: dict[str, Callable[[], object]] = {
                "bare": functools.partial(_run, predictor, *tensors.values()),
                "in process": functools.partial(_run, signature, **tensors),
                "session": functools.partial(session.run, "predict", request),
            }
            seconds = timing.interleaved(candidates, _ROUNDS)
            bare = {"bare function": 1e3 * seconds["bare"]}
            case = f"predict, batch {batch}"
            for how in ("in process", "session"):
                yield report.Row(case, f"signature, {how}", "ms", 1e3 * seconds[how], bare)


def _run(function: Callable, *arguments: tf.Tensor, **named: tf.Tensor) -> None:
    for tensor in tf.nest.flatten(function(*arguments, **named)):
        if tensor is not None:  # As the spread of a network without a lifting module is.
            tensor.numpy()  # Waits for the device.


def _beginnings(version: Path, requests: dict[str, Request]) -> Iterator[report.Row]:
    size = sum(path.stat().st_size for path in version.rglob("*") if path.is_file())
    yield report.Row("model", "size", "MB", size / 1e6, {})
    report.progress("serving: loads the model")
    start = time.perf_counter()
    with c_api.load(version) as session:
        yield report.Row("model", "load", "s", time.perf_counter() - start, {})
        for number, (signature, request) in enumerate(requests.items(), 1):
            report.progress(f"serving: first call {number} of {len(requests)}, {signature}")
            start = time.perf_counter()
            session.run(signature, request)
            yield report.Row(signature, "first call", "s", time.perf_counter() - start, {})


def _load(directory: Path, requests: dict[str, Request]) -> Iterator[report.Row]:
    singles = {name: _single(request) for name, request in requests.items()}
    report.progress("serving: starts the server")
    with serving_load.server(_MODEL, directory) as server:
        loads = list(itertools.product(singles.items(), _CLIENTS))
        for number, ((signature, request), clients) in enumerate(loads, 1):
            case = f"{signature}, {clients} client{'s' if clients > 1 else ''}"
            report.progress(f"serving: load {number} of {len(loads)}, {case}, for {_SECONDS:.0f} s")
            found = serving_load.drive(server, _MODEL, signature, request, clients, _SECONDS)
            yield report.Row(case, "rate", "requests/s", found.rate, {})
            yield report.Row(case, "latency, median", "ms", found.milliseconds(50), {})
            yield report.Row(case, "latency, 99th percentile", "ms", found.milliseconds(99), {})
        mixed = {name: singles[name] for name in _MIXED}
        case = f"server, {', '.join(mixed)} in turn"
        sent = 0
        for total in (_EARLY, _LATE):
            say = _of_requests(sent, _LATE)
            memory = serving_load.memory_after(server, _MODEL, mixed, total - sent, say)
            yield report.Row(case, f"memory after {total:,} requests", "MB", memory, {})
            sent = total


def _of_requests(sent: int, total: int) -> Callable[[int], None]:
    """Makes a function that is told how many requests were sent beside `sent`."""

    def say(count: int) -> None:
        report.progress(f"serving: memory, request {sent + count:,} of {total:,}")

    return say


def _single(request: Request) -> Request:
    with contextlib.suppress(IndexError):
        return {name: array[:1] for name, array in request.items()}
    return {"n": np.array(1, np.int32), "seed": np.array(0, np.int32)}
