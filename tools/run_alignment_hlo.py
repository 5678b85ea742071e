"""Runs what `tools.alignment_hlo` wrote, on the device that JAX finds. Needs only JAX and NumPy.

    python tools/run_alignment_hlo.py hlo

Prints the device, how far the outputs are from the recorded ones, and the median time of a call;
exits with 1 if an output is farther off than rounding explains.
"""

import argparse
import sys
import time
from pathlib import Path

import jax
import numpy as np
from jax._src.lib import xla_client  # JAX has no public way to run StableHLO as it is

_NUM_CALLS = 50
_TOLERANCE = 1e-5  # of the largest value; sums are taken in another order


def main() -> None:
    """Compiles, compares and times."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    arrays = np.load(directory / "arrays.npz")
    device = jax.devices()[0]
    executable = device.client.compile_and_load(
        (directory / "alignment.mlir").read_text(),
        xla_client.DeviceList((device,)),
        xla_client.CompileOptions(),
    )
    inputs = [jax.device_put(arrays[name], device) for name in _numbered(arrays, "input")]

    def call() -> list[jax.Array]:
        results = executable.execute_sharded(inputs).disassemble_into_single_device_arrays()
        return [jax.block_until_ready(result[0]) for result in results]

    difference = max(
        float(np.abs(np.asarray(got) - arrays[name]).max() / np.abs(arrays[name]).max())
        for got, name in zip(call(), _numbered(arrays, "output"), strict=True)
    )
    seconds = []
    for _ in range(_NUM_CALLS):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    milliseconds = 1e3 * float(np.median(seconds)) / len(arrays["input_0"])
    print(f"jax {jax.__version__}, {device.device_kind}")
    print(f"largest relative difference {difference:.2g}")
    print(f"{milliseconds:.4g} ms per image, forward and gradient")
    if not difference <= _TOLERANCE:
        sys.exit(1)


def _numbered(arrays: np.lib.npyio.NpzFile, kind: str) -> list[str]:
    count = sum(name.startswith(f"{kind}_") for name in arrays.files)
    return [f"{kind}_{number}" for number in range(count)]


if __name__ == "__main__":
    main()
