"""Cutting triangles at the camera's near plane (Sutherland and Hodgman 1974)."""

from typing import NamedTuple

import numpy as np


class ClippedTriangles(NamedTuple):
    """Clips triangles at the near plane.

    Attributes:
      corners: `(T, 3, 3)` camera-frame corners, all with z at or (to rounding) beyond the plane.
      source: `(T,)` the triangle each is a piece of.
      weights: `(T, 3, 3)` barycentric coordinates, in the source triangle, of each corner.
    """

    corners: np.ndarray
    source: np.ndarray
    weights: np.ndarray


def clip_near(corners: np.ndarray, near: float) -> ClippedTriangles:
    """Keeps the part of each triangle with z >= near.

    A triangle behind the plane vanishes, one that crosses it becomes one or two. The cut of an
    edge depends on that edge alone, so neighbours still meet without a gap.

    Args:
      corners: `(T, 3, 3)` camera-frame corners.
      near: Depth of the plane, metres.

    Returns:
      The pieces; whole triangles come first, in order.
    """
    in_front = corners[..., 2] >= near
    num_in_front = in_front.sum(axis=1)
    whole = np.flatnonzero(num_in_front == 3)
    crossing = np.flatnonzero((num_in_front == 1) | (num_in_front == 2))
    identity = np.broadcast_to(np.eye(3), (len(whole), 3, 3))
    if not len(crossing):
        return ClippedTriangles(corners[whole], whole, identity)

    # Of the three corners one is alone on its side; start each triangle there.
    is_tip = num_in_front[crossing] == 1
    alone = np.argmax(in_front[crossing] == is_tip[:, None], axis=1)
    order = (alone[:, None] + np.arange(3)) % 3
    units = np.eye(3)[order]
    depths = np.take_along_axis(corners[crossing, :, 2], order, axis=1)
    cut_next = _cut(units[:, 0], units[:, 1], depths[:, 0], depths[:, 1], near)
    cut_previous = _cut(units[:, 0], units[:, 2], depths[:, 0], depths[:, 2], near)

    tips = np.stack([units[:, 0], cut_next, cut_previous], axis=1)[is_tip]
    near_halves = np.stack([cut_next, units[:, 1], units[:, 2]], axis=1)[~is_tip]
    far_halves = np.stack([cut_next, units[:, 2], cut_previous], axis=1)[~is_tip]
    weights = np.concatenate([tips, near_halves, far_halves])
    source = np.concatenate([crossing[is_tip], crossing[~is_tip], crossing[~is_tip]])
    return ClippedTriangles(
        corners=np.concatenate(
            [corners[whole], np.einsum("tij,tjk->tik", weights, corners[source])]
        ),
        source=np.concatenate([whole, source]),
        weights=np.concatenate([identity, weights]),
    )


def _cut(
    weights_a: np.ndarray,
    weights_b: np.ndarray,
    depth_a: np.ndarray,
    depth_b: np.ndarray,
    near: float,
) -> np.ndarray:
    """Barycentric weights of the point at depth `near` on the edges from a to b."""
    # Always measured from the corner in front, so both triangles of an edge get the same bits.
    a_in_front = depth_a >= near
    front, behind = np.where(a_in_front, (depth_a, depth_b), (depth_b, depth_a))
    fraction = ((front - near) / (front - behind))[:, None]
    share_b = np.where(a_in_front[:, None], fraction, 1 - fraction)
    share_a = np.where(a_in_front[:, None], 1 - fraction, fraction)
    return share_a * weights_a + share_b * weights_b
