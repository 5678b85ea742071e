"""Random numbers that a seed decides, one stream after the other.

XLA makes other numbers of a seed than TensorFlow does otherwise, but always the same.
"""

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
        return low + (high - low) * tf.random.stateless_uniform(
            shape, next(self._seeds), alg=_ALGORITHM
        )

    def log_uniform(self, *shape: tf.Tensor | int, low: float, high: float) -> tf.Tensor:
        """Draws from a range above 0, the logarithms uniform."""
        return low * (high / low) ** self.uniform(*shape)

    def normal(self, *shape: tf.Tensor | int) -> tf.Tensor:
        """Draws from the standard normal distribution."""
        return tf.random.stateless_normal(shape, next(self._seeds), alg=_ALGORITHM)

    def happens(self, probability: tf.Tensor | float, *shape: tf.Tensor | int) -> tf.Tensor:
        """Draws events, as booleans."""
        return self.uniform(*shape) < probability
