"""How sure a fit is of each joint, by Laplace's approximation.

Around its minimum the objective L, divided by the prior's weight w, is a negative log-posterior:
the prior's energy counts once. With H its Hessian there, the variables are normal with covariance
w H⁻¹, and the joints with that of their linear response. H comes from central differences of the
gradient, so it holds every term of the objective and every kind of prior.

Cost: 2 n gradients a person, n variables; no more than a start's fit.
"""

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.fitting.body_variables import BodyVariables
from hps_tf.fitting.objective import Objective, Shared
from hps_tf.fitting.windows import WindowedEvidence

_STEP = 0.02  # Of a variable; smaller ones drown in single precision.
_FLAT = 1e-2  # Curvatures below this share of the prior's are taken as it.


class Uncertainty:
    """Standard deviations of joints.

    Args:
      objective: The objective, of windows of one frame.
      layout: Its variables.
      body: The body model.
    """

    def __init__(self, objective: Objective, layout: BodyVariables, body: BodyModel):
        self._objective = objective
        self._layout = layout
        self._body = body
        self._responses = tf.function(self._perturbed, jit_compile=True, autograph=False)

    def joint_std(self, x: np.ndarray, windows: WindowedEvidence, shared: Shared) -> np.ndarray:
        """Approximates how far each joint, seen from the pelvis, may be off.

        Args:
          x: `(N, n)` variables at minima.
          windows: Their evidence.
          shared: Weights and prior.

        Returns:
          `(N, 24)` metres: the root of the summed variances along x, y and z.
        """
        return np.stack(
            [
                self._one(
                    x[row], tf.nest.map_structure(lambda a, r=row: a[r : r + 1], windows), shared
                )
                for row in range(len(x))
            ]
        )

    def _one(self, x: np.ndarray, window: WindowedEvidence, shared: Shared) -> np.ndarray:
        size = len(x)
        moves = _STEP * np.concatenate([np.eye(size), -np.eye(size)]).astype(np.float32)
        windows = tf.nest.map_structure(lambda a: np.repeat(a, 2 * size, axis=0), window)
        gradients, joints = self._responses(tf.constant(x + moves), windows, shared)
        hessian = _central(gradients.numpy())
        values, axes = np.linalg.eigh(0.5 * (hessian + hessian.T))
        weight = float(shared.weights.prior)
        values = np.maximum(values, _FLAT * weight)
        # Joints' responses along the Hessian's axes, each of standard deviation (w / value)^½.
        responses = _central(joints.numpy().reshape(2 * size, -1)).T @ axes
        variances = (responses**2 * (weight / values)).sum(axis=1)
        return np.sqrt(variances.reshape(NUM_JOINTS, 3).sum(axis=1))

    def _perturbed(
        self, x: tf.Tensor, windows: WindowedEvidence, shared: Shared
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Gradients `(M, n)` and pelvis-relative joints `(M, 24, 3)` of `(M, n)` variables."""
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(self._objective(x, windows, shared))
        found = self._layout.split(x, windows.anchors, shared.parameters)
        joints = self._body.keypoints(
            "smpl24", rotation_matrices=found.rotation_matrices[:, 0], shape=found.shape
        )
        return tape.gradient(loss, x), joints - joints[:, :1]


def _central(pairs: np.ndarray) -> np.ndarray:
    """Responses to steps forward, then backward: `(2 n, m)` values to `(n, m)` derivatives."""
    forward, backward = np.split(pairs.astype(np.float64), 2)
    return (forward - backward) / (2 * _STEP)
