"""Bodies fitted to the keypoints of a training step, after SPIN (Kolotouros et al. 2019, §3.2).

A few damped Gauss-Newton steps from the network's estimate, by operations that XLA compiles into
the training step: the normal equations, which `hps_tf.fitting.gauss_newton` factorises, are solved
by conjugate gradients. The prior is a normal distribution of the joints' rotations about a likely
pose, as wide as training poses are, where SPIN has a mixture.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.fitting import Expected, Weights
from hps_tf.fitting.body_variables import BodyParams
from hps_tf.fitting.graph_evidence import GraphEvidence
from hps_tf.fitting.posterior import Posterior
from hps_tf.fitting.tangent_variables import TangentVariables
from hps_tf.geometry import axis_angle, rotation_matrix
from hps_tf.geometry.spread import Spread

_DEVIATION = 4.0
"""How far keypoints are expected to be off, in pixels of a person 256 large."""

_LEAST_DEVIATION = 0.1  # Radians; joints that were recorded as hinges are not quite.

# From the estimate: wide, and steps are counted in them.
_ROOT_DEVIATION = 0.5  # Radians.
_PLACE_DEVIATION = 0.1  # Slopes, and logarithms of metres.

# `expected.pull` of 4 pixels is about 10: the prior counts as it is.
_WEIGHTS = Weights(expected=0.1)

_LEAST_PRECISION = 1.0  # Of keypoints, however far they are off: plain least squares at first.
_DAMPING = 10.0
_LARGEST_STEP = 1.0  # Of any variable, in its standard deviations.
_SOLVER_STEPS = 20


class Fitted(NamedTuple):
    """B fitted bodies.

    Attributes:
      rotation_matrices: `(B, 24, 3, 3)`, the root's into the camera frame.
      shape: `(B, S)`.
      translation: `(B, 3)`.
      is_valid: `(B,)` bool, whether anything was found.
    """

    rotation_matrices: tf.Tensor
    shape: tf.Tensor
    translation: tf.Tensor
    is_valid: tf.Tensor


class FitTargets:
    """Fits bodies to keypoints from estimates.

    Args:
      body: The body model.
      likely: `(24, 3, 3)` rotations of a likely pose.
      poses: `(N, 24, 3)` axis-angle, poses of training people.
      num_shape: Shape components that are fitted.
      num_steps: Of each fit.
    """

    def __init__(
        self,
        body: BodyModel,
        likely: np.ndarray,
        poses: np.ndarray,
        num_shape: int,
        num_steps: int,
    ):
        self._likely = likely
        off = rotation_matrix.relative(likely[1:22], axis_angle.to_matrix(poses[:, 1:22]))
        squares = np.square(axis_angle.from_matrix(off).numpy())
        deviations = np.sqrt(squares.mean(axis=0)).astype(np.float32)
        self._deviations = np.maximum(deviations, _LEAST_DEVIATION)
        self._layout = TangentVariables(1, num_shape)
        self._posterior = Posterior(body, self._layout, "coco17")
        self._num_steps = num_steps

    def __call__(
        self,
        rotation_matrices: tf.Tensor,
        shape: tf.Tensor,
        translation: tf.Tensor,
        slopes: tf.Tensor,
        confidence: tf.Tensor,
        half_size: tf.Tensor,
    ) -> Fitted:
        """Fits bodies; no gradient goes through.

        Args:
          rotation_matrices: `(B, 24, 3, 3)` of the estimates, the root's into the camera frame.
          shape: `(B, S)`.
          translation: `(B, 3)`.
          slopes: `(B, 17, 2)` found keypoints.
          confidence: `(B, 17)`.
          half_size: `(B,)` half the longer side of the box about them.
        """
        arguments = (rotation_matrices, shape, translation, slopes, confidence, half_size)
        rotations, shape, place, slopes, confidence, half_size = map(tf.stop_gradient, arguments)
        evidence = GraphEvidence(slopes, confidence, tf.eye(3, batch_shape=tf.shape(half_size)))
        expected = self._expected(rotations, shape, place, half_size).by_window(1)
        weights = Weights(*(tf.constant(weight, tf.float32) for weight in _WEIGHTS))
        estimate = BodyParams(
            tf.zeros_like(place[:, tf.newaxis]),
            rotations[:, tf.newaxis],
            place[:, tf.newaxis],
            shape,
            tf.ones_like(half_size),
        )
        windows = evidence.windows(expected)
        curvature = self._posterior.pull(windows, weights)[:, 0]
        x = self._layout.join(estimate, expected)
        for _ in range(self._num_steps):
            residuals, *parts = self._posterior.linearise(x, windows, weights, _LEAST_PRECISION)
            jacobian = tf.concat(parts, axis=-1)[:, 0]
            x += _step(x, residuals[:, 0], jacobian, curvature)
        found = self._layout.split(x, expected)
        return Fitted(
            tf.stop_gradient(found.rotation_matrices[:, 0]),
            tf.stop_gradient(found.shape),
            tf.stop_gradient(found.translation[:, 0]),
            tf.reduce_all(tf.math.is_finite(x), axis=1),
        )

    def _expected(
        self, rotations: tf.Tensor, shape: tf.Tensor, place: tf.Tensor, half_size: tf.Tensor
    ) -> Expected:
        """A likely pose of the mean shape, which turns and stands where the estimate does."""
        size = half_size[:, tf.newaxis]
        count = tf.shape(half_size)[0]
        others = tf.repeat(tf.constant(self._likely[np.newaxis, 1:]), count, axis=0)
        pixels = 2.0 * size / 256.0
        spread = Spread(
            pose=tf.repeat(tf.constant(self._deviations[np.newaxis]), count, axis=0),
            root=tf.fill([count, 3], _ROOT_DEVIATION),
            place=tf.fill([count, 3], _PLACE_DEVIATION),
            shape=tf.ones_like(shape[:, : self._layout.num_fitted_shape]),
            keypoints=tf.repeat(_DEVIATION * pixels, 17, axis=1),
        )
        turned = tf.concat([rotations[:, :1], others], axis=1)
        return Expected(turned, tf.zeros_like(shape), place, spread)


def _step(
    x: tf.Tensor, residuals: tf.Tensor, jacobian: tf.Tensor, curvature: tf.Tensor
) -> tf.Tensor:
    """The damped Gauss-Newton step; see `hps_tf.fitting.gauss_newton`.

    Args:
      x: `(B, n)`.
      residuals: `(B, m)`.
      jacobian: `(B, m, n)`.
      curvature: `(B,)` of the prior.

    Returns:
      `(B, n)`.
    """
    total = curvature[:, tf.newaxis] + _DAMPING
    kept = curvature[:, tf.newaxis] / total
    gram = tf.matmul(jacobian, jacobian, transpose_b=True)
    offsets = residuals - kept * tf.linalg.matvec(jacobian, x)
    solved = _conjugate_gradients(gram, total, offsets)
    step = -tf.linalg.matvec(jacobian, solved, transpose_a=True) - kept * x
    largest = tf.reduce_max(tf.abs(step), axis=1, keepdims=True)
    return step * tf.minimum(1.0, _LARGEST_STEP / tf.maximum(largest, 1e-20))


def _conjugate_gradients(gram: tf.Tensor, total: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """Solves (G + d I) y = b of `(B, m, m)`, `(B, 1)` and `(B, m)`, Jacobi-preconditioned."""
    inverse = 1.0 / (tf.linalg.diag_part(gram) + total)
    found = tf.zeros_like(right)
    rest = right
    scaled = inverse * rest
    direction, size = scaled, tf.reduce_sum(rest * scaled, axis=1, keepdims=True)
    for _ in range(_SOLVER_STEPS):
        image = tf.linalg.matvec(gram, direction) + total * direction
        bend = tf.reduce_sum(direction * image, axis=1, keepdims=True)
        rate = tf.math.divide_no_nan(size, bend)
        found += rate * direction
        rest -= rate * image
        scaled = inverse * rest
        before, size = size, tf.reduce_sum(rest * scaled, axis=1, keepdims=True)
        direction = scaled + tf.math.divide_no_nan(size, before) * direction
    return found
