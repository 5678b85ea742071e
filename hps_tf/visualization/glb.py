"""Meshes as binary glTF 2.0 files, which browsers and 3D programs open.

Convention: glTF is y up and metres, as the world and body frames are; what lies in the camera frame
of OpenCV must be turned by diag(1, -1, -1) first. glTF colours are linear: ours, in sRGB, are
converted.
"""

import os

import numpy as np
import numpy.typing as npt
import trimesh

from hps_tf import atomic_file
from hps_tf.geometry import checks
from hps_tf.rendering import vertex_normals
from hps_tf.rendering.colour import srgb_to_linear, to_uint8
from hps_tf.visualization import palette


def write(
    path: str | os.PathLike[str],
    vertices: np.ndarray,
    faces: np.ndarray,
    *,
    colours: npt.ArrayLike = palette.SKIN,
) -> None:
    """Writes a mesh; the file appears whole or not at all.

    Args:
      path: The file; its directory must exist.
      vertices: `(V, 3)` metres, y up; written as float32, in this order.
      faces: `(F, 3)` vertex indices.
      colours: `(3,)` one colour or `(V, 3)` one a vertex, sRGB in [0, 1].

    Raises:
      ValueError: If a shape is wrong.
    """
    checks.shape("vertices", vertices, ("vertices", 3))
    checks.shape("faces", faces, ("faces", 3))
    opaque = np.ones((len(vertices), 1))
    rgb = srgb_to_linear(np.broadcast_to(colours, (len(vertices), 3)))
    mesh = trimesh.Trimesh(
        vertices,
        faces,
        vertex_normals=vertex_normals(vertices, faces),
        vertex_colors=to_uint8(np.concatenate([rgb, opaque], axis=1)),
        process=False,
    )
    content = trimesh.Scene(mesh).export(file_type="glb", include_normals=True)
    with atomic_file.replacing(path) as temporary:
        temporary.write_bytes(content)
