"""The body's surface as painting needs it: what each pixel sees, by rest place and normal."""

from typing import NamedTuple

import numpy as np
import scipy.sparse

from hps_tf.body import BodyModel
from hps_tf.rendering import BACKGROUND, rasterize


class Seen(NamedTuple):
    """The visible surface of a person in an image; N of its pixels show the person.

    Attributes:
      part_labels: `(S, S)` uint8.
      mask: `(S, S)` bool, True where the person is.
      places: `(N, 3)` float32, where on the mean shape's T-pose, metres, y up.
      normals: `(N, 3)` float32 in the camera frame, of length about 1.
    """

    part_labels: np.ndarray
    mask: np.ndarray
    places: np.ndarray
    normals: np.ndarray


class Surface:
    """The surface of a body.

    Args:
      body: The body model.

    Attributes:
      places: `(V, 3)` vertices of the mean shape in the T-pose.
    """

    def __init__(self, body: BodyModel):
        self.places = body().vertices.numpy()[0]
        self._faces = body.faces
        self._face_parts = body.face_parts
        owners = self._faces.ravel()
        triangles = np.repeat(np.arange(len(self._faces)), 3)
        self._sum_at_vertices = scipy.sparse.csr_matrix(
            (np.ones(len(owners), np.float32), (owners, triangles)),
            (body.num_vertices, len(self._faces)),
        )

    def see(self, vertices: np.ndarray, intrinsics: np.ndarray, image_size: int) -> Seen:
        """Looks at a posed body.

        Args:
          vertices: `(V, 3)` in the camera frame, metres, all before the camera.
          intrinsics: `(3, 3)`.
          image_size: S.

        Returns:
          What is seen.
        """
        normals, towards = self._triangle_normals(vertices)
        at_vertices = self._sum_at_vertices @ normals.T
        at_vertices /= np.maximum(np.linalg.norm(at_vertices, axis=1, keepdims=True), 1e-12)
        # A closed surface hides the triangles that face away, and half the work is saved.
        raster = rasterize(vertices, self._faces[towards], intrinsics, (image_size, image_size))
        mask = raster.triangles != BACKGROUND
        triangles = towards[raster.triangles[mask]]
        part_labels = np.zeros(mask.shape, np.uint8)
        part_labels[mask] = self._face_parts[triangles]

        values = np.concatenate([self.places, at_vertices], axis=1).astype(np.float32)
        weights = raster.barycentrics[mask]
        interpolated = np.einsum("nk,nkc->nc", weights, values[self._faces[triangles]])
        return Seen(part_labels, mask, interpolated[:, :3], interpolated[:, 3:])

    def _triangle_normals(self, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Normals `(3, F)`, as long as twice the area, and which triangles face the camera."""
        first, second, third = vertices.astype(np.float32).T[:, self._faces.T].swapaxes(0, 1)
        ax, ay, az = second - first
        bx, by, bz = third - first
        normals = np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])
        return normals, np.flatnonzero((normals * first).sum(axis=0) < 0)
