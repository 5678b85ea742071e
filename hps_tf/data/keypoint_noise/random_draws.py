"""Random numbers that a seed decides, one stream after the other.

XLA makes other numbers of a seed than TensorFlow does otherwise, but always the same.

Batches of keypoints take dozens of draws. `tf.random.stateless_uniform` traces some fifty
operations for each of them, most to mix the seed, which one operation does here; the numbers are
the same.
"""

from typing import Any

import tensorflow as tf

# Named, because the default depends on who compiles.
_ALGORITHM = "philox"
_MOST = 64  # Streams of one seed.


class Draws:
    """Random numbers, other ones at every call.

    Args:
      seed: `(2,)` integers.
    """

    def __init__(self, seed: tf.Tensor):
        self._seeds = iter(tf.unstack(tf.random.split(seed, _MOST, alg=_ALGORITHM)))

    def uniform(self, *shape: tf.Tensor | int, low: float = 0.0, high: float = 1.0) -> tf.Tensor:
        """Draws from a range."""
        drawn = tf.raw_ops.StatelessRandomUniformV2(**self._next(shape))
        return drawn if (low, high) == (0.0, 1.0) else low + (high - low) * drawn

    def log_uniform(self, *shape: tf.Tensor | int, low: float, high: float) -> tf.Tensor:
        """Draws from a range above 0, the logarithms uniform."""
        return low * (high / low) ** self.uniform(*shape)

    def normal(self, *shape: tf.Tensor | int) -> tf.Tensor:
        """Draws from the standard normal distribution."""
        return tf.raw_ops.StatelessRandomNormalV2(**self._next(shape))

    def happens(self, probability: tf.Tensor | float, *shape: tf.Tensor | int) -> tf.Tensor:
        """Draws events, as booleans."""
        return self.uniform(*shape) < probability

    def _next(self, shape: tuple[tf.Tensor | int, ...]) -> dict[str, Any]:
        """What the operations of the next stream take."""
        key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=next(self._seeds))
        shape = tf.convert_to_tensor(shape, tf.int32)
        algorithm = tf.random.Algorithm.PHILOX.value
        return {"shape": shape, "key": key, "counter": counter, "alg": algorithm}
