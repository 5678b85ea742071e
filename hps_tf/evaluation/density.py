"""Interface of a density over poses, as evaluations use it."""

from typing import Protocol

import tensorflow as tf


class Source(Protocol):
    """A distribution from which poses can be drawn."""

    def sample(self, sample_shape: int, seed: int) -> tf.Tensor:
        """Draws `(sample_shape, D)` vectors."""
        ...


class Density(Source, Protocol):
    """A prior or a reference beside it."""

    def log_prob(self, x: tf.Tensor) -> tf.Tensor:
        """Log-densities `(B,)` in nats of `(B, D)` vectors."""
        ...
