"""Models in directories that are watched, as TensorFlow Serving watches them.

The newest version of every model is loaded with TensorFlow's C API, by the loader that TensorFlow
Serving uses, runs its warm-up requests, and then takes the place of the one before.
"""

import contextlib
import dataclasses
import threading
import time
from pathlib import Path

import grpc
import numpy as np
from tensorflow.core.protobuf import config_pb2
from tensorflow_serving.apis import get_model_status_pb2

from export import c_api, versions, warmup

_NAMES = {"": "serving_default"}


class RequestError(Exception):
    """A request that is refused.

    Attributes:
      code: The gRPC status.
    """

    def __init__(self, code: grpc.StatusCode, message: str):
        super().__init__(message)
        self.code = code


@dataclasses.dataclass(frozen=True)
class Version:
    """A loaded version and how long that took, its warm-up apart."""

    number: int
    session: c_api.Session
    load_seconds: float
    warmup_seconds: float

    def signature(self, name: str):
        """The SignatureDef of a name; no name is the default's."""
        name = _NAMES.get(name, name)
        if name not in self.session.signatures:
            message = f'Serving signature key "{name}" not found.'
            raise RequestError(grpc.StatusCode.FAILED_PRECONDITION, message)
        return self.session.signatures[name]

    def predict(self, signature: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        definition = self.signature(signature)
        if inputs.keys() != definition.inputs.keys():
            message = (
                f"input keys do not match: expected {sorted(definition.inputs)}, received"
                f" {sorted(inputs)}"
            )
            raise RequestError(grpc.StatusCode.INVALID_ARGUMENT, message)
        try:
            return self.session.run(_NAMES.get(signature, signature), inputs)
        except c_api.RefusedError as refused:
            raise RequestError(_status(refused.code), str(refused)) from None


class ServedVersions:
    """The models that are served; a thread looks for new versions."""

    def __init__(
        self,
        directories: dict[str, Path],
        poll_seconds: float = 0.2,
        config: config_pb2.ConfigProto | None = None,
    ):
        self._directories = directories
        self._poll_seconds = poll_seconds
        self._config = config
        self._current: dict[str, Version] = {}
        self._loading: dict[str, int] = {}
        self.failures: list[str] = []
        self._stack = contextlib.ExitStack()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join()
        self._stack.close()

    def current(self, model: str, number: int | None = None) -> Version:
        version = self._current.get(model)
        if version is None or number not in (None, version.number):
            wanted = "Latest" if number is None else f"Specific {number}"
            message = f"Servable not found for request: {wanted}({model})"
            raise RequestError(grpc.StatusCode.NOT_FOUND, message)
        return version

    def states(self, model: str) -> dict[int, int]:
        """The states of the versions of a model, as numbers of `ModelVersionStatus.State`."""
        if model not in self._directories:
            message = f"Could not find any versions of model {model}"
            raise RequestError(grpc.StatusCode.NOT_FOUND, message)
        status = get_model_status_pb2.ModelVersionStatus
        states = {}
        if model in self._loading:
            states[self._loading[model]] = status.LOADING
        if model in self._current:
            states[self._current[model].number] = status.AVAILABLE
        return states

    def _watch(self) -> None:
        while not self._stopped.is_set():
            for model, directory in self._directories.items():
                newest = max(versions.listed(directory), default=0)
                if newest > (self._current[model].number if model in self._current else 0):
                    self._load(model, directory / str(newest))
            self._stopped.wait(self._poll_seconds)

    def _load(self, model: str, directory: Path) -> None:
        self._loading[model] = int(directory.name)
        try:
            start = time.perf_counter()
            session = self._stack.enter_context(c_api.load(directory, self._config))
            loaded = time.perf_counter()
            for signature, inputs in warmup.read(directory):
                session.run(signature, inputs)
            seconds = loaded - start, time.perf_counter() - loaded
            self._current[model] = Version(int(directory.name), session, *seconds)
        except Exception as error:
            # A server that cannot load a version goes on with the one it has; tests look here.
            self.failures.append(f"{directory}: {error}")
        finally:
            del self._loading[model]


def _status(number: int) -> grpc.StatusCode:
    return next(code for code in grpc.StatusCode if code.value[0] == number)
