"""Points of the head that the keypoint sets need besides joints."""

import numpy as np

from hps_tf.body.keypoints import LANDMARK_NAMES
from tools.default_body.makehuman import BaseMesh, MakeHuman

_FRONTAL_VERTICES = 8


def landmark_regressor(makehuman: MakeHuman, mesh: BaseMesh) -> np.ndarray:
    """Returns the `(6, N)` matrix that takes base vertices to the landmarks.

    The tip of the nose and the pupils are the foremost vertices of nose and eyeballs, an ear is
    the mean of what MakeHuman's ear size moves, the crown is the body's highest vertex.
    """
    nose = [makehuman.target(f"nose/nose-point-{way}").indices for way in ("up", "down")]
    body = np.unique(mesh.body_faces)
    vertices = {
        "nose": _foremost(mesh, np.intersect1d(np.concatenate(nose), body)),
        "head_top": body[[mesh.vertices[body, 1].argmax()]],
    }
    for side, letter in (("left", "l"), ("right", "r")):
        vertices[f"{side}_eye"] = _foremost(mesh, mesh.groups[f"helper-{letter}-eye"])
        ear = makehuman.target(f"ears/{letter}-ear-scale-incr").indices
        vertices[f"{side}_ear"] = np.intersect1d(ear, body)

    regressor = np.zeros((len(LANDMARK_NAMES), len(mesh.vertices)))
    for row, name in zip(regressor, LANDMARK_NAMES, strict=True):
        row[vertices[name]] = 1.0 / len(vertices[name])
    return regressor


def _foremost(mesh: BaseMesh, vertices: np.ndarray) -> np.ndarray:
    """Picks the vertices furthest to the front, those as far as the last one included."""
    depth = mesh.vertices[vertices, 2]
    return vertices[depth >= np.sort(depth)[-_FRONTAL_VERTICES]]
