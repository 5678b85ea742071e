"""The rasterizer against embree, an independent ray caster, on posed bodies."""

import numpy as np
import pytest

from hps_tf.body import load_default
from hps_tf.geometry import axis_angle
from hps_tf.rendering import NEAR, merge, part_labels, rasterize

pytest.importorskip("embreex")
trimesh = pytest.importorskip("trimesh")

SIZE = (128, 160)
LEAST_AGREEMENT = 0.999
Y_UP_TO_CAMERA = np.diag([1.0, -1.0, -1.0])


@pytest.fixture(scope="module", params=[3000, 6890])
def body(request):
    return load_default(request.param)


def cast_rays(vertices, faces, intrinsics):
    """The triangle each pixel centre sees, (H, W); -1 for none."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    pixels = np.stack([columns, rows, np.ones(SIZE)], axis=-1).reshape(-1, 3)
    directions = pixels @ np.linalg.inv(intrinsics).T
    mesh = trimesh.Trimesh(vertices, faces, process=False)
    caster = trimesh.ray.ray_pyembree.RayMeshIntersector(mesh)
    return caster.intersects_first(NEAR * directions, directions).reshape(SIZE)


def random_scene(body, seed, num_people=1, distance=(1.0, 3.5)):
    """People in random poses before a random camera: vertices (P, V, 3) and intrinsics."""
    rng = np.random.default_rng(seed)
    vertices = body(
        pose=rng.normal(scale=0.35, size=(num_people, 24, 3)),
        shape=rng.normal(size=(num_people, body.num_shape)),
        translation=rng.normal(scale=0.3, size=(num_people, 3)),
    ).vertices.numpy()
    turn = axis_angle.to_matrix(np.array([rng.uniform(-0.6, 0.6), rng.uniform(-3, 3), 0.0]))
    vertices = vertices @ (Y_UP_TO_CAMERA @ turn.numpy()).T + (0, 0, rng.uniform(*distance))
    focal = rng.uniform(100, 250)
    return vertices, np.array([[focal, 0, 79.8], [0, 1.1 * focal, 64.3], [0, 0, 1]])


def agreement(labels, expected):
    """Share of equal labels among the pixels that show a body in either image."""
    foreground = (labels > 0) | (expected > 0)
    assert foreground.sum() > 500
    return (labels == expected)[foreground].mean()


@pytest.mark.parametrize("seed", range(4))
def test_labels_of_a_person(body, seed):
    vertices, intrinsics = random_scene(body, seed)
    labels = part_labels(rasterize(vertices[0], body.faces, intrinsics, SIZE), body.face_parts)
    seen = cast_rays(vertices[0], body.faces, intrinsics)
    assert agreement(labels, np.append(body.face_parts, 0)[seen]) >= LEAST_AGREEMENT


def test_labels_of_people_who_hide_each_other(body):
    vertices, intrinsics = random_scene(body, seed=5, num_people=3, distance=(2.5, 2.5))
    joined, faces = merge(vertices, body.faces)
    face_parts = np.tile(body.face_parts, 3)
    raster = rasterize(joined, faces, intrinsics, SIZE)
    labels = part_labels(raster, face_parts)
    seen = cast_rays(joined, faces, intrinsics)
    assert agreement(labels, np.append(face_parts, 0)[seen]) >= LEAST_AGREEMENT
    people = np.unique(raster.triangles[raster.triangles >= 0] // len(body.faces))
    assert people.tolist() == [0, 1, 2]


def test_labels_of_a_person_whom_the_camera_stands_in(body):
    vertices, intrinsics = random_scene(body, seed=6, distance=(0.2, 0.2))
    depths = vertices[0][body.faces][..., 2]
    assert ((depths.min(axis=1) < NEAR) & (depths.max(axis=1) > NEAR)).any()
    labels = part_labels(rasterize(vertices[0], body.faces, intrinsics, SIZE), body.face_parts)
    seen = cast_rays(vertices[0], body.faces, intrinsics)
    assert agreement(labels, np.append(body.face_parts, 0)[seen]) >= LEAST_AGREEMENT
