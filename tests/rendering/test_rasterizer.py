import numpy as np
import pytest

from hps_tf.rendering import BACKGROUND, NEAR, merge, rasterize

INTRINSICS = np.array([[100.0, 0, 31.5], [0, 90.0, 23.5], [0, 0, 1]])
SIZE = (48, 64)
SQUARE_FACES = np.array([[0, 1, 2], [0, 2, 3]])


def rays(intrinsics=INTRINSICS, size=SIZE):
    """Points at depth 1 that the pixel centres see, (H, W, 3)."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    pixels = np.stack([columns, rows, np.ones(size)], axis=-1)
    return pixels @ np.linalg.inv(intrinsics).T


def at_pixels(points, depth=2.0):
    """Camera-frame points of depth `depth` at the pixels (N, 2)."""
    points = np.asarray(points, float)
    homogeneous = np.concatenate([points, np.ones((len(points), 1))], axis=1)
    return depth * homogeneous @ np.linalg.inv(INTRINSICS).T


def square(half_side, depth):
    x = half_side
    return np.array([[-x, -x, depth], [x, -x, depth], [x, x, depth], [-x, x, depth]])


def random_triangles(count, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.uniform((-0.8, -0.6, 1), (0.8, 0.6, 4), (count, 1, 3))
    corners = centres + rng.normal(scale=0.3, size=(count, 3, 3))
    return corners.reshape(-1, 3), np.arange(3 * count).reshape(-1, 3)


def cast_rays(vertices, faces):
    """Nearest hit of every pixel's ray by Möller and Trumbore (1997), triangle by triangle."""
    directions = rays()
    depth = np.full(SIZE, np.inf)
    triangles = np.full(SIZE, BACKGROUND)
    for index, (origin, second, third) in enumerate(vertices[faces]):
        first_edge, second_edge = second - origin, third - origin
        cross = np.cross(directions, second_edge)
        determinant = cross @ first_edge
        u = cross @ -origin / determinant
        other = np.cross(-origin, first_edge)
        v = directions @ other / determinant
        t = second_edge @ other / determinant
        nearer = (u >= 0) & (v >= 0) & (u + v <= 1) & (t >= NEAR) & (t < depth)
        depth[nearer], triangles[nearer] = t[nearer], index
    return triangles, depth


def test_equals_ray_casting_of_random_triangles():
    vertices, faces = random_triangles(60)
    raster = rasterize(vertices, faces, INTRINSICS, SIZE)
    triangles, depth = cast_rays(vertices, faces)
    np.testing.assert_array_equal(raster.triangles, triangles)
    np.testing.assert_allclose(raster.depth, depth, rtol=1e-6)


def test_equals_ray_casting_of_triangles_around_the_camera():
    rng = np.random.default_rng(1)
    vertices = rng.normal(size=(90, 3))
    faces = np.arange(90).reshape(-1, 3)
    num_in_front = (vertices[faces][..., 2] >= NEAR).sum(axis=1)
    assert set(num_in_front) == {0, 1, 2, 3}
    raster = rasterize(vertices, faces, INTRINSICS, SIZE)
    triangles, depth = cast_rays(vertices, faces)
    np.testing.assert_array_equal(raster.triangles, triangles)
    np.testing.assert_allclose(raster.depth, depth, rtol=1e-5)


def test_barycentrics_give_the_point_that_the_ray_meets():
    vertices, faces = random_triangles(20, seed=2)
    vertices[::7, 2] *= -1
    raster = rasterize(vertices, faces, INTRINSICS, SIZE)
    seen = raster.triangles != BACKGROUND
    corners = vertices[faces[raster.triangles[seen]]]
    points = np.einsum("ni,nij->nj", raster.barycentrics[seen], corners)
    expected = rays()[seen] * raster.depth[seen][:, None]
    np.testing.assert_allclose(points, expected, atol=2e-6)
    np.testing.assert_allclose(raster.barycentrics[seen].sum(axis=-1), 1, atol=1e-6)


def test_depth_of_a_slanted_plane():
    # The plane z = 2 + 0.5 x - 0.25 y, cut at the image's frame by being larger than it.
    x, y = 10 * np.array([-1, 1, 1, -1]), 10 * np.array([-1, -1, 1, 1])
    plane = np.stack([0.1 * x, 0.1 * y, 2 + 0.05 * x - 0.025 * y], axis=-1)
    raster = rasterize(plane, SQUARE_FACES, INTRINSICS, SIZE)
    direction = rays()
    expected = 2 / (1 - 0.5 * direction[..., 0] + 0.25 * direction[..., 1])
    np.testing.assert_allclose(raster.depth, expected, rtol=1e-6)


def test_depth_of_a_floor_that_passes_under_the_camera():
    # y = 1.5 m below the camera, from behind it to far in front: clipped at the near plane.
    floor = np.array([[-400.0, 1.5, -20], [400, 1.5, -20], [400, 1.5, 400], [-400, 1.5, 400]])
    raster = rasterize(floor, SQUARE_FACES, INTRINSICS, SIZE)
    downwards = rays()[..., 1]
    below_horizon = downwards > 1.5 / 400
    expected = np.where(below_horizon, 1.5 / np.where(below_horizon, downwards, 1), np.inf)
    np.testing.assert_allclose(raster.depth, expected, rtol=1e-6)


def test_depth_of_a_sphere():
    trimesh = pytest.importorskip("trimesh")
    radius, centre = 0.5, np.array([0.1, -0.05, 2.5])
    sphere = trimesh.creation.icosphere(subdivisions=5, radius=radius)
    raster = rasterize(sphere.vertices + centre, sphere.faces, INTRINSICS, SIZE)
    direction = rays()
    quadratic = (direction**2).sum(-1)
    linear = direction @ centre
    discriminant = linear**2 - quadratic * (centre @ centre - radius**2)
    nearest = (linear - np.sqrt(np.maximum(discriminant, 0))) / quadratic
    well_inside = discriminant > 0.05
    np.testing.assert_allclose(raster.depth[well_inside], nearest[well_inside], atol=1e-3)
    assert np.isinf(raster.depth[discriminant < 0]).all()


def test_nearer_surface_hides_farther_one_whatever_their_order():
    near_square, far_square = square(0.2, 1.0), square(1.0, 2.0)
    for people in ([near_square, far_square], [far_square, near_square]):
        vertices, faces = merge(np.stack(people), SQUARE_FACES)
        raster = rasterize(vertices, faces, INTRINSICS, SIZE)
        shown = np.where(raster.depth == 1, 0.2, 1.0)
        np.testing.assert_array_equal(shown == 0.2, abs(rays()[..., :2]).max(axis=-1) <= 0.2)


def test_image_does_not_depend_on_the_order_of_triangles_and_corners():
    trimesh = pytest.importorskip("trimesh")
    sphere = trimesh.creation.icosphere(subdivisions=3, radius=0.5)
    vertices = sphere.vertices + np.array([0, 0, 2])
    expected = rasterize(vertices, sphere.faces, INTRINSICS, SIZE)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(sphere.faces))
    rolled = np.stack([np.roll(face, rng.integers(3)) for face in sphere.faces[order]])
    raster = rasterize(vertices, rolled, INTRINSICS, SIZE)
    seen = raster.triangles != BACKGROUND
    np.testing.assert_array_equal(order[raster.triangles[seen]], expected.triangles[seen])
    np.testing.assert_array_equal(seen, expected.triangles != BACKGROUND)
    np.testing.assert_allclose(raster.depth, expected.depth, rtol=1e-6)


def test_both_sides_are_seen():
    vertices, faces = random_triangles(10)
    raster = rasterize(vertices, faces, INTRINSICS, SIZE)
    turned = rasterize(vertices, faces[:, ::-1], INTRINSICS, SIZE)
    np.testing.assert_array_equal(raster.triangles, turned.triangles)


def test_centres_on_a_shared_edge_are_seen_once():
    # A fan around a pixel centre whose spokes pass through other centres.
    around = np.array([(4, 0), (4, 4), (0, 4), (-4, 4), (-4, 0), (-4, -4), (0, -4), (4, -4)])
    points = np.array([30, 20]) + np.concatenate([[(0, 0)], around])
    spokes = np.arange(8)
    faces = np.stack([np.zeros(8, int), 1 + spokes, 1 + (spokes + 1) % 8], axis=-1)
    # Exact arithmetic: these intrinsics leave pixel positions as they are.
    vertices = np.concatenate([points, np.ones((9, 1))], axis=1)
    images = [rasterize(vertices, faces[[k]], np.eye(3), SIZE).triangles == 0 for k in range(8)]
    counts = np.sum(images, axis=0)
    assert counts.max() == 1
    expected = np.zeros(SIZE, int)
    # Left and top edges of the outline belong to it, right and bottom edges do not.
    expected[16:24, 26:34] = 1
    np.testing.assert_array_equal(counts, expected)


def test_pixel_centres_are_at_integers():
    vertices = at_pixels([(9.6, 4.6), (10.4, 4.6), (10.0, 5.4)])
    raster = rasterize(vertices, np.array([[0, 1, 2]]), INTRINSICS, SIZE)
    assert np.argwhere(raster.triangles == 0).tolist() == [[5, 10]]


def test_of_surfaces_at_the_same_depth_the_first_is_seen():
    vertices = square(0.2, 1.0)
    faces = np.concatenate([SQUARE_FACES, SQUARE_FACES])
    raster = rasterize(vertices, faces, INTRINSICS, SIZE)
    assert set(np.unique(raster.triangles)) == {BACKGROUND, 0, 1}


def test_batch_equals_single_images():
    vertices, faces = random_triangles(20)
    rng = np.random.default_rng(3)
    batch = vertices + rng.normal(scale=0.1, size=(2, 3, 1, 3))
    cameras = INTRINSICS * rng.uniform(0.9, 1.1, (2, 3, 1, 1))
    cameras[..., 2, 2] = 1
    raster = rasterize(batch, faces, cameras, SIZE)
    assert raster.triangles.shape == raster.depth.shape == (2, 3, *SIZE)
    assert raster.barycentrics.shape == (2, 3, *SIZE, 3)
    for index in np.ndindex(2, 3):
        single = rasterize(batch[index], faces, cameras[index], SIZE)
        for ours, theirs in zip(raster, single, strict=True):
            np.testing.assert_array_equal(ours[index], theirs)


def test_triangles_that_fill_a_large_image_are_tested_in_portions(monkeypatch):
    vertices, faces = random_triangles(40)
    expected = rasterize(vertices, faces, INTRINSICS, SIZE)
    monkeypatch.setattr("hps_tf.rendering.rasterizer._MAX_CANDIDATES", 500)
    for ours, theirs in zip(rasterize(vertices, faces, INTRINSICS, SIZE), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def assert_empty(raster):
    assert (raster.triangles == BACKGROUND).all()
    assert (raster.barycentrics == 0).all()
    assert np.isinf(raster.depth).all()


@pytest.mark.parametrize(
    "offset", [(5, 0, 0), (-5, 0, 0), (0, 5, 0), (0, -5, 0), (0, 0, -2), (0, 0, NEAR / 2 - 1)]
)
def test_what_is_outside_the_image_or_nearer_than_the_near_plane_is_not_seen(offset):
    assert_empty(rasterize(square(0.2, 1.0) + offset, SQUARE_FACES, INTRINSICS, SIZE))


def test_large_triangle_that_only_crosses_the_image_is_seen():
    vertices = 1e6 * np.array([[-1, -1, 1.0], [1, -1, 1], [0, 2, 1]])
    raster = rasterize(vertices, np.array([[0, 1, 2]]), INTRINSICS, SIZE)
    assert (raster.triangles == 0).all()


@pytest.mark.parametrize(
    "corners",
    [
        [(10, 10), (20, 20), (30, 30)],
        [(10, 10), (10, 10), (30, 30)],
        [(10, 10), (10, 10), (10, 10)],
    ],
    ids=["line", "edge", "point"],
)
def test_triangles_without_area_are_not_seen(corners):
    vertices = np.concatenate([corners, np.ones((3, 1))], axis=1)
    assert_empty(rasterize(vertices, np.array([[0, 1, 2]]), np.eye(3), SIZE))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_triangles_that_are_not_finite_are_not_seen(value, axis):
    vertices = square(0.2, 1.0)
    vertices[1, axis] = value
    raster = rasterize(vertices, SQUARE_FACES, INTRINSICS, SIZE)
    assert set(np.unique(raster.triangles)) == {BACKGROUND, 1}


def test_no_triangles_no_vertices_no_images():
    no_faces = np.zeros((0, 3), int)
    assert_empty(rasterize(square(0.2, 1.0), no_faces, INTRINSICS, SIZE))
    assert_empty(rasterize(np.zeros((0, 3)), no_faces, INTRINSICS, SIZE))
    raster = rasterize(np.zeros((0, 4, 3)), SQUARE_FACES, INTRINSICS, SIZE)
    assert raster.barycentrics.shape == (0, *SIZE, 3)


def test_types():
    raster = rasterize(square(0.2, 1.0).astype(np.float32), SQUARE_FACES, INTRINSICS, SIZE)
    assert [image.dtype for image in raster] == [np.int32, np.float32, np.float32]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vertices": np.zeros((4, 2))}, r"`vertices`: expected shape \(..., vertices, 3\)"),
        (
            {"faces": np.zeros((2, 4), int)},
            r"`faces`: expected shape \(faces, 3\), received \(2, 4\)",
        ),
        (
            {"intrinsics": np.eye(4)},
            r"`intrinsics`: expected shape \(..., 3, 3\), received \(4, 4\)",
        ),
        ({"image_size": (0, 64)}, r"`image_size`: expected \(height, width\).* received \(0, 64\)"),
    ],
)
def test_wrong_arguments_are_named(change, message):
    arguments = {
        "vertices": square(0.2, 1.0),
        "faces": SQUARE_FACES,
        "intrinsics": INTRINSICS,
        "image_size": SIZE,
    }
    with pytest.raises(ValueError, match=message):
        rasterize(**{**arguments, **change})
