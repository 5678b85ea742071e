"""Interface of the fitter that labels captured joints with bodies."""

from typing import Protocol

import numpy as np


class JointFit(Protocol):
    """Bodies fitted to F frames of joints.

    Attributes:
      pose: `(F, 24, 3)` axis-angle in the world.
      translation: `(F, 3)` metres.
      is_good: `(F,)` whether the body comes near the joints.
    """

    @property
    def pose(self) -> np.ndarray: ...  # noqa: D102

    @property
    def translation(self) -> np.ndarray: ...  # noqa: D102

    @property
    def is_good(self) -> np.ndarray: ...  # noqa: D102


class JointFitter(Protocol):
    """Fits bodies to joints, as `hps_tf.fitting.joint_3d_fit.Joint3DFitter` does."""

    def estimate_shape(
        self, joints: np.ndarray, rotation_matrices: np.ndarray | None = None
    ) -> np.ndarray:
        """Estimates the shape `(S,)` of the person with joints `(F, K, 3)`."""

    def fit(
        self,
        joints: np.ndarray,
        shape: np.ndarray,
        rotation_matrices: np.ndarray | None = None,
    ) -> JointFit:
        """Fits the poses of a person of known shape to joints `(F, K, 3)`."""
