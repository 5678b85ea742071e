"""The REST interface of TensorFlow Serving, as its documentation describes it."""

import base64
import http.server
import json
import re
import threading

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import get_model_status_pb2

from tests.serving.served_versions import RequestError, ServedVersions, Version

_PATH = re.compile(r"/v1/models/([^/:]+)(?:/versions/(\d+))?(:predict|/metadata)?")

_HTTP_CODES = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 412,
    grpc.StatusCode.NOT_FOUND: 404,
}


def start(models: ServedVersions) -> tuple[http.server.ThreadingHTTPServer, int]:
    """Starts a server on a free port of this machine; returns it with the port."""

    class Handler(_Handler):
        served = models

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, server.server_address[1]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: ServedVersions

    def do_GET(self):
        self._answer(self._status)

    def do_POST(self):
        self._answer(self._predict)

    def log_message(self, *_):
        """Stays quiet."""

    def _answer(self, make) -> None:
        try:
            # Read it in any case: the connection goes on.
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            code, content = 200, make(body)
        except RequestError as error:
            code, content = _HTTP_CODES.get(error.code, 500), {"error": str(error)}
        encoded = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    def _parsed(self, action: str | None):
        match = _PATH.fullmatch(self.path)
        if match is None or match[3] not in (None, action):
            message = f"Malformed request: {self.command} {self.path}"
            raise RequestError(grpc.StatusCode.INVALID_ARGUMENT, message)
        return match[1], None if match[2] is None else int(match[2])

    def _status(self, _: bytes):
        model, _ = self._parsed(None)
        name = get_model_status_pb2.ModelVersionStatus.State.Name
        return {
            "model_version_status": [
                {"version": str(number), "state": name(state), "status": {"error_code": "OK"}}
                for number, state in self.served.states(model).items()
            ]
        }

    def _predict(self, body: bytes):
        version = self.served.current(*self._parsed(":predict"))
        try:
            request = json.loads(body)
        except ValueError:
            message = "JSON Parse error"
            raise RequestError(grpc.StatusCode.INVALID_ARGUMENT, message) from None
        return _predict(version, request)


def _predict(version: Version, request) -> dict:
    if not isinstance(request, dict) or len({"inputs", "instances"} & request.keys()) != 1:
        message = "request: expected one of `inputs` and `instances`"
        raise RequestError(grpc.StatusCode.INVALID_ARGUMENT, message)
    name = request.get("signature_name", "")
    infos = version.signature(name).inputs
    is_by_row = "instances" in request
    columns = _columns(request["instances"]) if is_by_row else request["inputs"]
    if not isinstance(columns, dict):
        columns = {next(iter(infos)): columns}
    inputs = {
        key: _array(key, value, tf.dtypes.as_dtype(infos[key].dtype))
        for key, value in columns.items()
        if key in infos
    }
    outputs = {key: array.tolist() for key, array in version.predict(name, inputs).items()}
    if not is_by_row:
        return {"outputs": outputs}
    rows = zip(*outputs.values(), strict=True)
    return {"predictions": [dict(zip(outputs, row, strict=True)) for row in rows]}


def _columns(instances):
    if not isinstance(instances, list) or not instances:
        message = "`instances`: expected a list of at least one item"
        raise RequestError(grpc.StatusCode.INVALID_ARGUMENT, message)
    if not isinstance(instances[0], dict):
        return instances
    return {key: [row.get(key) for row in instances] for key in instances[0]}


def _array(name: str, value, dtype: tf.DType) -> np.ndarray:
    try:
        if dtype == tf.string:
            return np.array([base64.b64decode(item["b64"]) for item in value], object)
        array = np.array(value)
        # JSON numbers without a fraction are right for floats too; the reverse is not.
        if array.dtype.kind not in ("if" if dtype.is_floating else "i"):
            raise ValueError("another type")
        return array.astype(dtype.as_numpy_dtype)
    except (ValueError, TypeError, KeyError):
        message = f"JSON value of `{name}` is not a {dtype.name} tensor"
        raise RequestError(grpc.StatusCode.INVALID_ARGUMENT, message) from None
