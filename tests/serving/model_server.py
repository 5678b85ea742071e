"""A model server that speaks as TensorFlow Serving does, around the C API's loader.

    python -m tests.serving.model_server NAME=DIR...

No TensorFlow Serving is to be had where the tests run. This one has its gRPC services, REST
interface, versions and warm-up, but neither its batching nor its scheduler. It prints its ports
when all models are available.
"""

import contextlib
import dataclasses
import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tensorflow.core.protobuf import config_pb2

from tests.serving import grpc_services, rest_service
from tests.serving.served_versions import RequestError, ServedVersions

_STARTING_SECONDS = 900.0  # Of a machine that has much else to do.


@dataclasses.dataclass(frozen=True)
class Served:
    """A running server.

    Attributes:
      models: What it serves.
      grpc: Its address for gRPC.
      rest: Its address for REST.
    """

    models: ServedVersions
    grpc: str
    rest: str

    def wait_for(self, model: str, number: int | None = None) -> None:
        """Waits until a version is available, by default any."""
        end = time.monotonic() + _STARTING_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(RequestError):
                self.models.current(model, number)
                return
            if self.models.failures:
                raise RuntimeError(self.models.failures[0])
            time.sleep(0.02)
        raise TimeoutError(model)


@contextlib.contextmanager
def serving(
    directories: dict[str, Path],
    poll_seconds: float = 0.2,
    config: config_pb2.ConfigProto | None = None,
) -> Iterator[Served]:
    """Serves models, by name and directory of their versions, in threads of this process.

    Their sessions have the configuration, by default TensorFlow's own.
    """
    with ServedVersions(directories, poll_seconds, config) as models:
        grpc_server, grpc_port = grpc_services.start(models)
        rest_server, rest_port = rest_service.start(models)
        try:
            yield Served(models, f"127.0.0.1:{grpc_port}", f"127.0.0.1:{rest_port}")
        finally:
            grpc_server.stop(None).wait()
            rest_server.shutdown()
            rest_server.server_close()


def main() -> None:
    directories = dict(argument.split("=", 1) for argument in sys.argv[1:])
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    with serving({name: Path(path) for name, path in directories.items()}) as served:
        for name in directories:
            served.wait_for(name)
        seconds = {
            name: [version.load_seconds, version.warmup_seconds]
            for name in directories
            for version in [served.models.current(name)]
        }
        ready = {"grpc": served.grpc, "rest": served.rest, "seconds": seconds}
        if not stopped.is_set():  # Else nobody may be left to read it.
            print(json.dumps(ready), flush=True)
        stopped.wait()


if __name__ == "__main__":
    main()
