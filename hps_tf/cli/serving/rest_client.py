"""A client over REST: JSON in columns, bytes in base 64."""

import base64
import contextlib
import http.client
import json
import urllib.error
import urllib.request
from typing import Any

import numpy as np

from hps_tf.cli.serving.client import Arrays, Client, RefusedError, TransientError

_REFUSALS = (400, 404, 412, 413)


class RestClient(Client):
    """See `Client`; numbers without a fraction come back as integers of any kind."""

    def close(self):
        """See `Client.close`; every request has a connection of its own."""

    def _ask(self, signature: str, inputs: Arrays, timeout: float) -> Arrays:
        content = {
            "signature_name": signature,
            "inputs": {name: _to_json(array) for name, array in inputs.items()},
        }
        request = urllib.request.Request(
            f"http://{self.server}/v1/models/{self.model}:predict",
            json.dumps(content).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                outputs = json.load(response)["outputs"]
        except urllib.error.HTTPError as error:
            reason = _reason(error)
            if error.code in _REFUSALS:
                raise RefusedError(reason) from None
            raise TransientError(f"HTTP {error.code}: {reason}") from None
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            raise TransientError(str(error) or type(error).__name__) from None
        if not isinstance(outputs, dict):
            # A server leaves the name of an only output away.
            outputs = {"output": outputs}
        return {name: _to_array(value) for name, value in outputs.items()}


def _to_json(array: np.ndarray) -> Any:
    if array.dtype.kind in "SO":
        return [{"b64": base64.b64encode(item).decode()} for item in array.tolist()]
    return array.tolist()


def _to_array(value: Any) -> np.ndarray:
    array = np.array(value)
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def _reason(error: urllib.error.HTTPError) -> str:
    content = error.read().decode(errors="replace")
    with contextlib.suppress(ValueError, KeyError, TypeError):
        content = json.loads(content)["error"]
    return " ".join(str(content).split()) or error.reason
