"""Points displaced by linear shape components."""

import numpy as np
import tensorflow as tf


def displaced(points: tf.Tensor, shapedirs: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
    """Displaces points `(N, 3)` by their shape components, `(B, N, 3)`."""
    return points + tf.reshape(tf.matmul(shape, shapedirs), [-1, *points.shape])


def rows(directions: np.ndarray) -> np.ndarray:
    """Flattens displacements `(..., S)` into a matrix with a component a row."""
    return directions.reshape(-1, directions.shape[-1]).T
