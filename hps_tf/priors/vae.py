"""VPoser's variational auto-encoder, to compare the flow with (Pavlakos et al. 2019, §3.2)."""

import keras
import numpy as np
import tensorflow as tf

from hps_tf.geometry import checks
from hps_tf.priors.pose_space import SIX_D, PoseSpace
from hps_tf.priors.prior import PosePrior

_SLOPE = 0.2  # Of LeakyReLU below zero.
_SMALLEST_SCALE = 0.1  # In 6D; some joints of motion capture never move.


class PoseVAE(PosePrior):
    """A variational auto-encoder of the 21 body joints' rotations.

    Encoder and decoder have two hidden layers each, as VPoser's. Whatever the pose space, the
    networks see and give 6D: its vectors are turned into rotations first, so that all
    representations of a pose have one latent, and every output is a set of true rotations.

    VPoser's batch normalisation is left out: a replica would normalise by its own share of a
    batch, so that a job's result would depend on how many devices it runs on. The input is
    standardised by the training data's moments instead.

    Args:
      space: The pose space of `energy`, `encode`, `decode` and `sample`.
      sigma: Standard deviation of the decoder's error in 6D, for `energy`.
      preset: "vposer".
      hidden_units: Width of the hidden layers.
      latent_dim: The number of latent dimensions L.
      dropout: Share of the first hidden layer's units that training drops, in either network.

    Raises:
      ValueError: If the preset is unknown or sigma not positive.
    """

    def __init__(
        self,
        space: PoseSpace,
        sigma: float,
        preset: str = "vposer",
        hidden_units: int = 512,
        latent_dim: int = 32,
        dropout: float = 0.1,
    ):
        options = {"hidden_units": hidden_units, "latent_dim": latent_dim, "dropout": dropout}
        super().__init__(space, sigma, preset, **options)
        if preset != "vposer":
            raise ValueError(f"`preset` must be vposer, got {preset!r}")
        self.latent_dim = latent_dim
        self.standardisation = _Standardisation(SIX_D.dim, name="standardisation")
        self.encoder = _Network("encoder", hidden_units, 2 * latent_dim, dropout)
        self.decoder = _Network("decoder", hidden_units, SIX_D.dim, dropout)
        self.build()

    def build(self, input_shape=None):
        """Creates all weights."""
        self.standardisation.build()
        self.encoder.build(SIX_D.dim)
        self.decoder.build(self.latent_dim)
        self.built = True

    def adapt(self, mean: np.ndarray, scale: np.ndarray) -> None:
        """Sets the fixed standardisation.

        Args:
          mean: `(126,)` mean of the training poses in 6D.
          scale: `(126,)` their standard deviation.
        """
        self.standardisation.mean.assign(mean)
        self.standardisation.scale.assign(np.maximum(scale, _SMALLEST_SCALE))

    def posterior(self, x: tf.Tensor, training: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
        """The Gaussian of the latents that may have given a pose, q(z | x).

        Args:
          x: `(..., D)` vectors of the pose space.
          training: Whether dropout is on.

        Returns:
          Mean and log-variance, both `(..., L)`.
        """
        checks.shape("x", x, (..., self.space.dim))
        features = self.standardisation.apply(SIX_D.from_matrices(self.space.to_matrices(x)))
        mean, log_variance = tf.split(self.encoder(features, training=training), 2, axis=-1)
        return mean, log_variance

    def encode(self, x: tf.Tensor) -> tf.Tensor:
        """Maps `(..., D)` vectors to the `(..., L)` means of their latents."""
        return self.posterior(x)[0]

    def decode(self, latent: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps `(..., L)` latents to the `(..., D)` vectors of true rotations."""
        return self.space.from_matrices(self.decode_matrices(latent, training))

    def decode_matrices(self, latent: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps `(..., L)` latents to `(..., 24, 3, 3)` matrices; root and hands are identity."""
        checks.shape("latent", latent, (..., self.latent_dim))
        return SIX_D.to_matrices(self.standardisation.undo(self.decoder(latent, training=training)))

    def energy(self, x: tf.Tensor) -> tf.Tensor:
        """0.5 |z|² + |r - r(z)|² / (2 σ²), with z = encode(x), r the pose in 6D, r(z) its decoding.

        The joint density of pose and latent at the encoder's mean, in nats, up to a constant: a
        pose is implausible if its latent is, or if the decoder does not give it back. In latent
        space, where only decodings are met, the energy is 0.5 |z|² alone.

        Args:
          x: `(..., D)` vectors of the pose space.

        Returns:
          `(...)` nats.
        """
        latent = self.encode(x)
        pose = SIX_D.from_matrices(self.space.to_matrices(x))
        decoded = SIX_D.from_matrices(self.decode_matrices(latent))
        error = tf.reduce_sum(tf.square(pose - decoded), axis=-1)
        return 0.5 * tf.reduce_sum(tf.square(latent), axis=-1) + error / (2.0 * self.sigma**2)

    def call(self, x, training=False):
        """Gives back `(..., D)` vectors through the mean of their latents."""
        return self.decode(self.posterior(x, training)[0], training)

    def sample(self, n: int, seed: int) -> tf.Tensor:
        """Draws `(n, D)` vectors of true rotations; the same seed gives the same vectors."""
        latent = tf.random.stateless_normal((n, self.latent_dim), tf.stack([seed, 0]), alg="philox")
        return self.decode(latent)

    def interpolate(self, start: tf.Tensor, stop: tf.Tensor, steps: int) -> tf.Tensor:
        """Walks between poses on a straight line in latent space.

        Args:
          start: `(..., D)` vectors.
          stop: `(..., D)` vectors.
          steps: How many vectors, both ends included; at least 2.

        Returns:
          `(steps, ..., D)` vectors; the first and the last decode the latents of the ends.

        Raises:
          ValueError: If `steps` is below 2.
        """
        if steps < 2:
            raise ValueError(f"`steps` must be at least 2, got {steps}")
        first, last = self.encode(start), self.encode(stop)
        share = tf.reshape(tf.linspace(0.0, 1.0, steps), [steps] + [1] * len(first.shape))
        return self.decode((1.0 - share) * first + share * last)

    def _layers_in_order(self) -> tuple[keras.layers.Layer, ...]:
        return (self.standardisation, *self.encoder.layers, *self.decoder.layers)


class _Standardisation(keras.layers.Layer):
    """Fixed mean and scale of each number of a pose in 6D."""

    def __init__(self, dim: int, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.dim = dim

    def build(self, input_shape=None):
        self.mean = self.add_weight(name="mean", shape=(self.dim,), initializer="zeros")
        self.scale = self.add_weight(name="scale", shape=(self.dim,), initializer="ones")

    def apply(self, features: tf.Tensor) -> tf.Tensor:
        return (features - self.mean.value) / self.scale.value

    def undo(self, features: tf.Tensor) -> tf.Tensor:
        return features * self.scale.value + self.mean.value


class _Network(keras.layers.Layer):
    """Two hidden layers with dropout after the first, and an output layer, in and out float32."""

    def __init__(self, name: str, hidden_units: int, outputs: int, dropout: float):
        super().__init__(name=name)
        self.first = keras.layers.Dense(hidden_units, name=f"{name}_0")
        self.dropout = keras.layers.Dropout(dropout)
        self.second = keras.layers.Dense(hidden_units, name=f"{name}_1")
        self.last = keras.layers.Dense(outputs, name=f"{name}_2")
        self.layers = (self.first, self.second, self.last)

    def build(self, inputs):
        width = inputs
        for layer in self.layers:
            layer.build((None, width))
            width = layer.units
        self.built = True

    def call(self, features: tf.Tensor, training: bool = False) -> tf.Tensor:
        features = tf.nn.leaky_relu(self.first(features), _SLOPE)
        features = self.dropout(features, training=training)
        features = tf.nn.leaky_relu(self.second(features), _SLOPE)
        return tf.cast(self.last(features), tf.float32)
