"""The arrays of a body model; every reader of a body file fills a `BodyData`."""

import dataclasses

import numpy as np

from hps_tf.body.skeleton import SMPL24, Skeleton


@dataclasses.dataclass(frozen=True)
class BodyData:
    """A linear blend-skinned body of V vertices, J joints and S shape components.

    Metres; y up, facing +z, left = +x. The template is in its native pose: the T-pose for SMPL
    files, an A-pose for the embedded body, with `rest_rotations` leading from it to the T-pose.

    Attributes:
      template: `(V, 3)` float, the mean shape.
      shapedirs: `(V, 3, S)` displacement for one unit of each shape component.
      template_joints: `(J, 3)` joints of the mean shape.
      joint_shapedirs: `(J, 3, S)` their displacement.
      weights: `(V, J)` skinning weights, rows summing to one.
      faces: `(F, 3)` int32 triangles, counter-clockwise seen from outside.
      vertex_parts: `(V,)` uint8 labels in 1..14, see `parts`.
      rest_rotations: `(J, 3, 3)` global rotations from the native pose to the T-pose.
      posedirs: `(V, 3, 9 (J - 1))` displacement for each entry of R - I of the local rotations of
        all joints but the root, or None.
      landmarks: `(6, 3)` the points of `keypoints.LANDMARK_NAMES` on the mean shape, or None.
      landmark_shapedirs: `(6, 3, S)` their displacement, or None.
      name: The model's: files of networks and images name it.
      skeleton: Its joint tree.
    """

    template: np.ndarray
    shapedirs: np.ndarray
    template_joints: np.ndarray
    joint_shapedirs: np.ndarray
    weights: np.ndarray
    faces: np.ndarray
    vertex_parts: np.ndarray
    rest_rotations: np.ndarray
    posedirs: np.ndarray | None = None
    landmarks: np.ndarray | None = None
    landmark_shapedirs: np.ndarray | None = None
    name: str = "default"
    skeleton: Skeleton = SMPL24
