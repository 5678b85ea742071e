"""A Gaussian mixture as a pose prior."""

import numpy as np
import tensorflow as tf

from hps_tf.priors import gmm
from hps_tf.priors.gmm import GaussianMixture
from hps_tf.priors.pose_space import PoseSpace
from hps_tf.priors.prior import PosePrior


class MixturePrior(PosePrior):
    """A mixture of Gaussians with full covariances over a pose space (SMPLify; Bogo et al. 2016).

        prior = MixturePrior(pose_space.SIX_D, sigma=0.1, num_components=8)

    Starts as the standard normal. `adapt` sets it to a `GaussianMixture`, which expectation
    maximisation has fitted; `fit` trains it by gradients.

    Args:
      space: The pose space.
      sigma: Standard deviation of the noise of the poses that it is the density of.
      num_components: K; the prior of SMPLify has 8.

    Raises:
      ValueError: If sigma is not positive.
    """

    architectures = ("gmm",)
    title = "A Gaussian mixture over poses (Bogo et al. 2016)"
    measure = "Its energy is the negative log-density."

    def __init__(self, space: PoseSpace, sigma: float, num_components: int = 8):
        super().__init__(space, sigma, num_components=num_components)
        self.build((None, space.dim))

    def build(self, input_shape):
        """Creates all weights."""
        if self.built:
            return
        count, dim = self.options["num_components"], self.space.dim
        self.logits = self.add_weight(name="logits", shape=(count,), initializer="zeros")
        self.means = self.add_weight(name="means", shape=(count, dim), initializer="zeros")
        self.whiteners = self.add_weight(
            name="whiteners", shape=(count, dim, dim), initializer="zeros"
        )
        self.whiteners.assign(np.tile(np.eye(dim), (count, 1, 1)))
        self.built = True

    def adapt(self, mixture: GaussianMixture) -> None:
        """Sets the density to that of a mixture of as many components."""
        self.logits.assign(np.log(mixture.weights))
        self.means.assign(mixture.means)
        self.whiteners.assign(np.linalg.inv(np.linalg.cholesky(mixture.covariances)))

    def distribution(self):
        """The density as a `tfp.distributions.MixtureSameFamily`."""
        # TensorFlow Probability takes seconds to import, and only this view needs it.
        from tensorflow_probability import distributions as tfd

        return tfd.MixtureSameFamily(
            tfd.Categorical(logits=tf.convert_to_tensor(self.logits)),
            tfd.MultivariateNormalTriL(tf.convert_to_tensor(self.means), self._factors()),
        )

    def _log_prob(self, x, training=False):
        del training  # There is no dropout.
        whiteners = self._triangles()
        diagonals = tf.math.log(tf.linalg.diag_part(whiteners))
        constant = 0.5 * self.space.dim * np.log(2.0 * np.pi)
        scales = self._log_weights() + tf.reduce_sum(diagonals, axis=-1) - constant
        terms = gmm.log_joint(x, (whiteners, tf.convert_to_tensor(self.means), scales))
        return tf.reduce_logsumexp(terms, axis=-1)

    def _draw(self, count, seed):
        means = tf.convert_to_tensor(self.means)
        return gmm.draw_mixture(count, seed, self._log_weights(), means, self._factors())

    def _log_weights(self) -> tf.Tensor:
        return tf.nn.log_softmax(tf.convert_to_tensor(self.logits))

    def _triangles(self) -> tf.Tensor:
        """Inverse Cholesky factors of the covariances; training may turn a diagonal's sign."""
        lower = tf.linalg.band_part(tf.convert_to_tensor(self.whiteners), -1, 0)
        return tf.linalg.set_diag(lower, tf.abs(tf.linalg.diag_part(lower)))

    def _factors(self) -> tf.Tensor:
        identity = tf.eye(self.space.dim, dtype=self.variable_dtype)
        whiteners = self._triangles()
        return tf.linalg.triangular_solve(
            whiteners, tf.broadcast_to(identity, whiteners.shape), lower=True
        )
