"""The body model: pose, shape and translation to vertices and joints.

Convention: metres; axis-angle in radians; y up, facing +z, left = +x. Rotations are local, relative
to the parent; zero rotations are the T-pose with world-aligned joint frames. Joint 0's rotation is
the global orientation, about the pelvis joint.
"""

import os
from typing import NamedTuple, Self

import numpy as np
import tensorflow as tf

from hps_tf.body import (
    default_body,
    keypoints,
    kinematics,
    parts,
    readers,
    shape_blending,
    skinning,
)
from hps_tf.body.batches import one_batch
from hps_tf.body.body_data import BodyData
from hps_tf.body.keypoint_chain import KeypointChain
from hps_tf.body.skeleton import NUM_JOINTS, SMPL24
from hps_tf.geometry import axis_angle, checks


class BodyOutput(NamedTuple):
    """Vertices `(B, V, 3)` and joints `(B, J, 3)`, metres."""

    vertices: tf.Tensor
    joints: tf.Tensor


class _Articulation(NamedTuple):
    """A posed skeleton: global rotations out of the native pose, joints at rest and posed."""

    rotations: tf.Tensor
    rest_joints: tf.Tensor
    joints: tf.Tensor


class BodyModel:
    """A linear blend-skinned body as a function of pose θ, shape β and translation t.

        body = hps_tf.body.load_default()
        vertices, joints = body(pose=pose, shape=shape, translation=translation)

    All methods work eagerly, in `tf.function` and under XLA, and take the same arguments. One left
    out is zero, and a batch of one is repeated to match the others:

    * pose: `(B, J, 3)` axis-angle, radians; or else
    * rotation_matrices: `(B, J, 3, 3)`.
    * shape: `(B, S)` in standard deviations.
    * translation: `(B, 3)` metres, added to everything.

    The embedded body has 24 joints. A body with more (all 55 of SMPL-X, say) also takes the pose of
    the 24 of `skeleton.JOINT_NAMES`; its other joints are then at rest.

    Args:
      data: The arrays of the body.
      dtype: Floating type of arguments and results.

    Attributes:
      data: The arrays it was made of.
      name: The model's name; files of networks and images name it.
      skeleton: The joint tree; J is `skeleton.num_joints`.
      faces: `(F, 3)` int32 triangles, counter-clockwise seen from outside.
      vertex_parts: `(V,)` uint8 part labels in 1..14, see `parts`.
      face_parts: `(F,)` uint8 part labels in 1..14.
      template_joints: `(J, 3)` float32 joints of the mean shape in the native pose.
      rest_rotations: `(J, 3, 3)` float32 global rotations from the native pose to the T-pose.
      num_vertices: V.
      num_shape: S, the number of shape components.
      dtype: Floating type of arguments and results.
    """

    def __init__(self, data: BodyData, dtype: tf.DType = tf.float32):
        self.data = data
        self.name = data.name
        self.skeleton = data.skeleton
        self._head = data.skeleton.index("head")
        self.faces = data.faces
        self.vertex_parts = data.vertex_parts
        self.face_parts = parts.of_faces(data.vertex_parts, data.faces)
        self.template_joints = data.template_joints.astype(np.float32)
        self.rest_rotations = data.rest_rotations.astype(np.float32)
        self.num_vertices, _, self.num_shape = data.shapedirs.shape
        self.dtype = dtype

        self._has_pose_blend_shapes = data.posedirs is not None
        blend_shapes = [data.shapedirs]
        if data.posedirs is not None:
            blend_shapes.append(data.posedirs)

        # Vertices are kept coordinates first, (3, V) flattened: see `skinning`.
        coordinates_first = np.swapaxes(np.concatenate(blend_shapes, axis=-1), 0, 1)
        self._template = tf.constant(data.template.T.reshape(-1), dtype)
        self._blend_shapes = tf.constant(shape_blending.rows(coordinates_first), dtype)
        self._weights = tf.constant(data.weights.T, dtype)

        self._rest_rotations = tf.constant(data.rest_rotations, dtype)
        self._joints = tf.constant(data.template_joints, dtype)
        self._joint_shapedirs = tf.constant(shape_blending.rows(data.joint_shapedirs), dtype)
        self._landmarks = None
        if data.landmarks is not None and data.landmark_shapedirs is not None:
            self._landmarks = tf.constant(data.landmarks, dtype)
            self._landmark_shapedirs = tf.constant(
                shape_blending.rows(data.landmark_shapedirs), dtype
            )

    @classmethod
    def from_preset(
        cls, name: str = "default", num_vertices: int = 6890, dtype: tf.DType = tf.float32
    ) -> Self:
        """Loads the embedded body, ``"default"``; see `hps_tf.body.load_default`.

        Raises:
          ValueError: If there is no such body or level.
        """
        if name != "default":
            raise ValueError(f"`name`: expected 'default', received {name!r}")
        return cls(default_body.read(num_vertices), dtype)

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str],
        num_shape: int = 16,
        *,
        all_joints: bool = False,
        dtype: tf.DType = tf.float32,
    ) -> Self:
        """Loads a body model file; see `hps_tf.body.load`."""
        return cls(readers.read(path, num_shape, all_joints=all_joints), dtype)

    def __call__(
        self,
        pose: tf.Tensor | None = None,
        rotation_matrices: tf.Tensor | None = None,
        shape: tf.Tensor | None = None,
        translation: tf.Tensor | None = None,
    ) -> BodyOutput:
        """Computes vertices and joints (Loper et al. 2015, Eq. 2-6).

        Returns:
          Vertices `(B, V, 3)` and joints `(B, J, 3)`, metres.

        Raises:
          ValueError: If both `pose` and `rotation_matrices` are given, or shapes don't fit.
        """
        local, shape, translation = self._arguments(pose, rotation_matrices, shape, translation)
        skeleton = self._articulate(local, shape)

        features = shape
        if self._has_pose_blend_shapes:
            bends = local[:, 1:] - tf.eye(3, dtype=self.dtype)
            features = tf.concat(
                [shape, tf.reshape(bends, [-1, 9 * (self.skeleton.num_joints - 1)])], axis=1
            )
        rest = self._template + tf.matmul(features, self._blend_shapes)
        rest = tf.reshape(rest, [-1, 3, self.num_vertices])

        joints = skeleton.joints + translation[:, None]
        moves = joints - tf.linalg.matvec(skeleton.rotations, skeleton.rest_joints)
        vertices = skinning.blend_skinning(rest, skeleton.rotations, moves, self._weights)
        return BodyOutput(tf.transpose(vertices, [0, 2, 1]), joints)

    def joints(
        self,
        pose: tf.Tensor | None = None,
        rotation_matrices: tf.Tensor | None = None,
        shape: tf.Tensor | None = None,
        translation: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Computes the joints alone, by forward kinematics.

        Returns:
          `(B, J, 3)` metres, equal to the joints that calling the model gives.

        Raises:
          ValueError: If both `pose` and `rotation_matrices` are given, or shapes don't fit.
        """
        local, shape, translation = self._arguments(pose, rotation_matrices, shape, translation)
        return self._articulate(local, shape).joints + translation[:, None]

    def keypoints(
        self,
        set_name: str,
        pose: tf.Tensor | None = None,
        rotation_matrices: tf.Tensor | None = None,
        shape: tf.Tensor | None = None,
        translation: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Computes a keypoint set, without vertices.

        Args:
          set_name: A key of `skeleton.KEYPOINT_NAMES`, which has the order.
          pose: See the class.
          rotation_matrices: See the class.
          shape: See the class.
          translation: See the class.

        Returns:
          `(B, K, 3)` metres.

        Raises:
          ValueError: If there is no such set, if it has points of the face and the body's file
            doesn't say where that is, if both `pose` and `rotation_matrices` are given, or if
            shapes don't fit.
        """
        blend = tf.constant(keypoints.blend_matrix(set_name, self.skeleton), self.dtype)
        local, shape, translation = self._arguments(pose, rotation_matrices, shape, translation)
        skeleton = self._articulate(local, shape)
        if set_name == "smpl24":
            joints = skeleton.joints
            if self.skeleton != SMPL24:
                joints = tf.gather(joints, self.skeleton.smpl24, axis=1)
            return joints + translation[:, None]
        if self._landmarks is None:
            raise ValueError(f"`set_name`: this body has no face landmarks, needed by {set_name!r}")
        landmarks = shape_blending.displaced(self._landmarks, self._landmark_shapedirs, shape)
        from_head = landmarks - skeleton.rest_joints[:, self._head, None]
        turned = tf.matmul(from_head, skeleton.rotations[:, self._head], transpose_b=True)
        landmarks = skeleton.joints[:, self._head, None] + turned
        points = tf.concat([skeleton.joints, landmarks], axis=1)
        return kinematics.weighted_sums(blend, points) + translation[:, None]

    def keypoint_chain(self, set_name: str) -> KeypointChain:
        """Gives a keypoint set with its derivatives in closed form.

        Args:
          set_name: A key of `skeleton.KEYPOINT_NAMES`.

        Returns:
          The set's chain, of single precision.

        Raises:
          ValueError: As `keypoints`.
        """
        blend = keypoints.blend_matrix(set_name, self.skeleton)
        points, shapedirs = [self._joints], [self._joint_shapedirs]
        if self._landmarks is not None:
            points.append(self._landmarks)
            shapedirs.append(self._landmark_shapedirs)
        elif set_name != "smpl24":
            raise ValueError(f"`set_name`: this body has no face landmarks, needed by {set_name!r}")
        rest = tf.concat(points, axis=0).numpy()
        directions = tf.concat(shapedirs, axis=1).numpy()
        directions = directions.reshape(self.num_shape, -1, 3)
        return KeypointChain(
            blend[:, : len(rest)],
            rest,
            np.moveaxis(directions, 0, -1),
            self.rest_rotations,
            self.skeleton,
        )

    def _arguments(
        self,
        pose: tf.Tensor | None,
        rotation_matrices: tf.Tensor | None,
        shape: tf.Tensor | None,
        translation: tf.Tensor | None,
    ) -> list[tf.Tensor]:
        """Returns rotation matrices, shape and translation, checked and of one batch size."""
        if pose is not None and rotation_matrices is not None:
            raise ValueError("`pose` and `rotation_matrices` can't both be given")
        num_joints = self.skeleton.num_joints
        if rotation_matrices is None:
            pose = self._argument("pose", pose, (num_joints, 3))
            rotation_matrices = axis_angle.to_matrix(pose)
        rotation_matrices = self._argument(
            "rotation_matrices", rotation_matrices, (num_joints, 3, 3)
        )
        return one_batch(
            kinematics.all_rotations(rotation_matrices, self.skeleton),
            self._argument("shape", shape, (self.num_shape,)),
            self._argument("translation", translation, (3,)),
        )

    def _argument(self, name: str, value: tf.Tensor | None, axes: tuple[int, ...]) -> tf.Tensor:
        if value is None:
            return tf.zeros((1, *axes), self.dtype)
        tensor = tf.convert_to_tensor(value, self.dtype)
        if tensor.shape.rank == len(axes) + 1 and axes[0] == self.skeleton.num_joints:
            # The pose of the joints that all bodies have.
            axes = (NUM_JOINTS if tensor.shape[1] == NUM_JOINTS else axes[0], *axes[1:])
        checks.shape(name, tensor, ("batch", *axes))
        return tensor

    def _articulate(self, local: tf.Tensor, shape: tf.Tensor) -> _Articulation:
        rotations = tf.matmul(
            kinematics.global_rotations(local, self.skeleton), self._rest_rotations
        )
        rest_joints = shape_blending.displaced(self._joints, self._joint_shapedirs, shape)
        joints = kinematics.joint_positions(rotations, rest_joints, self.skeleton)
        return _Articulation(rotations, rest_joints, joints)
