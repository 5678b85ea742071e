"""The 14 body parts of semantic alignment: DensePose's coarse parts, in DensePose's order.

Convention: label 0 is the background, 1 to 14 are `PART_NAMES[1:]`. Left is the person's own left.
"""

import numpy as np

from hps_tf.body.skeleton import mirror_permutation

PART_NAMES = (
    "background",
    "torso",
    "right_hand",
    "left_hand",
    "left_foot",
    "right_foot",
    "upper_leg_right",
    "upper_leg_left",
    "lower_leg_right",
    "lower_leg_left",
    "upper_arm_left",
    "upper_arm_right",
    "lower_arm_left",
    "lower_arm_right",
    "head",
)

NUM_PARTS = len(PART_NAMES) - 1

#: Label that each label becomes in the mirror image.
MIRROR_PARTS = mirror_permutation(PART_NAMES)

#: Part that a vertex belongs to when one of the 24 joints moves it most.
_PART_OF_JOINT = (
    "torso",
    "upper_leg_left",
    "upper_leg_right",
    "torso",
    "lower_leg_left",
    "lower_leg_right",
    "torso",
    "left_foot",
    "right_foot",
    "torso",
    "left_foot",
    "right_foot",
    "head",
    "torso",
    "torso",
    "head",
    "upper_arm_left",
    "upper_arm_right",
    "lower_arm_left",
    "lower_arm_right",
    "left_hand",
    "right_hand",
    "left_hand",
    "right_hand",
)


def from_weights(weights: np.ndarray) -> np.ndarray:
    """Labels each vertex by the part whose joints move it most.

    Args:
      weights: `(V, 24)` skinning weights.

    Returns:
      `(V,)` uint8 labels in 1..14.
    """
    votes = np.zeros((len(weights), len(PART_NAMES)))
    for joint, name in enumerate(_PART_OF_JOINT):
        votes[:, PART_NAMES.index(name)] += weights[:, joint]
    return votes.argmax(axis=1).astype(np.uint8)


def of_faces(vertex_parts: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Labels each triangle by the majority of its vertices, by the first vertex if all differ.

    Args:
      vertex_parts: `(V,)` labels.
      faces: `(F, 3)` vertex indices.

    Returns:
      `(F,)` labels of the same type.
    """
    first, second, third = vertex_parts[faces].T
    return np.where(second == third, second, first)


def vertex_subsets(vertex_parts: np.ndarray) -> tuple[np.ndarray, ...]:
    """Selects M(V, k), the vertices of each part (Zanfir et al. 2020, Eq. 7).

    Args:
      vertex_parts: `(V,)` labels.

    Returns:
      14 arrays of increasing vertex indices; entry k - 1 holds part k and may be empty.
    """
    return tuple(np.flatnonzero(vertex_parts == part) for part in range(1, NUM_PARTS + 1))
