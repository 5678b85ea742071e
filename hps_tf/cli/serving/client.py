"""The part of a client that gRPC and REST share: ask, within a deadline, and ask again.

Asking again helps where the server is not there yet, restarts or is busy. It does not where the
request is wrong.
"""

import abc
import random
import time
from typing import Self

import numpy as np

from hps_tf.errors import InputError

Arrays = dict[str, np.ndarray]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0  # Seconds.


class RefusedError(InputError):
    """The server says that the request is wrong."""


class UnavailableError(OSError):
    """No answer came in time."""


class TransientError(Exception):
    """Asking again may help."""


class Client(abc.ABC):
    """Asks one model of a server.

    Args:
      server: HOST:PORT.
      model: The model's name.
      deadline: Seconds that a request may take, with all its tries.
      max_tries: How often to ask, at most.
    """

    def __init__(self, server: str, model: str, deadline: float = 60.0, max_tries: int = 5):
        self.server = server
        self.model = model
        self._deadline = deadline
        self._max_tries = max_tries

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abc.abstractmethod
    def close(self) -> None:
        """Ends the connection."""

    def predict(self, signature: str, inputs: Arrays) -> Arrays:
        """Asks a signature.

        Args:
          signature: Its name.
          inputs: Arrays by name; strings of bytes as arrays of objects.

        Returns:
          The outputs by name.

        Raises:
          RefusedError: If the request is wrong, or there is no such model or signature.
          UnavailableError: If there was no answer within the deadline and the tries.
        """
        end = time.monotonic() + self._deadline
        pause = _FIRST_PAUSE
        for remaining_tries in reversed(range(self._max_tries)):
            try:
                return self._ask(signature, inputs, max(end - time.monotonic(), 1e-3))
            except TransientError as error:
                wait = random.uniform(0.5, 1.0) * pause
                if not remaining_tries or time.monotonic() + wait >= end:
                    raise UnavailableError(f"{self.server}: no answer: {error}") from None
            time.sleep(wait)
            pause = min(2.0 * pause, _LONGEST_PAUSE)
        raise AssertionError("the last try returns or raises")

    @abc.abstractmethod
    def _ask(self, signature: str, inputs: Arrays, timeout: float) -> Arrays:
        """Asks once.

        Raises:
          RefusedError: If the request is wrong.
          TransientError: If there was no answer.
        """
