"""The curvature pairs of L-BFGS: a model of the inverse Hessian of many problems.

A pair is s, a difference of variables, and y, the difference of the gradient along it. With m pairs
the inverse Hessian is multiplied with a vector in 4 m n multiply-adds (Nocedal & Wright 2006,
Algorithm 7.4).
"""

from typing import NamedTuple

import tensorflow as tf

_FIRST_STEP = 0.1
_LEAST_CURVATURE = 1e-6  # Of sᵀ y, beside the product of the lengths of s and y.


class CurvaturePairs(NamedTuple):
    """The m newest pairs of L problems of n variables, the newest first.

    Attributes:
      s: `(m, L, n)` differences of the variables.
      y: `(m, L, n)` differences of the gradient.
      rho: `(m, L)` 1 / sᵀ y; 0 where there is no pair.
    """

    s: tf.Tensor
    y: tf.Tensor
    rho: tf.Tensor

    def pushed(self, s: tf.Tensor, y: tf.Tensor, accepted: tf.Tensor) -> "CurvaturePairs":
        """Puts new pairs in front, where the step was accepted and its curvature is positive.

        Args:
          s: `(L, n)`.
          y: `(L, n)`.
          accepted: `(L,)` bool.
        """
        product = tf.reduce_sum(s * y, axis=1)
        lengths = tf.norm(s, axis=1) * tf.norm(y, axis=1)
        sound = accepted & (product > _LEAST_CURVATURE * lengths)
        inverse = 1.0 / tf.where(sound, product, tf.ones_like(product))

        def put(entry: tf.Tensor, past: tf.Tensor) -> tf.Tensor:
            grown = tf.concat([entry[None], past[:-1]], axis=0)
            mask = tf.reshape(sound, [1, -1] + [1] * (len(past.shape) - 2))
            return tf.where(mask, grown, past)

        return CurvaturePairs(put(s, self.s), put(y, self.y), put(inverse, self.rho))

    def dropped(self, where: tf.Tensor) -> "CurvaturePairs":
        """Drops all pairs of some problems, `(L,)` bool."""
        return self._replace(rho=tf.where(where[None], 0.0, self.rho))

    def direction(self, gradient: tf.Tensor) -> tf.Tensor:
        """Multiplies the inverse Hessian with -gradient, `(L, n)`, by the two-loop recursion.

        A problem without pairs descends along the gradient. The loops over the pairs stay loops:
        XLA compiles their bodies once.
        """
        s, y, rho = self
        history = s.shape[0]

        def backward(i: tf.Tensor, q: tf.Tensor, shares: tf.Tensor) -> tuple[tf.Tensor, ...]:
            share = rho[i] * tf.reduce_sum(s[i] * q, axis=1)
            is_here = tf.range(history)[:, None] == i
            return i + 1, q - share[:, None] * y[i], tf.where(is_here, share, shares)

        def forward(i: tf.Tensor, q: tf.Tensor) -> tuple[tf.Tensor, ...]:
            share = rho[i] * tf.reduce_sum(y[i] * q, axis=1)
            return i - 1, q + (shares[i] - share)[:, None] * s[i]

        first = (tf.constant(0), gradient, tf.zeros_like(rho))
        _, q, shares = tf.while_loop(lambda i, *_: i < history, backward, first)
        squared = tf.reduce_sum(tf.square(y[0]), axis=1)
        has_pair = (rho[0] > 0.0) & (squared > 0.0)
        scale = 1.0 / tf.where(has_pair, rho[0] * squared, tf.ones_like(squared))
        q *= tf.where(has_pair, scale, first_scale(gradient))[:, None]
        _, q = tf.while_loop(lambda i, _: i >= 0, forward, (tf.constant(history - 1), q))
        return -q


def first_scale(gradient: tf.Tensor) -> tf.Tensor:
    """Scales gradients `(L, n)` so that their largest entry is the first step, `(L,)`."""
    return _FIRST_STEP / tf.maximum(tf.reduce_max(tf.abs(gradient), axis=1), 1e-20)
