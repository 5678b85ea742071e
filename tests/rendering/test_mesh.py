import numpy as np
import pytest

from hps_tf.rendering import merge, vertex_normals

TRIANGLE = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
FACE = np.array([[0, 1, 2]])


def test_normals_of_a_sphere_are_its_radii():
    trimesh = pytest.importorskip("trimesh")
    sphere = trimesh.creation.icosphere(subdivisions=3)
    normals = vertex_normals(sphere.vertices, sphere.faces)
    np.testing.assert_allclose(normals, sphere.vertices, atol=0.02)


def test_normals_point_out_of_counter_clockwise_triangles():
    np.testing.assert_array_equal(vertex_normals(TRIANGLE, FACE), [[0, 0, 1]] * 3)


def test_larger_triangles_weigh_more():
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 3]])
    normals = vertex_normals(vertices, np.array([[0, 1, 2], [0, 2, 3]]))
    np.testing.assert_allclose(normals[0], np.array([3, 0, 1]) / np.sqrt(10))


def test_normals_of_a_batch_equal_single_ones():
    rng = np.random.default_rng(0)
    vertices = rng.normal(size=(2, 3, 7, 3))
    faces = rng.integers(7, size=(9, 3))
    normals = vertex_normals(vertices, faces)
    for index in np.ndindex(2, 3):
        np.testing.assert_allclose(normals[index], vertex_normals(vertices[index], faces))


def test_vertices_without_area_have_no_normal():
    vertices = np.concatenate([TRIANGLE, [[5, 5, 5]]])
    assert (vertex_normals(vertices, np.array([[0, 0, 1]])) == 0).all()


def test_merge_keeps_every_triangle_of_every_person():
    people = np.stack([TRIANGLE, TRIANGLE + 1, TRIANGLE + 2])
    faces = np.array([[0, 1, 2], [2, 1, 0]])
    vertices, merged_faces = merge(people, faces)
    assert vertices.shape == (9, 3)
    for triangle, face in enumerate(merged_faces):
        np.testing.assert_array_equal(
            vertices[face], people[triangle // len(faces)][faces[triangle % len(faces)]]
        )


def test_merge_keeps_batch_axes():
    vertices, _ = merge(np.zeros((4, 5, 3, 7, 3)), FACE)
    assert vertices.shape == (4, 5, 21, 3)


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match=r"`vertices`: expected shape \(..., people, vertices, 3"):
        merge(TRIANGLE, FACE)
    with pytest.raises(ValueError, match=r"`faces`: expected shape \(faces, 3\)"):
        vertex_normals(TRIANGLE, FACE[0])


def test_normals_equal_tensorflow_graphics():
    # It takes seconds to import.
    from tensorflow_graphics.geometry.representation.mesh import normals as tfg_normals

    rng = np.random.default_rng(0)
    vertices = rng.normal(size=(8, 3))
    faces = np.array([[i, j, k] for i in range(8) for j in range(i) for k in range(j)], np.int32)
    expected = tfg_normals.vertex_normals(vertices, faces).numpy()
    np.testing.assert_allclose(vertex_normals(vertices, faces), expected, atol=1e-12)
