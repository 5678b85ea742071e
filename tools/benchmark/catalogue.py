"""The benchmarks by name. Their modules, and with them TensorFlow, are imported when they run."""

import importlib
from types import ModuleType

BENCHMARKS = {
    "body": "the body model beside smplfitter's",
    "prior": "the pose priors beside normflows' RealNVP and a VAE of VPoser's size",
    "alignment": "the alignment loss beside k-d trees, distance matrices and a chamfer loss",
    "fitting": "fits to keypoints and part maps beside SciPy's and PyTorch's L-BFGS",
    "one_fit": "a fit of one person: the first, with a cache of compiled programs, and later ones",
    "few_poses": "eager calls of the priors on eight poses",
    "rendering": "synthetic images rendered per second",
    "photo": "the parts of `hps photo`, and the command",
    "network": "a training step beside its bare convolutions, and the pipeline that feeds it",
    "starts": "commands from their start to their help, and a training to its first step",
    "exporting": "`export.savedmodel` of a network and of a prior",
    "onnx": "the network `photo` in TensorFlow and in ONNX Runtime",
    "growth": "how costs grow with people, frames, vertices, pixels and parameters",
    "scaling": "a training step on more machines, extrapolated",
    "serving": "an exported network: overhead, first calls, load and memory of a server",
}
"""What each benchmark measures. The module of that name has `PEERS`, the distributions that it
compares with, and `rows()`."""


def load(name: str) -> ModuleType:
    """Imports the module of a benchmark.

    Args:
      name: A key of `BENCHMARKS`.
    """
    return importlib.import_module(f"tools.benchmark.{name}")
