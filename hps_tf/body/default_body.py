"""The embedded body: MakeHuman's CC0 base mesh as a 24-joint, 16-component body.

Convention: zero rotations are the T-pose with world-aligned joint frames, as for SMPL. A shape
component's unit is one standard deviation of a sampled adult population; the components are
MakeHuman's, not SMPL's. The pelvis is at the origin for every shape.

What the components change, at -2 and +2 of each beside the mean body (166.7 cm tall in the T-pose,
56.6 litres; girths are convex):

* 0, size: -19 and +20 cm of height, -17 and +24 l, legs ±12 cm, arms ±7 cm.
* 1, upper against lower trunk: chest +5 and -4 cm, shoulders ±3 cm, hips -4 and +4 cm.
* 2, legs against trunk: legs +1.4 and -1.4 cm, waist -1.5 and +1.8 cm.
* 3, chest: -5 and +5.5 cm, arms ±1 cm.
* 4, waist: -7 and +7 cm, -5 and +5 l, at the same height.
* 5, girth everywhere: -6 and +6.5 l; 6 the other way round, +5 and -5 l: less weight as it grows.
* 7 and 8, girth: ±2 l in opposite directions.
* 9 to 15, details: at most 0.5 l and 2 cm of any girth.

``default_body.npz`` is written by ``tools.build_default_body``. Lengths are integers, in multiples
of ``unit`` metres; displacements are stored component first. ``vN_*`` is the level of N vertices.
"""

from pathlib import Path

import numpy as np

from hps_tf.body.body_data import BodyData

PATH = Path(__file__).with_name("default_body.npz")

LEVELS = (6890, 3000)


def read(num_vertices: int = 6890) -> BodyData:
    """Reads a level of detail of the embedded body.

    Args:
      num_vertices: 6890 or 3000.

    Returns:
      The body.

    Raises:
      ValueError: If there is no such level.
    """
    if num_vertices not in LEVELS:
        raise ValueError(f"`num_vertices`: expected one of {LEVELS}, received {num_vertices}")
    level = f"v{num_vertices}"
    with np.load(PATH, allow_pickle=False) as stored:
        weights = stored[f"{level}_weights"].astype(np.float64)
        return BodyData(
            template=_template(stored, level),
            shapedirs=_shapedirs(stored, level),
            template_joints=_template(stored, "joint"),
            joint_shapedirs=_shapedirs(stored, "joint"),
            weights=weights / weights.sum(axis=1, keepdims=True),
            faces=stored[f"{level}_faces"].astype(np.int32),
            vertex_parts=stored[f"{level}_parts"],
            rest_rotations=stored["rest_rotations"].astype(np.float64),
            landmarks=_template(stored, "landmark"),
            landmark_shapedirs=_shapedirs(stored, "landmark"),
        )


def _template(stored: np.lib.npyio.NpzFile, prefix: str) -> np.ndarray:
    return stored[f"{prefix}_template"] * stored["unit"]


def _shapedirs(stored: np.lib.npyio.NpzFile, prefix: str) -> np.ndarray:
    return np.moveaxis(stored[f"{prefix}_shapedirs"], 0, -1) * stored["unit"]
