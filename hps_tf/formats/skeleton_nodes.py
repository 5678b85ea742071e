"""The joint tree of a shaped body, as formats with a skeleton need it.

Convention: zero rotations are the T-pose with world-aligned joint frames; a joint's offset is
from its parent in that pose, metres.
"""

from typing import NamedTuple

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import NUM_JOINTS


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
    for joint, parent in enumerate(body.skeleton.parents):
        if parent >= 0:
            offsets[joint] = body.data.rest_rotations[parent] @ (rest[joint] - rest[parent])
    skeleton = body.skeleton
    return SkeletonNodes(
        skeleton.joint_names, skeleton.parents, offsets, rest, body.data.rest_rotations
    )


def every_joint(body: BodyModel, pose: np.ndarray) -> np.ndarray:
    """Gives joints that a pose of 24 leaves out no rotation, as the body model does.

    Args:
      body: The body model, of J joints.
      pose: `(T, J, 3)`, or `(T, 24, 3)` of `hps_tf.body.skeleton.JOINT_NAMES`; axis-angle, radians.

    Returns:
      `(T, J, 3)`.
    """
    if pose.shape[1] == body.skeleton.num_joints:
        return pose
    full = np.zeros((len(pose), body.skeleton.num_joints, 3), pose.dtype)
    # Backwards: where a wrist stands for an absent hand, the wrist's own rotation is the one kept.
    for source in reversed(range(NUM_JOINTS)):
        full[:, body.skeleton.smpl24[source]] = pose[:, source]
    return full


def shaped_template(body: BodyModel, shape: np.ndarray) -> np.ndarray:
    """Gives a body's surface in its native pose.

    Args:
      body: The body model.
      shape: `(S,)` in standard deviations.

    Returns:
      `(V, 3)` metres.
    """
    return body.data.template + body.data.shapedirs @ shape
