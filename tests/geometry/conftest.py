from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture(params=["eager", "graph", "xla"])
def execute(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Wraps a function to run eagerly, as a graph, or compiled by XLA."""
    wrappers = {
        "eager": lambda function: function,
        "graph": tf.function,
        "xla": lambda function: tf.function(function, jit_compile=True),
    }
    return wrappers[request.param]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
