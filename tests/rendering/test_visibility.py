import numpy as np
import pytest

from hps_tf.body import default_body
from hps_tf.body.parts import PART_NAMES
from hps_tf.rendering import rasterize, vertex_normals
from hps_tf.rendering.visibility import visible_vertices

INTRINSICS = np.array([[100.0, 0, 31.5], [0, 100, 31.5], [0, 0, 1]])
FACES = np.array([[0, 1, 2], [0, 2, 3]])


def square(size, depth):
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * size / 2
    return np.column_stack([corners, np.full(4, depth)])


def depth_of(*squares):
    vertices = np.concatenate(squares)
    faces = np.concatenate([FACES + 4 * number for number in range(len(squares))])
    return rasterize(vertices, faces, INTRINSICS, (64, 64)).depth


def test_a_nearer_surface_hides():
    near, far = square(0.4, 1.0), square(0.2, 1.5)
    depth = depth_of(near, far)
    assert visible_vertices(near, INTRINSICS, depth).all()
    assert not visible_vertices(far, INTRINSICS, depth).any()
    assert visible_vertices(far, INTRINSICS, depth, tolerance=0.6).all()


def test_outside_or_behind_is_not_seen():
    vertices = np.array([[0, 0, 1.0], [5, 0, 1], [0, -5, 1], [0, 0, -1], [0, 0, 0]])
    seen = visible_vertices(vertices, INTRINSICS, np.full((64, 64), np.inf))
    np.testing.assert_array_equal(seen, [True, False, False, False, False])


def test_front_of_a_body_is_seen_and_its_back_is_not():
    data = default_body.read(3000)
    vertices = data.template * (1.0, -1.0, -1.0) + (0.0, 0.0, 3.0)
    intrinsics = np.array([[350.0, 0, 127.5], [0, 350, 127.5], [0, 0, 1]])
    depth = rasterize(vertices, data.faces, intrinsics, (256, 256)).depth
    seen = visible_vertices(vertices, intrinsics, depth)
    facing = -(vertex_normals(vertices, data.faces) * vertices).sum(axis=1) / np.linalg.norm(
        vertices, axis=1
    )
    assert seen[facing > 0.3].mean() > 0.9
    # Of thick parts: fingers are thinner than the tolerance, and lips turn inwards.
    thick = ("torso", "upper_leg_left", "upper_leg_right")
    is_thick = np.isin(data.vertex_parts, [PART_NAMES.index(name) for name in thick])
    assert seen[is_thick & (facing < -0.3)].mean() < 0.1


def test_batches_equal_single_images():
    near, far = square(0.4, 1.0), square(0.2, 1.5)
    depths = np.stack([depth_of(near), depth_of(far)])
    both = visible_vertices(np.stack([far, far]), np.stack([INTRINSICS] * 2), depths)
    for row, depth in zip(both, depths, strict=True):
        np.testing.assert_array_equal(row, visible_vertices(far, INTRINSICS, depth))


def test_wrong_shape_is_named():
    with pytest.raises(ValueError, match=r"`depth`: expected shape"):
        visible_vertices(square(1, 1), INTRINSICS, np.zeros(3))
