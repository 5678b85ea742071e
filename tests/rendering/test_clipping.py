import numpy as np
import pytest

from hps_tf.rendering.clipping import clip_near

NEAR = 1.0


def triangle(*depths):
    return np.array([[(0.0, 0.0, depths[0]), (2.0, 0.0, depths[1]), (0.0, 2.0, depths[2])]])


def areas(corners):
    return 0.5 * np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=-1
    )


def test_what_is_in_front_is_kept_as_it_is():
    corners = triangle(1.0, 2.0, 3.0)
    pieces = clip_near(corners, NEAR)
    np.testing.assert_array_equal(pieces.corners, corners)
    np.testing.assert_array_equal(pieces.weights, np.eye(3)[None])
    assert pieces.source.tolist() == [0]


def test_what_is_behind_vanishes():
    assert len(clip_near(triangle(0.5, -1.0, 0.9), NEAR).corners) == 0


@pytest.mark.parametrize("shift", [0, 1, 2])
@pytest.mark.parametrize(
    ("depths", "num_pieces", "kept_share"),
    # Similar triangles: the tip beyond half of two edges holds a quarter of the area.
    [((1.5, 0.5, 0.5), 1, 0.25), ((0.5, 1.5, 1.5), 2, 0.75), ((1.5, 0.0, 0.5), 1, 1 / 6)],
)
def test_crossing_triangle_keeps_its_farther_part(depths, num_pieces, kept_share, shift):
    corners = np.roll(triangle(*depths), shift, axis=1)
    pieces = clip_near(corners, NEAR)
    assert len(pieces.corners) == num_pieces
    assert pieces.corners[..., 2].min() == pytest.approx(NEAR)
    np.testing.assert_allclose(areas(pieces.corners).sum(), kept_share * areas(corners).sum())
    np.testing.assert_allclose(pieces.weights @ corners, pieces.corners)
    # Pieces keep the orientation of their source.
    normals = np.cross(*np.moveaxis(pieces.corners[:, 1:] - pieces.corners[:, :1], 1, 0))
    normal = np.cross(*np.moveaxis(corners[:, 1:] - corners[:, :1], 1, 0))
    assert (normals @ normal[0] > 0).all()


def test_neighbours_cut_their_shared_edge_in_the_same_bits():
    rng = np.random.default_rng(0)
    front, behind = rng.uniform(1, 2, (50, 3)), rng.uniform(0, 1, (50, 3))
    others = rng.uniform(0, 2, (2, 50, 3))
    one = clip_near(np.stack([front, behind, others[0]], axis=1), NEAR).corners
    other = clip_near(np.stack([behind, front, others[1]], axis=1), NEAR).corners
    points = {tuple(point) for point in one.reshape(-1, 3)}
    shared = points & {tuple(point) for point in other.reshape(-1, 3)}
    # The front corner and the cut, of every edge.
    assert len(shared) == 100


def test_source_names_the_triangle_of_every_piece():
    corners = np.concatenate([triangle(2, 0.5, 2), triangle(2, 2, 2), triangle(0, 0, 0)])
    assert clip_near(corners, NEAR).source.tolist() == [1, 0, 0]
