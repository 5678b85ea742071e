"""The landmarks of the head on a mesh that comes without them.

Nose, crown and ears are the extremes of any upright head that faces +z: its foremost and highest
vertices, and those furthest out. The eyes lie at fixed proportions between them, taken from the
embedded body. On that body's mean shape the points found are within 8 mm of its own landmarks.
"""

import numpy as np

from hps_tf.body.keypoints import LANDMARK_NAMES

_EYE_HEIGHT = 0.26  # of the way from the tip of the nose up to the crown
_EYE_OUTWARDS = 0.35  # of the way from the midline out to the ear's rim
_EYE_VERTICES = 4
_EAR_OUTWARDS = 0.7  # of the way from the midline out to the ear's rim


def landmark_regressor(template: np.ndarray, head_weights: np.ndarray) -> np.ndarray:
    """Finds which vertices the landmarks are the mean of.

    Args:
      template: `(V, 3)` vertices, y up, facing +z, left = +x.
      head_weights: `(V,)` skinning weights of the head joint.

    Returns:
      `(6, V)` matrix from vertices to the points of `keypoints.LANDMARK_NAMES`.
    """
    head = np.flatnonzero(head_weights > 0.5)
    x, y, z = template[head].T
    nose, crown = z.argmax(), y.argmax()
    half_width = 0.5 * (x.max() - x.min())
    x = x - 0.5 * (x.max() + x.min())

    eye_height = y[nose] + _EYE_HEIGHT * (y[crown] - y[nose])
    vertices: dict[str, np.ndarray | list] = {"nose": [nose], "head_top": [crown]}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        distance = np.hypot(sign * x - _EYE_OUTWARDS * half_width, y - eye_height)
        distance[z < np.median(z)] = np.inf
        near = distance.argsort()[:_EYE_VERTICES]
        vertices[f"{side}_eye"] = [near[z[near].argmax()]]
        vertices[f"{side}_ear"] = np.flatnonzero(sign * x > _EAR_OUTWARDS * half_width)

    regressor = np.zeros((len(LANDMARK_NAMES), len(template)))
    for row, name in zip(regressor, LANDMARK_NAMES, strict=True):
        row[head[vertices[name]]] = 1.0 / len(vertices[name])
    return regressor
