"""VPoser's variational auto-encoder, to compare the flow with (Pavlakos et al. 2019, §3.2)."""

import math

import keras
import numpy as np
import tensorflow as tf

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
      hidden_units: Width of the hidden layers.
      latent_dim: The number of latent dimensions L.
      dropout: Share of the first hidden layer's units that training drops, in either network.

    Raises:
      ValueError: If sigma is not positive.
    """

    architectures = ("vposer",)
    title = "VPoser's variational auto-encoder (Pavlakos et al. 2019)"
    measure = (
        "It has no density. In latent space its energy is 0.5 |z|²; `energy` adds how far the "
        "decoder is from giving the pose back, in units of σ."
    )

    def __init__(
        self,
        space: PoseSpace,
        sigma: float,
        hidden_units: int = 512,
        latent_dim: int = 32,
        dropout: float = 0.1,
    ):
        super().__init__(
            space, sigma, hidden_units=hidden_units, latent_dim=latent_dim, dropout=dropout
        )
        self.standardisation = _Standardisation(SIX_D.dim, name="standardisation")
        self.encoder = _Network("encoder", hidden_units, 2 * latent_dim, dropout)
        self.decoder = _Network("decoder", hidden_units, SIX_D.dim, dropout)
        self.build((None, space.dim))

    def build(self, input_shape):
        """Creates all weights."""
        if self.built:
            return
        self.standardisation.build()
        self.encoder.build(SIX_D.dim)
        self.decoder.build(self.latent_dim)
        self.built = True

    @property
    def latent_dim(self) -> int:
        """The number of latents L."""
        return self.options["latent_dim"]

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
        matrices = self.space.to_matrices(self._vectors("x", x, self.space.dim))
        features = self.standardisation.apply(SIX_D.from_matrices(matrices))
        mean, log_variance = tf.split(self.encoder(features, training=training), 2, axis=-1)
        return mean, log_variance

    def decode_matrices(self, latent: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps `(..., L)` latents to `(..., 24, 3, 3)` matrices; root and hands are identity."""
        latent = self._vectors("latent", latent, self.latent_dim)
        return SIX_D.to_matrices(self.standardisation.undo(self.decoder(latent, training=training)))

    def _energy(self, x):
        """0.5 |z|² + |r - r(z)|² / (2 σ²), with z = encode(x), r the pose in 6D, r(z) its decoding.

        The joint density of pose and latent at the encoder's mean, in nats, up to a constant: a
        pose is implausible if its latent is, or if the decoder does not give it back. In latent
        space, where only decodings are met, the energy is 0.5 |z|² alone.
        """
        latent = self._encode(x)
        error = self._square_error(x, latent)
        return 0.5 * tf.reduce_sum(tf.square(latent), axis=-1) + error / (2.0 * self.sigma**2)

    def _encode(self, x):
        return self.posterior(x)[0]

    def _decode(self, latent):
        return self.space.from_matrices(self.decode_matrices(latent))

    def _loss(self, x, training):
        """The negative evidence lower bound of the pose in 6D, in nats, with one latent a pose."""
        mean, log_variance = self.posterior(x, training)
        noise = tf.random.normal(tf.shape(mean), dtype=mean.dtype)
        latent = mean + tf.exp(0.5 * log_variance) * noise
        error = self._square_error(x, latent, training)
        constant = SIX_D.dim * math.log(math.sqrt(2.0 * math.pi) * self.sigma)
        return error / (2.0 * self.sigma**2) + constant + divergence(mean, log_variance)

    def _square_error(self, x: tf.Tensor, latent: tf.Tensor, training: bool = False) -> tf.Tensor:
        """How far a latent's decoding is from a pose in 6D, `(N,)`."""
        pose = SIX_D.from_matrices(self.space.to_matrices(x))
        decoded = SIX_D.from_matrices(self.decode_matrices(latent, training))
        return tf.reduce_sum(tf.square(pose - decoded), axis=-1)

    def call(self, x, training=False):
        """Gives back `(..., D)` vectors through the mean of their latents."""
        latent = self.posterior(x, training)[0]
        return self.space.from_matrices(self.decode_matrices(latent, training))

    def _layers_in_order(self) -> tuple[keras.layers.Layer, ...]:
        return (self.standardisation, *self.encoder.layers, *self.decoder.layers)


def divergence(mean: tf.Tensor, log_variance: tf.Tensor) -> tf.Tensor:
    """Kullback-Leibler divergence of N(mean, variance) from N(0, I), `(..., L)` to `(...)` nats."""
    return 0.5 * tf.reduce_sum(tf.square(mean) + tf.exp(log_variance) - 1.0 - log_variance, axis=-1)


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
        return tf.cast(self.last(features), self.variable_dtype)
