"""Meshes as binary glTF 2.0 files, which browsers and 3D programs open.

Convention: glTF is y up and metres, as the world and body frames are; what lies in the camera frame
of OpenCV must be turned by diag(1, -1, -1) first. glTF colours are linear: ours, in sRGB, are
converted.
"""

import os
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import trimesh

from hps_tf.geometry import checks
from hps_tf.io import atomic_file
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
    colours = np.broadcast_to(colours, (len(vertices), 3))
    write_scene(path, {"body": vertices}, faces, {"body": colours})


def write_scene(
    path: str | os.PathLike[str],
    people: Mapping[str, np.ndarray],
    faces: np.ndarray,
    colours: Mapping[str, np.ndarray],
) -> None:
    """Writes several people, each a mesh of its own; the file appears whole or not at all.

    Args:
      path: The file; its directory must exist.
      people: `(V, 3)` metres, y up, by name.
      faces: `(F, 3)` vertex indices of each.
      colours: `(V, 3)` of the vertices, sRGB in [0, 1], by name.

    Raises:
      ValueError: If a shape is wrong.
    """
    checks.shape("faces", faces, ("faces", 3))
    scene = trimesh.Scene()
    for name, vertices in people.items():
        checks.shape(f"people[{name!r}]", vertices, ("vertices", 3))
        opaque = np.ones((len(vertices), 1))
        mesh = trimesh.Trimesh(
            vertices,
            faces,
            vertex_normals=vertex_normals(vertices, faces),
            vertex_colors=to_uint8(np.concatenate([srgb_to_linear(colours[name]), opaque], axis=1)),
            process=False,
        )
        scene.add_geometry(mesh, node_name=name, geom_name=name)
    content = scene.export(file_type="glb", include_normals=True)
    with atomic_file.replacing(path) as temporary:
        temporary.write_bytes(content)
