import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tools import alignment_hlo, alignment_operation
from tools.benchmark import alignment_people

RUNNER = Path(alignment_hlo.__file__).with_name("run_alignment_hlo.py")


def python_with_jax() -> str | None:
    """The interpreter in $HPS_TF_JAX_PYTHON, or this one, if JAX can be imported there."""
    python = os.environ.get("HPS_TF_JAX_PYTHON", sys.executable)
    found = subprocess.run([python, "-c", "import jax"], capture_output=True, check=False)
    return python if found.returncode == 0 else None


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    directory = tmp_path_factory.mktemp("alignment") / "hlo"
    alignment_operation.write(alignment_people.make(1, 32, 6890, seed=0), directory)
    return directory


def test_operation_and_arrays_are_written(written):
    assert "stablehlo.while" in (written / "alignment.mlir").read_text()
    with np.load(written / "arrays.npz") as arrays:
        assert arrays["input_0"].shape == (1, 6890, 2)
        assert arrays["output_0"].shape == arrays["output_1"].shape == (1,)
        assert arrays["output_2"].shape == (1, 6890, 2)


def test_jax_gets_the_same(written):
    python = python_with_jax()
    if python is None:
        pytest.skip("JAX isn't installed (nor named by $HPS_TF_JAX_PYTHON)")
    ran = subprocess.run(
        [python, str(RUNNER), str(written)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "ms an image" in ran.stdout
