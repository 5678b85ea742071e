"""Functions of a batch applied to many rows in bounded memory."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

BATCH_SIZE = 4096


def apply(
    function: Callable[[tf.Tensor], tf.Tensor], rows: np.ndarray, batch_size: int = BATCH_SIZE
) -> np.ndarray:
    """Applies a function batch by batch.

    Args:
      function: Maps `(B, ...)` to `(B, ...)`, each row by itself.
      rows: `(N, ...)`, N > 0.
      batch_size: The greatest B.

    Returns:
      `(N, ...)`, the results in the rows' order.
    """
    starts = range(0, len(rows), batch_size)
    return np.concatenate(
        [function(tf.constant(rows[start : start + batch_size])).numpy() for start in starts]
    )
