"""Pose spaces: the vectors of R^D that priors are densities over.

A pose space covers the 21 body joints, without the root (the person's orientation is no matter of
plausibility) and without the two hands (most data holds none).

Convention: rotations are local to the parent joint, zero is the T-pose; axis-angle in radians; 6D
is the first, then the second column of the rotation matrix (Zhou et al. 2019).
"""

import abc

import tensorflow as tf

from hps_tf.body.skeleton import BODY_JOINTS, NUM_JOINTS
from hps_tf.geometry import axis_angle, checks, rotation_6d

_FIRST, _LAST = BODY_JOINTS[0], BODY_JOINTS[-1]
_NUM_BODY_JOINTS = len(BODY_JOINTS)


class PoseSpace(abc.ABC):
    """A vector representation of the 21 body joints' rotations.

    Attributes:
      name: The space's name in configs and files.
      dim: The number of its dimensions D.
    """

    name: str
    dim: int

    def from_pose(self, pose: tf.Tensor) -> tf.Tensor:
        """Represents full-body poses.

        Args:
          pose: `(..., 24, 3)` axis-angle, radians.

        Returns:
          `(..., D)` vectors.
        """
        checks.shape("pose", pose, (..., NUM_JOINTS, 3))
        return self._from_body_joints(pose[..., _FIRST : _LAST + 1, :])

    @abc.abstractmethod
    def _from_body_joints(self, pose: tf.Tensor) -> tf.Tensor:
        """`(..., 21, 3)` axis-angle to `(..., D)`."""

    @abc.abstractmethod
    def from_matrices(self, rotation_matrices: tf.Tensor) -> tf.Tensor:
        """Represents full-body poses given as `(..., 24, 3, 3)` matrices by `(..., D)` vectors."""

    @abc.abstractmethod
    def to_pose(self, vector: tf.Tensor) -> tf.Tensor:
        """Gives `(..., D)` vectors as `(..., 24, 3)` axis-angle; root and hands are zero."""

    @abc.abstractmethod
    def to_matrices(self, vector: tf.Tensor) -> tf.Tensor:
        """Gives `(..., D)` vectors as `(..., 24, 3, 3)` matrices; root and hands are identity."""

    def project(self, vector: tf.Tensor) -> tf.Tensor:
        """Moves `(..., D)` vectors onto the representations of true rotations."""
        return self.from_matrices(self.to_matrices(vector))

    def __repr__(self) -> str:
        return f"<PoseSpace {self.name}: {self.dim} dimensions>"


class AxisAngleSpace(PoseSpace):
    """The 63-D axis-angle space."""

    name = "axis_angle"
    dim = 3 * _NUM_BODY_JOINTS

    def _from_body_joints(self, pose):
        return _join(pose, axes=2)

    def from_matrices(self, rotation_matrices):
        """See `PoseSpace.from_matrices`."""
        checks.shape("rotation_matrices", rotation_matrices, (..., NUM_JOINTS, 3, 3))
        body = rotation_matrices[..., _FIRST : _LAST + 1, :, :]
        return self._from_body_joints(axis_angle.from_matrix(body))

    def to_pose(self, vector):
        """See `PoseSpace.to_pose`."""
        body = _split(vector, (_NUM_BODY_JOINTS, 3))
        still = tf.zeros_like(body[..., :1, :])
        return tf.concat([still, body, still, still], axis=-2)

    def to_matrices(self, vector):
        """See `PoseSpace.to_matrices`."""
        return axis_angle.to_matrix(self.to_pose(vector))


class SixDSpace(PoseSpace):
    """The 126-D space of the first two columns of each rotation matrix."""

    name = "6d"
    dim = 6 * _NUM_BODY_JOINTS

    def _from_body_joints(self, pose):
        return _join(rotation_6d.from_matrix(axis_angle.to_matrix(pose)), axes=2)

    def from_matrices(self, rotation_matrices):
        """See `PoseSpace.from_matrices`."""
        checks.shape("rotation_matrices", rotation_matrices, (..., NUM_JOINTS, 3, 3))
        body = rotation_matrices[..., _FIRST : _LAST + 1, :, :]
        return _join(rotation_6d.from_matrix(body), axes=2)

    def to_pose(self, vector):
        """See `PoseSpace.to_pose`."""
        return axis_angle.from_matrix(self.to_matrices(vector))

    def to_matrices(self, vector):
        """See `PoseSpace.to_matrices`."""
        body = rotation_6d.to_matrix(_split(vector, (_NUM_BODY_JOINTS, 6)))
        still = tf.broadcast_to(tf.eye(3, dtype=body.dtype), tf.shape(body[..., :1, :, :]))
        return tf.concat([still, body, still, still], axis=-3)


AXIS_ANGLE = AxisAngleSpace()
SIX_D = SixDSpace()

_SPACES = {space.name: space for space in (AXIS_ANGLE, SIX_D)}


def names() -> tuple[str, ...]:
    """Returns the names that `get` knows."""
    return tuple(_SPACES)


def get(name: str) -> PoseSpace:
    """Returns the pose space called `name`.

    Raises:
      ValueError: If there is none; names those there are.
    """
    if name not in _SPACES:
        raise ValueError(f"pose space: expected one of {', '.join(_SPACES)}, received {name!r}")
    return _SPACES[name]


def _join(tensor: tf.Tensor, axes: int) -> tf.Tensor:
    """Joins the last `axes` axes into one."""
    size = 1
    for axis in tensor.shape[-axes:]:
        size *= axis
    return tf.reshape(tensor, tf.concat([tf.shape(tensor)[:-axes], [size]], 0))


def _split(vector: tf.Tensor, sizes: tuple[int, int]) -> tf.Tensor:
    """Splits the last axis into two of the given sizes."""
    checks.shape("vector", vector, (..., sizes[0] * sizes[1]))
    return tf.reshape(vector, tf.concat([tf.shape(vector)[:-1], sizes], 0))
