"""A signature: a `tf.function` with named inputs and named outputs."""

from typing import Any

import numpy as np
import tensorflow as tf

Signature = Any
"""A `tf.function` with an input signature."""

Answer = dict[str, tf.Tensor]
Request = dict[str, np.ndarray]
