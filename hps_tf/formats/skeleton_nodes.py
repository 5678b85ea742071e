"""The joint tree of a shaped body, as formats with a skeleton need it.

Convention: zero rotations are the T-pose with world-aligned joint frames; a joint's offset is
from its parent in that pose, metres.
"""

from typing import NamedTuple

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import JOINT_NAMES, PARENTS


class SkeletonNodes(NamedTuple):
    """A joint tree of J joints.

    Attributes:
      names: The joints' names.
      parents: Each joint's parent, before its children; -1 of the root.
      offsets: `(J, 3)` from the parent in the T-pose, metres; the root's is its place.
      rest: `(J, 3)` joints in the body's native pose, metres.
      rest_rotations: `(J, 3, 3)` global rotations from the native pose to the T-pose.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: np.ndarray
    rest: np.ndarray
    rest_rotations: np.ndarray


def of_body(body: BodyModel, shape: np.ndarray) -> SkeletonNodes:
    """Gives the joint tree of a body.

    Args:
      body: The body model.
      shape: `(S,)` in standard deviations.
    """
    rest = body.data.template_joints + body.data.joint_shapedirs @ shape
    offsets = rest.copy()
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            offsets[joint] = body.data.rest_rotations[parent] @ (rest[joint] - rest[parent])
    return SkeletonNodes(JOINT_NAMES, PARENTS, offsets, rest, body.data.rest_rotations)


def shaped_template(body: BodyModel, shape: np.ndarray) -> np.ndarray:
    """Gives a body's surface in its native pose.

    Args:
      body: The body model.
      shape: `(S,)` in standard deviations.

    Returns:
      `(V, 3)` metres.
    """
    return body.data.template + body.data.shapedirs @ shape
