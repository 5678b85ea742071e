"""Bodies fitted to the keypoints of a training step, after SPIN (Kolotouros et al. 2019, §3.2).

A few damped Gauss-Newton steps from the network's estimate, by operations of the step's graph. The
prior is a normal distribution of the joints' rotations about a likely pose, as wide as training
poses are, where SPIN has a mixture.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.fitting import Expected, Weights
from hps_tf.fitting.body_variables import BodyParams
from hps_tf.fitting.frame_fit import FrameFit
from hps_tf.fitting.graph_evidence import GraphEvidence
from hps_tf.fitting.posterior import Posterior
from hps_tf.fitting.tangent_variables import TangentVariables
from hps_tf.geometry import axis_angle, rotation_matrix
from hps_tf.geometry.spread import Spread

_DEVIATION = 4.0
"""How far keypoints are expected to be off, in pixels of a person 256 large."""

_WEIGHTS = Weights(
    expected=0.1
)  # Times about 10 (`expected.pull` of 4 pixels): the prior as it is.


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
        self._deviations = np.sqrt(squares.mean(axis=0)).astype(np.float32)
        self._layout = TangentVariables(1, num_shape)
        self._fit = FrameFit(Posterior(body, self._layout, "coco17"), num_steps)

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
        start = self._layout.join(estimate, expected)
        x, loss, _ = self._fit.minimize(start, evidence.windows(expected), weights)
        found = self._layout.split(x, expected)
        return Fitted(
            tf.stop_gradient(found.rotation_matrices[:, 0]),
            tf.stop_gradient(found.shape),
            tf.stop_gradient(found.translation[:, 0]),
            tf.math.is_finite(loss),
        )

    def _expected(
        self, rotations: tf.Tensor, shape: tf.Tensor, place: tf.Tensor, half_size: tf.Tensor
    ) -> Expected:
        """A likely pose of the mean shape, which turns and stands where the estimate does."""
        size = half_size[:, tf.newaxis]
        count = tf.shape(half_size)[0]
        others = tf.repeat(tf.constant(self._likely[np.newaxis, 1:]), count, axis=0)
        anywhere = tf.fill([count, 3], np.float32(np.inf))
        pixels = 2.0 * size / 256.0
        spread = Spread(
            pose=tf.repeat(tf.constant(self._deviations[np.newaxis]), count, axis=0),
            root=anywhere,
            place=anywhere,
            shape=tf.ones_like(shape[:, : self._layout.num_fitted_shape]),
            keypoints=tf.repeat(_DEVIATION * pixels, 17, axis=1),
        )
        turned = tf.concat([rotations[:, :1], others], axis=1)
        return Expected(turned, tf.zeros_like(shape), place, spread)
