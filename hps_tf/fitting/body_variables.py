"""The variables of a fit: those of each frame, and those that its frames share.

A fit is of a window of T frames of one person; an image is a window of one. Its variables are, for
every frame, those of the pose, 6 of the global rotation and 3 of the translation, and after all
frames the shape and, where it is fitted, the focal length.

Rotation and translation are counted from anchors, the start of the fit, in units chosen so that one
moves what is seen by tens of pixels: a step that suits one variable suits all.
"""

from typing import NamedTuple

import tensorflow as tf

from hps_tf.fitting.pose_variables import Parameters, PoseVariables
from hps_tf.geometry import rotation_6d

_ROTATION, _TRANSLATION = 6, 3
_ROTATION_UNIT = 0.5
_SLOPE_UNIT = 0.1
_LOG_DEPTH_UNIT = 0.1
_LOG_FOCAL_UNIT = 0.1


class Anchors(NamedTuple):
    """Where the windows start, in the camera frame.

    Attributes:
      rotation: `(B, T, 6)` global rotation, its first two columns.
      translation: `(B, T, 3)` metres, z > 0.
    """

    rotation: tf.Tensor
    translation: tf.Tensor


class BodyParams(NamedTuple):
    """The parameters of the bodies in B windows of T frames.

    Attributes:
      pose_variables: `(B, T, d)`.
      rotation_matrices: `(B, T, 24, 3, 3)` local rotations, the root's into the camera frame.
      translation: `(B, T, 3)` metres.
      shape: `(B, S)`.
      focal_scale: `(B,)`.
    """

    pose_variables: tf.Tensor
    rotation_matrices: tf.Tensor
    translation: tf.Tensor
    shape: tf.Tensor
    focal_scale: tf.Tensor


class BodyVariables:
    """The layout of a window's variables in one vector.

    Args:
      pose: The variables of the pose.
      num_frames: T.
      num_shape: S, the number of shape components of the body.
      num_fitted_shape: How many of them are variables; the others are zero.
      fits_focal_length: Whether the focal length is a variable.
    """

    def __init__(
        self,
        pose: PoseVariables,
        num_frames: int,
        num_shape: int,
        num_fitted_shape: int,
        fits_focal_length: bool = False,
    ):
        self.pose = pose
        self.num_frames = num_frames
        self._num_shape = num_shape
        self._num_fitted_shape = min(num_fitted_shape, num_shape)
        self.fits_focal_length = fits_focal_length
        self._frame_size = pose.dim + _ROTATION + _TRANSLATION
        self.size = num_frames * self._frame_size + self._num_fitted_shape + int(fits_focal_length)

    def join(
        self, pose_variables: tf.Tensor, shape: tf.Tensor, focal_scale: tf.Tensor
    ) -> tf.Tensor:
        """Makes the vector of windows at their anchors.

        Args:
          pose_variables: `(B, T, d)`.
          shape: `(B, S)`.
          focal_scale: `(B,)`; left out where it is no variable.

        Returns:
          `(B, size)`.
        """
        batch = tf.shape(pose_variables)[0]
        moves = tf.zeros((batch, self.num_frames, _ROTATION + _TRANSLATION))
        frames = tf.concat([pose_variables, moves], axis=2)
        frames = tf.reshape(frames, [batch, self.num_frames * self._frame_size])
        focal = tf.math.log(focal_scale)[:, None] / _LOG_FOCAL_UNIT
        focal = focal[:, : int(self.fits_focal_length)]
        return tf.concat([frames, shape[:, : self._num_fitted_shape], focal], axis=1)

    def weigh(self, pose_weight: tf.Tensor, shape_weight: tf.Tensor) -> tf.Tensor:
        """Gives `(size,)` weights: one of pose variables, one of shape variables, 0 of others."""
        pose = tf.fill([self.pose.dim], pose_weight)
        frame = tf.concat([pose, tf.zeros(_ROTATION + _TRANSLATION)], axis=0)
        shape = tf.fill([self._num_fitted_shape], shape_weight)
        focal = tf.zeros(int(self.fits_focal_length))
        return tf.concat([tf.tile(frame, [self.num_frames]), shape, focal], axis=0)

    def split(self, variables: tf.Tensor, anchors: Anchors, parameters: Parameters) -> BodyParams:
        """Reads bodies out of vectors.

        Args:
          variables: `(B, size)`.
          anchors: Where the windows start.
          parameters: The prior's weights.

        Returns:
          The bodies.
        """
        frames, shared = tf.split(variables, [self.num_frames * self._frame_size, -1], axis=1)
        frames = tf.reshape(frames, [-1, self._frame_size])
        pose, turn, move = tf.split(frames, [self.pose.dim, _ROTATION, _TRANSLATION], axis=1)

        rotations = self.pose.rotation_matrices(pose, parameters)
        anchor_rotation = tf.reshape(anchors.rotation, [-1, _ROTATION])
        root = rotation_6d.to_matrix(anchor_rotation + _ROTATION_UNIT * turn)
        rotations = tf.concat([root[:, None], rotations[:, 1:]], axis=1)

        anchor = tf.reshape(anchors.translation, [-1, _TRANSLATION])
        depth = anchor[:, 2:] * tf.exp(_LOG_DEPTH_UNIT * move[:, 2:])
        slopes = anchor[:, :2] / anchor[:, 2:] + _SLOPE_UNIT * move[:, :2]
        translation = tf.concat([slopes * depth, depth], axis=1)

        num_unused = self._num_shape - self._num_fitted_shape
        shape = tf.pad(shared[:, : self._num_fitted_shape], [[0, 0], [0, num_unused]])
        focal_scale = tf.ones_like(variables[:, 0])
        if self.fits_focal_length:
            focal_scale = tf.exp(_LOG_FOCAL_UNIT * shared[:, self._num_fitted_shape])
        return BodyParams(
            pose_variables=self._by_frame(pose),
            rotation_matrices=self._by_frame(rotations),
            translation=self._by_frame(translation),
            shape=shape,
            focal_scale=focal_scale,
        )

    def _by_frame(self, rows: tf.Tensor) -> tf.Tensor:
        return tf.reshape(rows, [-1, self.num_frames, *rows.shape[1:]])
