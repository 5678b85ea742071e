"""People from the network's numbers.

Convention: metres in OpenCV's camera frame, pixels of the input image. The network sees a crop and
not where in the view it was, so its root rotation is relative to a ray: zero means upright and
facing the camera along that ray. This is the one through the middle of the crop, known by the
crop's intrinsics, or, of the lifting module, through the middle of the keypoints.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.geometry import camera, rotation_6d, translation
from hps_tf.models.presets import LATENT, NetworkOptions
from hps_tf.models.staged_network import likeliest_pose
from hps_tf.priors import pose_space
from hps_tf.priors.flow import PosePrior

_FACING = np.diag([1.0, -1.0, -1.0]).astype(np.float32)
"""Turns the body frame (y up, facing +z) to be upright in the camera's and to face it."""

_IDENTITY_6D = np.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0], np.float32)


class Prediction(NamedTuple):
    """People, one an image.

    Attributes:
      rotation_matrices: `(B, 24, 3, 3)` local rotations, the root's into the camera frame.
      shape: `(B, num_shape)`.
      translation: `(B, 3)` metres.
      vertices: `(B, V, 3)` metres in the camera frame.
      joints: `(B, 24, 3)` metres in the camera frame.
      keypoints_3d: `(B, 17, 3)` COCO keypoints, metres in the camera frame.
      keypoints_2d: `(B, 17, 2)` their projections, pixels.
      pose_vector: `(B, D)` the pose output: latents of the prior, or a vector of the pose space.
    """

    rotation_matrices: tf.Tensor
    shape: tf.Tensor
    translation: tf.Tensor
    vertices: tf.Tensor
    joints: tf.Tensor
    keypoints_3d: tf.Tensor
    keypoints_2d: tf.Tensor
    pose_vector: tf.Tensor


class BodyDecoder:
    """Makes people of the network's pose and shape outputs.

    Args:
      options: The network's options.
      body: The body model.
      prior: The prior of the network.
      mode: The pose that a pose output of zero means, by default the prior's most likely one.
    """

    def __init__(
        self,
        options: NetworkOptions,
        body: BodyModel,
        prior: PosePrior,
        mode: np.ndarray | None = None,
    ):
        self._options = options
        self._prior = prior
        self.body = body
        self._mode = likeliest_pose(options, prior) if mode is None else mode

    def __call__(
        self,
        pose: tf.Tensor,
        shape: tf.Tensor,
        intrinsics: tf.Tensor,
        keypoints_2d: tf.Tensor,
        confidence: tf.Tensor,
        view: tf.Tensor | None = None,
    ) -> Prediction:
        """Decodes one stage's outputs; differentiable.

        The body is placed where its keypoints project nearest to those detected (§2.3).

        Args:
          pose: `(B, 6 + D)`.
          shape: `(B, num_shape)`.
          intrinsics: `(B, 3, 3)` of the input images.
          keypoints_2d: `(B, 17, 2)` detected COCO keypoints, pixels.
          confidence: `(B, 17)`, 0 of what was not detected.
          view: `(B, 3, 3)` rotations from the frame of the pose output into the camera frame; by
            default `view_rotation`.

        Returns:
          The people.
        """
        vector = pose[:, 6:]
        body_rotations = self.body_rotations(vector)
        root = rotation_6d.to_matrix(pose[:, :6] + _IDENTITY_6D)
        if view is None:
            view = view_rotation(intrinsics, self._options.image_size)
        root = tf.matmul(view, root_facing(root))
        rotations = tf.concat([root[:, tf.newaxis], body_rotations[:, 1:]], axis=1)
        arguments = {"rotation_matrices": rotations, "shape": shape}
        keypoints = self.body.keypoints("coco17", **arguments)
        shift = translation.from_perspective(keypoints, keypoints_2d, confidence, intrinsics)
        vertices, joints = self.body(**arguments, translation=shift)
        keypoints += shift[:, tf.newaxis]
        projected = camera.project(keypoints, intrinsics)
        return Prediction(rotations, shape, shift, vertices, joints, keypoints, projected, vector)

    def body_rotations(self, vector: tf.Tensor) -> tf.Tensor:
        """Turns `(B, D)` pose outputs into `(B, 24, 3, 3)` rotations, the root's identity."""
        if self._options.pose_output == LATENT:
            return self._prior.space.to_matrices(self._prior.decode(vector))
        return pose_space.get(self._options.pose_output).to_matrices(vector + self._mode)


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
