"""The motion-capture poses most like given ones."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.priors.pose_space import PoseSpace

_FRAMES_AT_ONCE = 2048


class Neighbour(NamedTuple):
    """A pose of a clip.

    Attributes:
      clip: The clip's name.
      frame: Its frame.
      distance: Mean distance of the joints from the given pose's, metres.
      rotation_matrices: `(24, 3, 3)`; root and hands are identity.
    """

    clip: str
    frame: int
    distance: float
    rotation_matrices: np.ndarray


def nearest(
    rotation_matrices: np.ndarray,
    clips: Iterable[MotionClip],
    count: int,
    body: BodyModel,
    space: PoseSpace,
) -> list[list[Neighbour]]:
    """Finds for each pose the most similar one of every clip, and of these the best.

    One a clip, for consecutive frames hardly differ. Poses are compared by the mean distance of
    their joints on the mean body, pelvis on pelvis, without root and hand rotations.

    Args:
      rotation_matrices: `(N, 24, 3, 3)` poses of `space`.
      clips: The motion to search.
      count: Neighbours to keep for each pose.
      body: The body whose joints are compared.
      space: The pose space; says which joints count.

    Returns:
      For each pose up to `count` neighbours from different clips, the nearest first.
    """
    wanted = body.joints(rotation_matrices=rotation_matrices).numpy()
    found: list[list[Neighbour]] = [[] for _ in wanted]
    for clip in clips:
        for start in range(0, clip.num_frames, _FRAMES_AT_ONCE):
            pose = clip.pose[start : start + _FRAMES_AT_ONCE]
            matrices = space.to_matrices(space.from_pose(pose)).numpy()
            joints = body.joints(rotation_matrices=matrices).numpy()
            for kept, target in zip(found, wanted, strict=True):
                distances = np.linalg.norm(joints - target, axis=-1).mean(axis=-1)
                best = int(distances.argmin())
                candidate = Neighbour(
                    clip.name, start + best, float(distances[best]), matrices[best]
                )
                _keep(kept, candidate, count)
    return found


def _keep(kept: list[Neighbour], candidate: Neighbour, count: int) -> None:
    """Adds a candidate to its sorted list if it is among the best, one per clip."""
    kept.append(candidate)
    kept.sort(key=lambda neighbour: neighbour.distance)
    names = [neighbour.clip for neighbour in kept]
    kept[:] = [n for index, n in enumerate(kept) if n.clip not in names[:index]][:count]
