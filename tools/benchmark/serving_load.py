"""Concurrent clients of a model server in a process of its own."""

import contextlib
import dataclasses
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from export.signature import Request
from hps_tf.cli.serving.grpc_client import GrpcClient
from hps_tf.errors import InputError

_SERVER = "tests.serving.model_server"
_DEADLINE = 600.0
_WARMUP_REQUESTS = 3
_SECONDS_BETWEEN_LINES = 10.0


@dataclasses.dataclass(frozen=True)
class Server:
    """A running server: its address for gRPC and the number of its process."""

    address: str
    pid: int

    def megabytes(self) -> float:
        """The memory that its process has."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) * 1024 / 1e6


@dataclasses.dataclass(frozen=True)
class Load:
    """The latencies and answers of clients.

    Attributes:
      rate: Requests per second, of all clients.
      latencies: `(N,)` seconds.
    """

    rate: float
    latencies: np.ndarray

    def milliseconds(self, percentile: float) -> float:
        """A percentile of the latencies."""
        return 1e3 * float(np.percentile(self.latencies, percentile))


@contextlib.contextmanager
def server(model: str, directory: Path) -> Iterator[Server]:
    """Runs a server of one model in a process, and ends it.

    Raises:
      InputError: If it does not start.
    """
    command = [sys.executable, "-m", _SERVER, f"{model}={directory}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise InputError(f"{_SERVER} did not start; this benchmark needs a checkout")
            yield Server(json.loads(line)["grpc"], process.pid)
        finally:
            process.terminate()


def drive(
    server: Server, model: str, signature: str, request: Request, clients: int, seconds: float
) -> Load:
    """Sends a request again and again, each client as soon as it has its answer.

    Args:
      server: The server.
      model: The model's name.
      signature: The signature to call.
      request: Its inputs.
      clients: How many do.
      seconds: How long.
    """
    latencies: list[float] = []
    ready = threading.Barrier(clients)

    def send() -> None:
        with GrpcClient(server.address, model, _DEADLINE) as client:
            for _ in range(_WARMUP_REQUESTS):
                client.predict(signature, request)
            ready.wait()
            end = time.perf_counter() + seconds
            while (start := time.perf_counter()) < end:
                client.predict(signature, request)
                latencies.append(time.perf_counter() - start)

    threads = [threading.Thread(target=send) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Every client has at most one request on its way, so they share the time.
    return Load(clients * len(latencies) / sum(latencies), np.array(latencies))


def memory_after(
    server: Server,
    model: str,
    requests: dict[str, Request],
    count: int,
    say: Callable[[int], None],
) -> float:
    """Sends requests of several signatures in turn.

    Args:
      server: The server.
      model: The model's name.
      requests: A request of each signature.
      count: How many are sent.
      say: Called every ten seconds, with the number of requests sent.

    Returns:
      The server's megabytes then.
    """
    said = time.perf_counter()
    with GrpcClient(server.address, model, _DEADLINE) as client:
        turns = itertools.islice(itertools.cycle(requests.items()), count)
        for number, (signature, request) in enumerate(turns, 1):
            client.predict(signature, request)
            if time.perf_counter() - said > _SECONDS_BETWEEN_LINES:
                say(number)
                said = time.perf_counter()
    return server.megabytes()
