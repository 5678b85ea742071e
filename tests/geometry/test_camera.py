import numpy as np
import pytest
import tensorflow as tf

from hps_tf.geometry import camera

FOCAL_LENGTH, PRINCIPAL_POINT = np.array([1100.0, 1200.0]), np.array([310.0, 250.0])
INTRINSICS = np.array([[1100.0, 3.0, 310.0], [0.0, 1200.0, 250.0], [0.0, 0.0, 1.0]])
BOX = np.array([40.0, 60.0, 200.0, 100.0])  # left, top, width, height
SIZE = (128, 384)  # height, width


@pytest.fixture
def points(rng) -> np.ndarray:
    return rng.normal(size=(4, 24, 3)) * [0.4, 0.8, 0.4] + [0.0, 0.0, 4.0]


def test_project_equals_the_homogeneous_product(points, execute):
    homogeneous = points @ INTRINSICS.T
    pixels = execute(camera.project)(tf.constant(points), tf.constant(INTRINSICS))
    np.testing.assert_allclose(pixels, homogeneous[..., :2] / homogeneous[..., 2:], rtol=1e-14)


def test_project_equals_tensorflow_graphics(points):
    from tensorflow_graphics.rendering.camera import perspective  # Takes seconds.

    expected = perspective.project(points, FOCAL_LENGTH, PRINCIPAL_POINT)
    intrinsics = camera.intrinsic_matrix(FOCAL_LENGTH, PRINCIPAL_POINT)
    np.testing.assert_allclose(camera.project(points, intrinsics), expected, rtol=1e-14)


def test_each_batch_entry_has_its_own_intrinsics(points, execute):
    intrinsics = INTRINSICS * np.linspace(0.5, 2.0, 4)[:, np.newaxis, np.newaxis]
    intrinsics[:, 2, 2] = 1.0
    pixels = execute(camera.project)(tf.constant(points), tf.constant(intrinsics))
    for i in range(4):
        np.testing.assert_allclose(pixels[i], camera.project(points[i], intrinsics[i]))


def test_point_on_the_right_below_the_axis_is_seen_right_below_the_centre():
    u, v = camera.project(np.array([[1.0, 1.0, 2.0]]), INTRINSICS)[0]
    assert u > PRINCIPAL_POINT[0]
    assert v > PRINCIPAL_POINT[1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_unproject_inverts_project(points, dtype, execute):
    points = points.astype(dtype)
    intrinsics = tf.constant(INTRINSICS.astype(dtype))
    pixels = camera.project(points, intrinsics)
    returned = execute(camera.unproject)(pixels, tf.constant(points[..., 2]), intrinsics)
    np.testing.assert_allclose(returned, points, atol=8 * np.finfo(dtype).eps)


def test_viewing_slopes_are_the_slopes_of_the_points(points, execute):
    pixels = camera.project(points, INTRINSICS)
    slopes = execute(camera.viewing_slopes)(pixels, tf.constant(INTRINSICS))
    np.testing.assert_allclose(slopes, points[..., :2] / points[..., 2:], atol=1e-14)


def test_crop_round_trip_returns_the_pixels(rng, execute):
    pixels = tf.constant(rng.uniform(0.0, 500.0, size=(3, 24, 2)))
    box = tf.constant(BOX + rng.uniform(0.0, 20.0, size=(3, 4)))
    cropped = execute(lambda p, b: camera.crop_points(p, b, SIZE))(pixels, box)
    returned = execute(lambda p, b: camera.uncrop_points(p, b, SIZE))(cropped, box)
    np.testing.assert_allclose(returned, pixels, atol=1e-11)


def test_crop_maps_the_edges_of_the_box_to_the_edges_of_the_image():
    left, top, width, height = BOX
    corners = np.array([[left, top], [left + width, top + height]]) - 0.5
    cropped = camera.crop_points(corners, BOX, SIZE)
    np.testing.assert_allclose(cropped, [[-0.5, -0.5], [SIZE[1] - 0.5, SIZE[0] - 0.5]])


def test_crop_agrees_with_slicing_and_resizing_an_image():
    rows, columns = np.mgrid[:300, :400].astype(np.float32)
    image = np.stack([columns, rows], axis=-1)  # Each pixel holds its own position.
    left, top, width, height = BOX.astype(int)
    resized = tf.image.resize(image[top : top + height, left : left + width], SIZE).numpy()
    positions = camera.crop_points(resized.reshape(-1, 2), BOX.astype(np.float32), SIZE)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    inside = np.s_[2:-2, 2:-2]  # Resizing repeats the outermost pixels.
    np.testing.assert_allclose(
        positions.numpy().reshape(*SIZE, 2)[inside],
        np.stack([columns, rows], axis=-1)[inside],
        atol=1e-3,
    )


def test_crop_intrinsics_project_where_the_cropped_pixels_are(points, execute):
    cropped = execute(lambda k, b: camera.crop_intrinsics(k, b, SIZE))(
        tf.constant(INTRINSICS), tf.constant(BOX)
    )
    expected = camera.crop_points(camera.project(points, INTRINSICS), BOX, SIZE)
    np.testing.assert_allclose(camera.project(points, cropped), expected, atol=1e-10)


def test_crop_intrinsics_round_trip_returns_the_full_frame(rng, execute):
    box = tf.constant(BOX + rng.uniform(0.0, 20.0, size=(3, 4)))
    cropped = camera.crop_intrinsics(INTRINSICS, box, SIZE)
    full = execute(lambda k, b: camera.uncrop_intrinsics(k, b, SIZE))(cropped, box)
    np.testing.assert_allclose(full, np.broadcast_to(INTRINSICS, (3, 3, 3)), atol=1e-11)


def test_opengl_looks_along_minus_z_with_y_up():
    np.testing.assert_array_equal(
        camera.opencv_to_opengl(np.array([1.0, 2.0, 3.0])), [1.0, -2.0, -3.0]
    )


def test_opengl_round_trip_returns_the_points(points, execute):
    opengl = execute(camera.opencv_to_opengl)(tf.constant(points))
    np.testing.assert_array_equal(execute(camera.opengl_to_opencv)(opengl), points)


def test_opengl_conversion_keeps_handedness(rng):
    a, b = rng.normal(size=(2, 3))
    np.testing.assert_allclose(
        np.cross(camera.opencv_to_opengl(a), camera.opencv_to_opengl(b)),
        camera.opencv_to_opengl(np.cross(a, b)),
    )


def test_derivative_of_projection_equals_finite_differences(points):
    theoretical, numerical = tf.test.compute_gradient(
        camera.project, [points[0, :4], INTRINSICS], delta=1e-4
    )
    for actual, expected in zip(theoretical, numerical, strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: camera.project(tf.zeros([24, 2]), tf.eye(3)), "`points`.*received .24, 2."),
        (lambda: camera.project(tf.zeros([24, 3]), tf.zeros([4])), "`intrinsics`.*received .4,."),
        (lambda: camera.viewing_slopes(tf.zeros([24, 3]), tf.eye(3)), "`pixels`.*received .24, 3."),
        (
            lambda: camera.unproject(tf.zeros([24, 2]), tf.zeros([23]), tf.eye(3)),
            r"`depth`: expected shape \(\.\.\., 24\), received \(23,\)",
        ),
        (lambda: camera.crop_points(tf.zeros([5, 2]), tf.zeros([2]), SIZE), "`box`.*received .2,."),
        (
            lambda: camera.uncrop_points(tf.zeros([2]), tf.ones([4]), SIZE),
            "`pixels`.*received .2,.",
        ),
        (
            lambda: camera.crop_intrinsics(tf.eye(2), tf.ones([4]), SIZE),
            "`intrinsics`.*received .2, 2.",
        ),
        (lambda: camera.opencv_to_opengl(tf.zeros([4])), "`points`.*received .4,."),
        (
            lambda: camera.intrinsic_matrix(tf.zeros([]), tf.zeros([2])),
            "`focal_length`.*received ..",
        ),
    ],
)
def test_wrong_shape_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
