import numpy as np
import pytest
import trimesh

from hps_tf.errors import InputError
from tools.default_body import simplification


@pytest.fixture(scope="module")
def sphere():
    mesh = trimesh.creation.icosphere(subdivisions=4)
    return np.asarray(mesh.vertices), np.asarray(mesh.faces)


@pytest.mark.parametrize("num_vertices", [1001, 1800])
def test_level_has_exactly_the_vertices_asked_for(sphere, num_vertices):
    level = simplification.simplify(*sphere, num_vertices)
    assert level.barycentric.shape == (num_vertices, 3)
    assert len(np.unique(level.faces)) == num_vertices
    assert len(level.faces) == 2 * num_vertices - 4


def test_collapse_that_stops_too_early_is_refused(sphere):
    with pytest.raises(InputError, match=r"expected 300 vertices, received 3[0-9]+"):
        simplification.simplify(*sphere, 300)


def test_vertices_stay_on_the_surface(sphere):
    vertices, _ = sphere
    level = simplification.simplify(*sphere, 1001)
    radius = np.linalg.norm(level.carry(vertices), axis=1)
    assert radius.min() > 0.99
    assert radius.max() < 1.0 + 1e-12


def test_carried_constants_stay_constant(sphere):
    level = simplification.simplify(*sphere, 1500)
    np.testing.assert_allclose(level.carry(np.full((len(sphere[0]), 2), 3.0)), 3.0)


def test_closest_points_equal_a_search_of_all_triangles(sphere):
    vertices, faces = sphere
    rng = np.random.default_rng(0)
    points = rng.normal(size=(50, 3))
    points *= rng.uniform(0.97, 1.03, (50, 1)) / np.linalg.norm(points, axis=1, keepdims=True)
    corners, barycentric = simplification.closest_points(vertices, faces, points)
    found = np.einsum("pk,pkc->pc", barycentric, vertices[corners])
    expected = trimesh.triangles.closest_point(
        np.repeat(vertices[faces], len(points), axis=0), np.tile(points, (len(faces), 1))
    ).reshape(len(faces), len(points), 3)
    distances = np.linalg.norm(expected - points, axis=-1).min(axis=0)
    np.testing.assert_allclose(np.linalg.norm(found - points, axis=1), distances, atol=1e-12)
