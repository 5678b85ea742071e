"""The lifting module's numbers, seen in a mirror.

A mirror exchanges left and right and flips x, so each number of the image is one of the original,
or its negative.
"""

import numpy as np
import tensorflow as tf

from hps_tf.body.skeleton import BODY_JOINTS, COCO17_NAMES, MIRROR_JOINTS, mirror_permutation
from hps_tf.models.lifting_module import NUM_SHAPE, SPREADS

_KEYPOINTS = list(mirror_permutation(COCO17_NAMES))
_JOINTS = [MIRROR_JOINTS[joint] - BODY_JOINTS[0] for joint in BODY_JOINTS]
_SIGNS_6D = (1.0, -1.0, -1.0, -1.0, 1.0, 1.0)
"""With M = diag(-1, 1, 1), the first two columns of M R M."""


def mirror(name: str, numbers: tf.Tensor) -> tf.Tensor:
    """Mirrors numbers.

    Args:
      name: Those of which: ``"evidence"``, or an output of `lifting_module`: ``"root"``,
        ``"pose"``, ``"shape"`` or ``"log_variances"``. Root and pose are 6D rotations, no offsets.
      numbers: `(..., N)`.

    Returns:
      `(..., N)`.
    """
    order, signs = _MIRRORS[name]
    return tf.gather(numbers, order, axis=-1) * signs


def _numbers(groups: list[tuple[list[int], int, tuple[float, ...]]]) -> tuple[np.ndarray, ...]:
    """Order and signs of groups of (what takes whose place, numbers each, their signs)."""
    orders, signs, start = [], [], 0
    for places, size, group_signs in groups:
        orders.append(start + size * np.repeat(places, size) + np.tile(range(size), len(places)))
        signs.append(np.tile(group_signs, len(places)))
        start += size * len(places)
    return np.concatenate(orders), np.concatenate(signs).astype(np.float32)


_AS_IT_IS = [0]
_WHOLE = ("root", "place", "shape")  # Between those of joints and of keypoints, in their order.
_MIRRORS = {
    "evidence": _numbers([(_KEYPOINTS, 3, (-1.0, 1.0, 1.0)), (_AS_IT_IS, 1, (1.0,))]),
    "root": _numbers([(_AS_IT_IS, 6, _SIGNS_6D)]),
    "pose": _numbers([(_JOINTS, 6, _SIGNS_6D)]),
    "shape": _numbers([(_AS_IT_IS, NUM_SHAPE, (1.0,) * NUM_SHAPE)]),
    "log_variances": _numbers(
        [
            (_JOINTS, 3, (1.0,) * 3),
            *((_AS_IT_IS, SPREADS[name], (1.0,) * SPREADS[name]) for name in _WHOLE),
            (_KEYPOINTS, 1, (1.0,)),
        ]
    ),
}
