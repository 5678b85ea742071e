import subprocess
import sys

import pytest

from tools.benchmark import pytorch

needs_torch = pytest.mark.skipif(bool(pytorch.missing(["torch"])), reason="torch isn't installed")

COMPILE_BESIDE_TENSORFLOW = """
import tensorflow
from tools.benchmark import pytorch
pytorch.prepare(1)
import torch
assert torch.get_num_threads() == 1
(eager, compiled) = pytorch.modes(lambda: torch.ones(3) + 1.0).values()
assert torch.equal(eager(), compiled())
"""


def test_names_what_is_not_installed():
    assert pytorch.missing(["numpy", "no_such_package"]) == ["no_such_package"]


@needs_torch
@pytest.mark.slow
def test_compiles_in_the_process_of_tensorflow():
    subprocess.run([sys.executable, "-c", COMPILE_BESIDE_TENSORFLOW], check=True)
