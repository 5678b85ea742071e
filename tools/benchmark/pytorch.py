"""PyTorch in TensorFlow's process."""

import importlib.util
import sys
from collections.abc import Callable, Sequence
from typing import Any


def missing(requirements: Sequence[str]) -> list[str]:
    """Names the distributions among `requirements` that are not installed."""
    return [name for name in requirements if importlib.util.find_spec(name) is None]


def prepare(num_threads: int) -> None:
    """Makes PyTorch safe and comparable beside TensorFlow; to be called before anything of it.

    Args:
      num_threads: How many threads PyTorch computes with.
    """
    # torch.compile imports triton wherever it is installed, though only GPUs need it. Its LLVM
    # and TensorFlow's clash: importing the one after the other ends the process.
    sys.modules["triton"] = None  # type: ignore[assignment]
    import torch

    torch.set_num_threads(num_threads)


def modes(function: Callable[[], Any]) -> dict[str, Callable[[], Any]]:
    """The ways to run a function of fixed shapes, by name: eagerly and compiled."""
    import torch

    return {"eager": function, "torch.compile": torch.compile(function, dynamic=False)}
