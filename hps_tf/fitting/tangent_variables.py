"""The variables of a fit about expected bodies: how far each body is from the one expected.

Every variable is counted in its expected standard deviations, so that under the expectation all are
independent and standard normal. A window's are, for every frame, 3 of the root's rotation, 63 of
the joints' and 3 of the place, and after all frames those of the shape. A rotation is
R = R_expected exp(v), with v the tangent vector.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body.keypoint_chain import TURNING_JOINTS
from hps_tf.fitting.body_variables import BodyParams
from hps_tf.fitting.expected import Expected
from hps_tf.geometry import axis_angle

_TURNS, _MOVES = 3 * len(TURNING_JOINTS), 3
FRAME_SIZE = _TURNS + _MOVES

# Standard deviations that are as good as infinite.
_LARGEST_TURN = 3.0  # Radians.
_LARGEST_MOVE = 1.0  # Slopes, and logarithms of metres.
_LARGEST_SHAPE = 10.0


class Units(NamedTuple):
    """Units of the variables, of B windows of T frames.

    Attributes:
      turns: `(B, T, 22, 3)` radians, the root's first.
      moves: `(B, T, 3)` slopes x/z and y/z, logarithm of z.
      shape: `(B, s)`.
    """

    turns: tf.Tensor
    moves: tf.Tensor
    shape: tf.Tensor


class TangentVariables:
    """The layout of a window's variables in one vector.

    Args:
      num_frames: T.
      num_fitted_shape: s, the shape components that are variables.
    """

    def __init__(self, num_frames: int, num_fitted_shape: int):
        self.num_frames = num_frames
        self.num_fitted_shape = num_fitted_shape
        self.size = num_frames * FRAME_SIZE + num_fitted_shape

    def units(self, expected: Expected) -> Units:
        """Gives what a variable of each kind stands for; `expected` is arranged by window."""
        spread = expected.spread
        turns = tf.concat([spread.root[:, :, None], spread.pose], axis=2)
        return Units(
            turns=tf.minimum(turns, _LARGEST_TURN),
            moves=tf.minimum(spread.place, _LARGEST_MOVE),
            shape=tf.minimum(spread.shape[:, : self.num_fitted_shape], _LARGEST_SHAPE),
        )

    def parts(self, variables: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Takes `(B, size)` variables apart: turns `(B, T, 22, 3)`, moves, shape."""
        frames, shape = tf.split(variables, [self.num_frames * FRAME_SIZE, -1], axis=1)
        frames = tf.reshape(frames, [-1, self.num_frames, FRAME_SIZE])
        turns = tf.reshape(frames[..., :_TURNS], [-1, self.num_frames, len(TURNING_JOINTS), 3])
        return turns, frames[..., _TURNS:], shape

    def split(self, variables: tf.Tensor, expected: Expected) -> BodyParams:
        """Reads bodies out of vectors.

        Args:
          variables: `(B, size)`.
          expected: The bodies expected, arranged by window.

        Returns:
          The bodies; their `pose_variables` are those of the joints without the root.
        """
        units = self.units(expected)
        turns, moves, shape = self.parts(variables)
        expected_rotations = expected.rotation_matrices
        count = len(TURNING_JOINTS)
        turned = tf.matmul(
            expected_rotations[:, :, :count], axis_angle.to_matrix(units.turns * turns)
        )
        rotations = tf.concat([turned, expected_rotations[:, :, count:]], axis=2)
        moves *= units.moves
        anchor = expected.translation
        depth = anchor[..., 2:] * tf.exp(moves[..., 2:])
        slopes = anchor[..., :2] / anchor[..., 2:] + moves[..., :2]
        unused = expected.shape.shape[1] - self.num_fitted_shape
        return BodyParams(
            pose_variables=tf.reshape(turns[:, :, 1:], [-1, self.num_frames, _TURNS - 3]),
            rotation_matrices=rotations,
            translation=tf.concat([slopes * depth, depth], axis=2),
            shape=expected.shape + tf.pad(units.shape * shape, [[0, 0], [0, unused]]),
            focal_scale=tf.ones_like(variables[:, 0]),
        )

    def maps(self, variables: tf.Tensor, expected: Expected) -> tuple[tf.Tensor, tf.Tensor]:
        """Gives derivatives of bodies.

        Returns:
          `(B, T, 22, 3, 3)` how the root and joints 1 to 21 turn, in their own frames, with their
          variables, and `(B, T, 3, 3)` how the translation moves with its.
        """
        units = self.units(expected)
        turns, _, _ = self.parts(variables)
        turn_maps = axis_angle.right_jacobian(units.turns * turns) * units.turns[..., None, :]
        translation = self.split(variables, expected).translation
        depth = translation[..., 2]
        none = tf.zeros_like(depth)
        columns = [
            tf.stack([depth, none, none], axis=-1),
            tf.stack([none, depth, none], axis=-1),
            translation,
        ]
        return turn_maps, tf.stack(columns, axis=-1) * units.moves[..., None, :]

    def join(self, bodies: BodyParams, expected: Expected) -> tf.Tensor:
        """Makes the vectors of bodies at hand, the inverse of `split`.

        What a deviation of 0 leaves no freedom stays as expected.

        Args:
          bodies: `rotation_matrices`, `translation` and `shape` count.
          expected: The bodies expected, arranged by window.

        Returns:
          `(B, size)`.
        """
        units = self.units(expected)
        count = len(TURNING_JOINTS)
        turns = tf.matmul(
            expected.rotation_matrices[:, :, :count],
            bodies.rotation_matrices[:, :, :count],
            transpose_a=True,
        )
        depths = bodies.translation[..., 2:], expected.translation[..., 2:]
        moves = tf.concat(
            [
                bodies.translation[..., :2] / depths[0] - expected.translation[..., :2] / depths[1],
                tf.math.log(depths[0] / depths[1]),
            ],
            axis=2,
        )
        turns = tf.math.divide_no_nan(axis_angle.from_matrix(turns), units.turns)
        turns = tf.reshape(turns, [-1, self.num_frames, _TURNS])
        frames = tf.concat([turns, tf.math.divide_no_nan(moves, units.moves)], axis=2)
        offsets = (bodies.shape - expected.shape)[:, : self.num_fitted_shape]
        shape = tf.math.divide_no_nan(offsets, units.shape)
        return tf.concat([tf.reshape(frames, [-1, self.num_frames * FRAME_SIZE]), shape], axis=1)

    def from_frames(self, variables: np.ndarray) -> np.ndarray:
        """Joins `(B T, 69 + s)` variables of frames about one shape to those of windows.

        A window has its frames' mean shape.
        """
        frames, shape = np.split(variables, [FRAME_SIZE], axis=1)
        frames = frames.reshape(-1, self.num_frames * FRAME_SIZE)
        shape = shape.reshape(-1, self.num_frames, self.num_fitted_shape).mean(axis=1)
        return np.concatenate([frames, shape], axis=1)

    def to_frames(self, variables: np.ndarray) -> np.ndarray:
        """Takes `(B, size)` variables of windows apart into those of frames, `(B T, 69 + s)`."""
        frames, shape = np.split(variables, [self.num_frames * FRAME_SIZE], axis=1)
        frames = frames.reshape(-1, FRAME_SIZE)
        return np.concatenate([frames, shape.repeat(self.num_frames, axis=0)], axis=1)
