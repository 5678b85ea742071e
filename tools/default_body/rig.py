"""MakeHuman's 163-bone rig merged into the 24 joints and the 14 parts.

Bones that a joint carries rigidly add their weights to it, which leaves the skinning exact. A
joint sits at the mean of MakeHuman's helper cubes, so it moves linearly with the shape.
"""

from collections.abc import Callable

import numpy as np

from hps_tf.body.parts import MIRROR_PARTS, PART_NAMES
from hps_tf.body.skeleton import JOINT_NAMES, MIRROR_JOINTS, NUM_JOINTS
from tools.default_body.makehuman import BaseMesh, BoneWeights

_NEGLIGIBLE_WEIGHT = 1e-3

#: Joint of each bone, by the beginning of its name; the first match counts. Other bones are the
#: head's: skull, jaw, eyes, face and tongue.
_JOINT_OF_BONE = (
    (("root", "pelvis", "spine05"), "pelvis"),
    (("spine04", "spine03"), "spine1"),
    (("spine02", "breast"), "spine2"),
    (("spine01",), "spine3"),
    (("neck",), "neck"),
    (("clavicle", "shoulder"), "collar"),
    (("upperarm",), "shoulder"),
    (("lowerarm",), "elbow"),
    (("wrist", "metacarpal", "finger1"), "wrist"),
    (("finger",), "hand"),
    (("upperleg",), "hip"),
    (("lowerleg",), "knee"),
    (("foot",), "ankle"),
    (("toe",), "foot"),
)

#: Part of each bone, likewise.
_PART_OF_BONE = (
    (("root", "pelvis", "spine", "breast", "clavicle", "shoulder", "neck01"), "torso"),
    (("upperarm",), "upper_arm_{side}"),
    (("lowerarm",), "lower_arm_{side}"),
    (("wrist", "metacarpal", "finger"), "{side}_hand"),
    (("upperleg",), "upper_leg_{side}"),
    (("lowerleg",), "lower_leg_{side}"),
    (("foot", "toe"), "{side}_foot"),
)

_MIDLINE_CUBES = {
    "pelvis": "joint-pelvis",
    "spine1": "joint-spine-4",
    "spine2": "joint-spine-2",
    "spine3": "joint-spine-1",
    "neck": "joint-neck",
    "head": "joint-head",
}

_SIDE_CUBES = {
    "hip": ("upper-leg",),
    "knee": ("knee",),
    "ankle": ("ankle",),
    "foot": tuple(f"toe-{toe}-1" for toe in range(1, 6)),
    "collar": ("clavicle",),
    "shoulder": ("shoulder",),
    "elbow": ("elbow",),
    "wrist": ("hand",),
    "hand": ("finger-3-1",),
}


def joint_regressor(mesh: BaseMesh) -> np.ndarray:
    """Returns the `(24, N)` matrix that takes base vertices to joint positions."""
    regressor = np.zeros((NUM_JOINTS, len(mesh.vertices)))
    for row, joint in zip(regressor, JOINT_NAMES, strict=True):
        cubes = [mesh.groups[name] for name in _cubes(joint)]
        for vertices in cubes:
            row[vertices] += 1.0 / len(vertices) / len(cubes)
    return regressor


def knuckle_regressor(mesh: BaseMesh) -> np.ndarray:
    """Returns the `(4, N)` matrix to the index and little finger's knuckles, left then right."""
    regressor = np.zeros((4, len(mesh.vertices)))
    names = [f"joint-{side}-finger-{finger}-1" for side in ("l", "r") for finger in (2, 5)]
    for row, name in zip(regressor, names, strict=True):
        row[mesh.groups[name]] = 1.0 / len(mesh.groups[name])
    return regressor


def _cubes(joint: str) -> list[str]:
    if joint in _MIDLINE_CUBES:
        return [_MIDLINE_CUBES[joint]]
    side, name = joint.split("_")
    return [f"joint-{side}-{cube}" for cube in _SIDE_CUBES[name]]


def merged_weights(bone_weights: dict[str, BoneWeights], mesh: BaseMesh) -> np.ndarray:
    """Returns `(N, 24)` skinning weights, symmetric, each row summing to one (or all zero)."""
    weights = _accumulated(bone_weights, len(mesh.vertices), JOINT_NAMES, _joint_of_bone)
    weights = _symmetric(weights, mesh.mirror, MIRROR_JOINTS)
    weights[weights < _NEGLIGIBLE_WEIGHT] = 0.0
    return _normalized(weights)


def part_votes(bone_weights: dict[str, BoneWeights], mesh: BaseMesh) -> np.ndarray:
    """Returns `(N, 15)` symmetric shares of the parts in each vertex, background included."""
    votes = _accumulated(bone_weights, len(mesh.vertices), PART_NAMES, _part_of_bone)
    return _symmetric(votes, mesh.mirror, MIRROR_PARTS)


def _accumulated(
    bone_weights: dict[str, BoneWeights],
    num_vertices: int,
    names: tuple[str, ...],
    name_of_bone: Callable[[str], str],
) -> np.ndarray:
    sums = np.zeros((num_vertices, len(names)))
    for bone, weights in bone_weights.items():
        np.add.at(sums[:, names.index(name_of_bone(bone))], weights.indices, weights.values)
    return _normalized(sums)


def _symmetric(weights: np.ndarray, mirror: np.ndarray, columns: tuple[int, ...]) -> np.ndarray:
    return 0.5 * (weights + weights[mirror][:, columns])


def _normalized(weights: np.ndarray) -> np.ndarray:
    return weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)


def _joint_of_bone(bone: str) -> str:
    stem, _, side = bone.partition(".")
    for beginnings, joint in _JOINT_OF_BONE:
        if stem.startswith(beginnings):
            # The breasts are two bones of a midline joint.
            return f"{side.lower()}_{joint}" if side and joint not in JOINT_NAMES else joint
    return "head"


def _part_of_bone(bone: str) -> str:
    stem, _, side = bone.partition(".")
    for beginnings, part in _PART_OF_BONE:
        if stem.startswith(beginnings):
            return part.format(side={"L": "left", "R": "right", "": ""}[side])
    return "head"
