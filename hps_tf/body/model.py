"""The body model: pose, shape and translation to vertices and joints.

Convention: metres; axis-angle in radians; y up, facing +z, left = +x; zero rotations are the
T-pose with world-aligned joint frames. Rotations are local, relative to the parent; joint 0's is
the global orientation, about the pelvis joint.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body import kinematics, keypoints, parts
from hps_tf.body.body_data import BodyData
from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.geometry import axis_angle, checks


class BodyOutput(NamedTuple):
    """Vertices `(B, V, 3)` and joints `(B, 24, 3)`, metres."""

    vertices: tf.Tensor
    joints: tf.Tensor


class BodyModel(tf.Module):
    """A linear blend-skinned body as a function of pose θ, shape β and translation t.

        body = hps_tf.body.load_default()
        vertices, joints = body(pose=pose, shape=shape, translation=translation)

    Works eagerly, in `tf.function` and under XLA. All arguments are by keyword. One left out is
    zero, and a batch of one broadcasts against the others.

    Args:
      data: The arrays of the body.
      dtype: Floating type of inputs and results.

    Attributes:
      faces: `(F, 3)` int32 triangles.
      vertex_parts: `(V,)` uint8 part labels in 1..14.
      face_parts: `(F,)` uint8 part labels in 1..14.
      template_joints: `(24, 3)` joints of the mean shape in the native pose.
      rest_rotations: `(24, 3, 3)` global rotations from the native pose to the T-pose.
      num_vertices: V.
      num_shape: S, number of shape components.
    """

    def __init__(self, data: BodyData, dtype: tf.DType = tf.float32):
        super().__init__(name="body")
        self.faces = data.faces
        self.vertex_parts = data.vertex_parts
        self.face_parts = parts.of_faces(data.vertex_parts, data.faces)
        self.template_joints = data.template_joints.astype(np.float32)
        self.rest_rotations = data.rest_rotations.astype(np.float32)
        self.num_vertices, _, self.num_shape = data.shapedirs.shape
        self.dtype = dtype

        def constant(array: np.ndarray) -> tf.Tensor:
            return tf.constant(array, dtype)

        self._template = constant(data.template)
        self._shapedirs = constant(data.shapedirs.reshape(-1, self.num_shape).T)
        self._joints = constant(data.template_joints)
        self._joint_shapedirs = constant(data.joint_shapedirs.reshape(-1, self.num_shape).T)
        self._weights = constant(data.weights)
        self._rest_rotations = constant(data.rest_rotations)

    def __call__(self, *, pose=None, rotation_matrices=None, shape=None, translation=None):
        local, shape, translation = self._inputs(pose, rotation_matrices, shape, translation)
        rotations, rest_joints, joints = self._kinematics(local, shape)
        offsets = joints - tf.linalg.matvec(rotations, rest_joints)
        turn = tf.einsum("vj,bjm->bvm", self._weights, tf.reshape(rotations, [-1, 24, 9]))
        turn = tf.reshape(turn, [-1, self.num_vertices, 3, 3])
        move = tf.einsum("vj,bjc->bvc", self._weights, offsets)
        rest = self._template + tf.reshape(
            tf.matmul(shape, self._shapedirs), [-1, self.num_vertices, 3]
        )
        vertices = tf.linalg.matvec(turn, rest) + move
        return BodyOutput(vertices + translation[:, None], joints + translation[:, None])

    def joints(self, *, pose=None, rotation_matrices=None, shape=None, translation=None):
        local, shape, translation = self._inputs(pose, rotation_matrices, shape, translation)
        return self._kinematics(local, shape)[2] + translation[:, None]

    def _inputs(self, pose, rotation_matrices, shape, translation):
        if pose is not None and rotation_matrices is not None:
            raise ValueError("give `pose` or `rotation_matrices`, not both")
        if rotation_matrices is None:
            pose = (
                tf.zeros([1, NUM_JOINTS, 3], self.dtype)
                if pose is None
                else tf.convert_to_tensor(pose, self.dtype)
            )
            checks.shape("pose", pose, ("batch", NUM_JOINTS, 3))
            rotation_matrices = axis_angle.to_matrix(pose)
        rotation_matrices = tf.convert_to_tensor(rotation_matrices, self.dtype)
        checks.shape("rotation_matrices", rotation_matrices, ("batch", NUM_JOINTS, 3, 3))
        shape = (
            tf.zeros([1, self.num_shape], self.dtype)
            if shape is None
            else tf.convert_to_tensor(shape, self.dtype)
        )
        checks.shape("shape", shape, ("batch", self.num_shape))
        translation = (
            tf.zeros([1, 3], self.dtype)
            if translation is None
            else tf.convert_to_tensor(translation, self.dtype)
        )
        checks.shape("translation", translation, ("batch", 3))
        return rotation_matrices, shape, translation

    def _kinematics(self, local, shape):
        rotations = kinematics.global_rotations(local) @ self._rest_rotations
        rest_joints = self._joints + tf.reshape(
            tf.matmul(shape, self._joint_shapedirs), [-1, 24, 3]
        )
        return rotations, rest_joints, kinematics.joint_positions(rotations, rest_joints)
