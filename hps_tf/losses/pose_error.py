"""How far a reconstructed pose is from the true one: by body surface, or by rotations."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel, default_body
from hps_tf.body.skeleton import BODY_JOINTS
from hps_tf.geometry import rotation_matrix

MESH_VERTICES = 3000

Error = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def mesh_error(num_vertices: int) -> Error:
    """Makes the mean error of the embedded body's vertices, VPoser's reconstruction loss.

    Args:
      num_vertices: How many of the body's 3,000 vertices are compared, evenly spread.

    Returns:
      A function of two poses, each `(B, 24, 3, 3)` rotation matrices, to `(B,)`: the absolute
      difference of their vertices, mean over vertices and coordinates, in metres.
    """
    body = _sparse_body(num_vertices)

    def error(pose: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
        vertices = body(rotation_matrices=tf.concat([pose, other], axis=0)).vertices
        first, second = tf.split(vertices, 2)
        return tf.reduce_mean(tf.abs(first - second), axis=[1, 2])

    return error


def rotation_error(pose: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """Computes the mean angle between the body joints' rotations.

    Args:
      pose: `(B, 24, 3, 3)` rotation matrices.
      other: `(B, 24, 3, 3)`.

    Returns:
      `(B,)` radians.
    """
    joints = slice(BODY_JOINTS[0], BODY_JOINTS[-1] + 1)
    angles = rotation_matrix.geodesic_distance(pose[:, joints], other[:, joints])
    return tf.reduce_mean(angles, axis=-1)


def _sparse_body(num_vertices: int) -> BodyModel:
    """The embedded body with some of its vertices alone."""
    data = default_body.read(MESH_VERTICES)
    kept = np.linspace(0, MESH_VERTICES - 1, num_vertices).astype(int)
    of_vertices = {
        name: getattr(data, name)[kept]
        for name in ("template", "shapedirs", "weights", "vertex_parts")
    }
    return BodyModel(dataclasses.replace(data, faces=np.zeros((0, 3), np.int32), **of_vertices))
