"""How long two processes of this machine take to sum a tensor, by TensorFlow's own ring.

As a program it is one of the two, with its place in TF_CONFIG; the first prints what it found.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from trainers import strategy as strategies

_ROUNDS = 15


def measure(sizes: Sequence[int]) -> list[float]:
    """Measures over loopback.

    Args:
      sizes: Numbers of float32 values.

    Returns:
      The median seconds of a sum, for each size.
    """
    ports = _free_ports(2)
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    processes = []
    for index in range(2):
        place = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        processes.append(
            subprocess.Popen(
                [sys.executable, "-m", "tools.benchmark.all_reduce", *map(str, sizes)],
                env={**os.environ, "TF_CONFIG": json.dumps(place), "CUDA_VISIBLE_DEVICES": ""},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
    outputs = [process.communicate()[0] for process in processes]
    for process in processes:
        if process.returncode:
            raise RuntimeError(f"a process of the ring ended with code {process.returncode}")
    return json.loads(outputs[0])


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _take_part(sizes: Sequence[int]) -> list[float]:
    strategy, _ = strategies.create("multi_worker")

    @tf.function
    def sum_over_workers(size: int) -> tf.Tensor:
        def replica() -> tf.Tensor:
            context = tf.distribute.get_replica_context()
            return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.ones([size]))

        return strategy.experimental_local_results(strategy.run(replica))[0]

    found = []
    for size in sizes:
        samples = []
        for _ in range(_ROUNDS + 2):
            start = time.perf_counter()
            sum_over_workers(size).numpy()
            samples.append(time.perf_counter() - start)
        found.append(float(np.median(samples[2:])))
    return found


if __name__ == "__main__":
    seconds = _take_part([int(argument) for argument in sys.argv[1:]])
    if strategies.place_in_cluster().is_chief:
        print(json.dumps(seconds))
