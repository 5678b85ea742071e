"""The variables of a fit: those of each frame, and those that its frames share.

A fit is of a window of T frames of one person; an image is a window of one. Its variables are, for
every frame, those of the pose, 6 of the global rotation and 3 of the translation, and after all
frames the shape and, where it is fitted, the focal length.

Rotation and translation are counted from anchors, the start of the fit, in units chosen so that one
moves what is seen by tens of pixels: a step that suits one variable suits all.
"""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.fitting.pose_variables import Parameters, PoseVariables
from hps_tf.geometry import rotation_6d

ROTATION, TRANSLATION = 6, 3
ROTATION_UNIT = 0.5
_SLOPE_UNIT = 0.1
_LOG_DEPTH_UNIT = 0.1
_LOG_FOCAL_UNIT = 0.1


class Anchors(NamedTuple):
    """Where the windows start, in the camera frame, and whose shape they have.

    Attributes:
      rotation: `(B, T, 6)` global rotation, its first two columns.
      translation: `(B, T, 3)` metres, z > 0.
      shape: `(B, S)` the shape where the variables of the shape are zero.
      fits_shape: `(B,)` 1 where the shape is fitted, 0 where it is held.
    """

    rotation: Any
    translation: Any
    shape: Any
    fits_shape: Any

    @classmethod
    def of(cls, rotation: Any, translation: Any, num_shape: int) -> "Anchors":
        """Anchors whose shape is fitted, counted from the mean shape."""
        count = tf.shape(rotation)[0]
        return cls(rotation, translation, tf.zeros([count, num_shape]), tf.ones([count]))


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

    def by_window(self, num_frames: int) -> "BodyParams":
        """Arranges W T windows of one frame in W windows of T, with their frames' mean shape."""

        def arranged(part: Any) -> np.ndarray:
            array = np.asarray(part)
            return array.reshape(-1, num_frames, *array.shape[1:])

        return BodyParams(
            pose_variables=arranged(self.pose_variables)[:, :, 0],
            rotation_matrices=arranged(self.rotation_matrices)[:, :, 0],
            translation=arranged(self.translation)[:, :, 0],
            shape=arranged(self.shape).mean(axis=1),
            focal_scale=arranged(self.focal_scale).mean(axis=1),
        )


def turned(root: tf.Tensor, turn: tf.Tensor, rotations: tf.Tensor) -> tf.Tensor:
    """Gives bodies their global rotation.

    Args:
      root: `(N, 6)` the rotation's first two columns where the variables are zero.
      turn: `(N, 6)` variables of the rotation.
      rotations: `(N, 24, 3, 3)` local rotations; the root's are replaced.
    """
    matrices = rotation_6d.to_matrix(root + ROTATION_UNIT * turn)
    return tf.concat([matrices[:, None], rotations[:, 1:]], axis=1)


class BodyVariables:
    """The layout of a window's variables in one vector.

    Args:
      pose: The variables of the pose.
      num_frames: T.
      num_shape: S, the number of shape components of the body.
      num_fitted_shape: How many of them are variables; the others stay at their anchors.
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
        self._frame_size = pose.dim + ROTATION + TRANSLATION
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
        moves = tf.zeros((batch, self.num_frames, ROTATION + TRANSLATION))
        frames = tf.concat([pose_variables, moves], axis=2)
        frames = tf.reshape(frames, [batch, self.num_frames * self._frame_size])
        focal = tf.math.log(focal_scale)[:, None] / _LOG_FOCAL_UNIT
        focal = focal[:, : int(self.fits_focal_length)]
        return tf.concat([frames, shape[:, : self._num_fitted_shape], focal], axis=1)

    def weigh(self, pose_weight: tf.Tensor, shape_weight: tf.Tensor) -> tf.Tensor:
        """Gives `(size,)` weights: one of pose variables, one of shape variables, 0 of others."""
        pose = tf.fill([self.pose.dim], pose_weight)
        frame = tf.concat([pose, tf.zeros(ROTATION + TRANSLATION)], axis=0)
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
        pose, turn, move = tf.split(frames, [self.pose.dim, ROTATION, TRANSLATION], axis=1)

        rotations = self.pose.rotation_matrices(pose, parameters)
        rotations = turned(tf.reshape(anchors.rotation, [-1, ROTATION]), turn, rotations)

        anchor = tf.reshape(anchors.translation, [-1, TRANSLATION])
        depth = anchor[:, 2:] * tf.exp(_LOG_DEPTH_UNIT * move[:, 2:])
        slopes = anchor[:, :2] / anchor[:, 2:] + _SLOPE_UNIT * move[:, :2]
        translation = tf.concat([slopes * depth, depth], axis=1)

        num_unused = self._num_shape - self._num_fitted_shape
        growth = tf.pad(shared[:, : self._num_fitted_shape], [[0, 0], [0, num_unused]])
        shape = anchors.shape + anchors.fits_shape[:, None] * growth
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
