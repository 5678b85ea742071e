"""What ends a training job in one line: divergence, lost workers, and wrong data inside tf.data."""

import re
from typing import NamedTuple

import tensorflow as tf

from hps_tf.errors import InputError
from trainers.loop import DivergenceError

EXIT_DIVERGED = 1

#: Above 128, where Kubernetes' training operator takes a failure to be worth a restart, and free.
EXIT_LOST_WORKER = 138

_LOST_WORKER = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError)


class Failure(NamedTuple):
    """The end of a job.

    Attributes:
      message: One line.
      exit_code: Of the process.
    """

    message: str
    exit_code: int


def of(error: Exception) -> Failure | None:
    """Says what an error means for the job.

    Args:
      error: What ended it.

    Returns:
      Its line and exit code; None if it is a fault of the program.

    Raises:
      InputError: If it is of a file that tf.data read.
    """
    if isinstance(error, DivergenceError):
        return Failure(str(error), EXIT_DIVERGED)
    if isinstance(error, _LOST_WORKER):
        aborted = re.search(r"aborted by: (.+)", error.message)
        reason = aborted[1] if aborted else error.message.partition("\n")[0]
        return Failure(
            f"another worker was lost ({reason}); start all again with the same command to resume"
            " from the last checkpoint",
            EXIT_LOST_WORKER,
        )
    if isinstance(error, tf.errors.OpError):
        # Data are read inside tf.data, which wraps what is wrong with them in an error of its own.
        wrapped = re.search(rf"{InputError.__name__}: (.+)", error.message)
        if wrapped:
            raise InputError(wrapped[1]) from None
    return None
