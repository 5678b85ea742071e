"""How far poses are from recorded ones: a judge that no prior has trained."""

import numpy as np
from scipy.spatial import KDTree

from hps_tf.body import BodyModel
from hps_tf.data.mocap.spaced_poses import evenly_spaced
from hps_tf.metrics import batches

NUM_POSES = 20_000
"""At most."""


class RecordedPoses:
    """Recorded poses, to be compared with by the joints of one body.

    Args:
      poses: `(M, 24, 3)` axis-angle, radians; the root's direction is left out.
      body: The body model.
    """

    def __init__(self, poses: np.ndarray, body: BodyModel):
        self._body = body
        self._nearest = KDTree(self._joints(evenly_spaced(poses, NUM_POSES)))

    def distances(self, poses: np.ndarray) -> np.ndarray:
        """Measures the distance to the nearest recorded pose.

        Args:
          poses: `(N, 24, 3)` axis-angle, radians.

        Returns:
          `(N,)` mm, root mean square over joints seen from the pelvis.
        """
        joints = self._joints(poses)
        return 1000 * self._nearest.query(joints)[0] / np.sqrt(joints.shape[1] / 3)

    def _joints(self, poses: np.ndarray) -> np.ndarray:
        """`(N, 69)` joints seen from the pelvis, metres, of bodies that face ahead."""
        ahead = np.array(poses, np.float32)
        ahead[:, 0] = 0.0
        joints = batches.apply(lambda part: self._body.joints(pose=part), ahead)
        return (joints[:, 1:] - joints[:, :1]).reshape(len(joints), -1)
