"""Jobs in processes of their own, a few at a time.

A process ends with its job, and with it the memory of all that was compiled for it.
"""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import TypeVar

from hps_tf.errors import InputError

Job = TypeVar("Job")

_POLL_SECONDS = 1.0


def run(
    function: Callable[[Job], None],
    jobs: Sequence[Job],
    num_processes: int,
    while_waiting: Callable[[], None],
) -> None:
    """Runs a function on every job.

    Args:
      function: Importable by name; what it computes it writes to files.
      jobs: Started in their order.
      num_processes: How many at a time.
      while_waiting: Called every second.

    Raises:
      InputError: The first that a job raises; the other jobs are stopped.
      RuntimeError: If a job ends in another way; it has printed its traceback.
    """
    context = multiprocessing.get_context("spawn")
    waiting = list(jobs)
    running: dict[SpawnProcess, Connection] = {}
    try:
        while waiting or running:
            while waiting and len(running) < num_processes:
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(target=_run_one, args=(function, waiting.pop(0), sender))
                process.start()
                sender.close()
                running[process] = receiver
            time.sleep(_POLL_SECONDS)
            while_waiting()
            for process in [each for each in running if not each.is_alive()]:
                _check(process, running.pop(process))
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.join()


def _run_one(function: Callable[[Job], None], job: Job, sender: Connection) -> None:
    try:
        function(job)
    except InputError as error:
        sender.send(str(error))


def _check(process: SpawnProcess, receiver: Connection) -> None:
    process.join()
    if process.exitcode == 0 and receiver.poll():
        try:
            raise InputError(receiver.recv())
        except EOFError:
            return
    if process.exitcode:
        raise RuntimeError(f"a process ended with exit code {process.exitcode}")
