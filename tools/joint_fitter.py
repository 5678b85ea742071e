"""The fitter of the embedded body to captured joints that the preparations share."""

import functools

import numpy as np

from hps_tf import priors
from hps_tf.cli import progress
from hps_tf.data.images import posed_examples
from hps_tf.fitting.joint_3d_fit import Joint3DFit, Joint3DFitter
from hps_tf.fitting.pose_variables import LatentGaussian

PRIOR = "cmu-6d-light"


@functools.cache
def load(keypoint_set: str) -> Joint3DFitter:
    """Loads the fitter; the flow's Gaussian fits joints as well as the flow itself, and faster."""
    prior = priors.load(PRIOR)
    pose = LatentGaussian(prior.references["gaussian"], prior.space)
    return Joint3DFitter(posed_examples.body_model(None, 0), pose, keypoint_set)


class ShownFitter:
    """A fitter with a progress bar for every fit; see `JointFitter`.

    Args:
      keypoint_set: Which joints are captured.
    """

    def __init__(self, keypoint_set: str):
        self._keypoint_set = keypoint_set

    def estimate_shape(
        self, joints: np.ndarray, rotation_matrices: np.ndarray | None = None
    ) -> np.ndarray:
        """See `Joint3DFitter.estimate_shape`."""
        return load(self._keypoint_set).estimate_shape(joints, rotation_matrices)

    def fit(
        self,
        joints: np.ndarray,
        shape: np.ndarray,
        rotation_matrices: np.ndarray | None = None,
    ) -> Joint3DFit:
        """See `Joint3DFitter.fit`."""
        with progress.bar(len(joints), "pose", leave=False) as shown:
            return load(self._keypoint_set).fit(joints, shape, rotation_matrices, shown.update)
