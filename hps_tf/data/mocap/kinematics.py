"""Forward kinematics in NumPy, vectorised over frames.

Convention: column vectors; a joint's rotation turns its children's offsets.
"""

from collections.abc import Sequence

import numpy as np

from hps_tf.errors import InputError

_MOST_STILL = 1 << 22  # Of all frames together; each takes 200 bytes.


def check_still_joints(name: str, num_frames: int, num_still: int) -> None:
    """Checks that joints which nothing turns do not make a small file a large motion.

    Args:
      name: How errors call the file.
      num_frames: Its frames.
      num_still: How many of its joints have no values in a frame.

    Raises:
      InputError: If they are more than a skeleton's.
    """
    if num_frames * num_still > _MOST_STILL:
        raise InputError(
            f"{name}: expected at most {_MOST_STILL // num_frames} joints that nothing turns in"
            f" {num_frames} frames, received {num_still}"
        )


def forward_kinematics(
    rotations: np.ndarray, offsets: np.ndarray, parents: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Chains local rotations and offsets from the root to the leaves.

    Args:
      rotations: `(F, J, 3, 3)` rotation of each joint relative to its parent.
      offsets: `(J, 3)` or `(F, J, 3)` joint from its parent in the parent's frame; the root's is
        its position.
      parents: Parent of each joint, before its children; -1 for the root.

    Returns:
      World rotations `(F, J, 3, 3)` and positions `(F, J, 3)`.
    """
    offsets = np.broadcast_to(offsets, rotations.shape[:-1])
    world = np.empty_like(rotations)
    positions = np.empty_like(rotations[..., 0])
    for joint, parent in enumerate(parents):
        if parent < 0:
            world[:, joint] = rotations[:, joint]
            positions[:, joint] = offsets[:, joint]
        else:
            world[:, joint] = world[:, parent] @ rotations[:, joint]
            turned = world[:, parent] @ offsets[:, joint, :, None]
            positions[:, joint] = positions[:, parent] + turned[..., 0]
    return world, positions


def local_rotations(world: np.ndarray, parents: Sequence[int]) -> np.ndarray:
    """Returns each joint's rotation relative to its parent, the inverse of the chaining above.

    Args:
      world: `(F, J, 3, 3)` world rotations.
      parents: Parent of each joint; -1 for the root.
    """
    local = world.copy()
    for joint, parent in enumerate(parents):
        if parent >= 0:
            local[:, joint] = np.swapaxes(world[:, parent], -1, -2) @ world[:, joint]
    return local
