"""Fits single frames to keypoints about expected bodies, by operations of the caller's graph."""

import tensorflow as tf

from hps_tf.fitting import gauss_newton, laplace
from hps_tf.fitting.gauss_newton import Found
from hps_tf.fitting.posterior import Posterior
from hps_tf.fitting.weights import Weights
from hps_tf.fitting.windows import WindowedEvidence

# Steps during which residuals are laid to the start and not to the keypoints.
_COARSE_STEPS = 3

# The prediction has seen the keypoints that its fit is drawn to, so what is seen counts twice, and
# joints are farther off than the curvature says; what is hidden counts once. Deviations grow by a
# power, so that the largest keep their size: of validation people under all conditions of
# `tools.reproduce calibration` the factor falls from 1.4 for 3 cm to 1.1 for 30 cm.
_STD_POWER = 0.87
_LARGEST_STD = 0.5  # Metres.


class FrameFit:
    """Minimizes a posterior of windows of one frame, without part maps.

    Args:
      posterior: The objective.
      num_iterations: Damped Gauss-Newton steps.
    """

    def __init__(self, posterior: Posterior, num_iterations: int):
        self._posterior = posterior
        self._num_iterations = num_iterations

    def minimize(self, start: tf.Tensor, windows: WindowedEvidence, weights: Weights) -> Found:
        """Minimizes from `(B, size)` variables."""
        thrice = tf.nest.map_structure(lambda part: tf.tile(part, _times(part, 3)), windows)

        def losses(trials: tf.Tensor) -> tf.Tensor:
            # Called with one place a problem first, with three later.
            count = trials.shape[0]
            seen = windows if count == 1 else thrice
            flat = tf.reshape(trials, [-1, self._posterior.layout.size])
            return tf.reshape(self._posterior(flat, seen, weights), [count, -1])

        return gauss_newton.minimize(
            start,
            lambda x, count: self._linearise(
                x, windows, weights, tf.where(count < _COARSE_STEPS, 1.0, 0.0)
            ),
            losses,
            self._posterior.pull(windows, weights)[:, 0],
            self._num_iterations,
        )

    def joint_std(self, x: tf.Tensor, windows: WindowedEvidence, weights: Weights) -> tf.Tensor:
        """Approximates how far joints, seen from the pelvis, may be off (`laplace`), calibrated.

        Returns:
          `(B, 24)` metres.
        """
        _, jacobian = self._linearise(x, windows, weights)
        by_frame, by_shape = self._posterior.joint_response(x, windows)
        response = tf.concat([by_frame, by_shape], axis=-1)[:, 0]
        std = laplace.joint_std(jacobian, response)
        return _LARGEST_STD * tf.pow(std / _LARGEST_STD, _STD_POWER)

    def _linearise(
        self,
        x: tf.Tensor,
        windows: WindowedEvidence,
        weights: Weights,
        least_precision: tf.Tensor | float = 0.0,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        residuals, *parts = self._posterior.linearise(x, windows, weights, least_precision)
        return residuals[:, 0], tf.concat(parts, axis=-1)[:, 0]


def _times(part: tf.Tensor, count: int) -> list[int]:
    return [count] + [1] * (len(part.shape) - 1)
