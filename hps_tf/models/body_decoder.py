"""Decodes network outputs into posed bodies in the camera frame.

Convention: metres in OpenCV's camera frame, pixels of the input image. The network sees a crop and
not where in the view it was, so its root rotation is relative to the ray through the middle of the
crop: zero means upright and facing the camera along that ray. With the crop's intrinsics this is
turned into the camera frame.
"""

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.geometry import camera, rotation_6d, translation
from hps_tf.models.pose_code import PoseCode
from hps_tf.models.prediction import Prediction
from hps_tf.models.presets import NetworkOptions
from hps_tf.priors.prior import PosePrior

_NEAREST = 0.1  # Metres; nearer keypoints are projected at a depth that stays positive.
_FACING = np.diag([1.0, -1.0, -1.0]).astype(np.float32)
"""Turns the body frame (y up, facing +z) to be upright in the camera's and to face it."""

_IDENTITY_6D = np.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0], np.float32)


class BodyDecoder:
    """Decodes the network's pose and shape outputs into posed bodies.

    Args:
      options: The network's options.
      body: The body model.
      prior: The prior of the network.
    """

    def __init__(self, options: NetworkOptions, body: BodyModel, prior: PosePrior):
        self._options = options
        self._pose_code = PoseCode(options.pose_output, prior)
        self.body = body

    def __call__(
        self,
        pose: tf.Tensor,
        shape: tf.Tensor,
        intrinsics: tf.Tensor,
        keypoints_2d: tf.Tensor,
        confidence: tf.Tensor,
    ) -> Prediction:
        """Decodes one stage's outputs; differentiable.

        The body is placed where its keypoints project nearest to those detected (§2.3).

        Args:
          pose: `(B, 6 + D)`.
          shape: `(B, num_shape)`.
          intrinsics: `(B, 3, 3)` of the input images.
          keypoints_2d: `(B, 17, 2)` detected COCO keypoints, pixels.
          confidence: `(B, 17)`, 0 of what was not detected.

        Returns:
          The people.
        """
        vector = pose[:, 6:]
        body_rotations = self.body_rotations(vector)
        root = rotation_6d.to_matrix(pose[:, :6] + _IDENTITY_6D)
        root = tf.matmul(view_rotation(intrinsics, self._options.image_size), root_facing(root))
        rotations = tf.concat([root[:, tf.newaxis], body_rotations[:, 1:]], axis=1)
        arguments = {"rotation_matrices": rotations, "shape": shape}
        keypoints = self.body.keypoints("coco17", **arguments)
        shift = translation.from_perspective(keypoints, keypoints_2d, confidence, intrinsics)
        vertices, joints = self.body(**arguments, translation=shift)
        keypoints += shift[:, tf.newaxis]
        projected = camera.project(camera.in_front(keypoints, _NEAREST), intrinsics)
        return Prediction(rotations, shape, shift, vertices, joints, keypoints, projected, vector)

    def body_rotations(self, vector: tf.Tensor) -> tf.Tensor:
        """Turns `(B, D)` pose outputs into `(B, 24, 3, 3)` rotations, the root's identity."""
        return self._pose_code.to_matrices(vector)


def root_facing(root: tf.Tensor) -> tf.Tensor:
    """Turns a body rotation `(B, 3, 3)` into the frame of a camera that the body faces."""
    return tf.linalg.matmul(tf.broadcast_to(_FACING, tf.shape(root)), root)


def view_rotation(intrinsics: tf.Tensor, image_size: int) -> tf.Tensor:
    """Finds the smallest rotation from the optical axis to the ray through the image's middle.

    Args:
      intrinsics: `(B, 3, 3)`.
      image_size: Side of the square image in pixels.

    Returns:
      `(B, 3, 3)` rotations in the camera frame.
    """
    middle = tf.fill((1, 2), (image_size - 1) / 2.0)
    slopes = camera.viewing_slopes(middle, intrinsics)[:, 0]
    ray = tf.linalg.l2_normalize(tf.concat([slopes, tf.ones_like(slopes[:, :1])], axis=1), axis=1)
    x, y, z = tf.unstack(ray, axis=1)
    # Rodrigues' formula between two unit vectors; z > 0, so 1 + z is never near 0.
    a = 1.0 / (1.0 + z)
    rows = [
        [1.0 - a * x * x, -a * x * y, x],
        [-a * x * y, 1.0 - a * y * y, y],
        [-x, -y, z],
    ]
    return tf.stack([tf.stack(row, axis=-1) for row in rows], axis=-2)
