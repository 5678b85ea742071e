import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from hps_tf.geometry import camera, translation

INTRINSICS = np.array([[1100.0, 0.0, 480.0], [0.0, 1150.0, 520.0], [0.0, 0.0, 1.0]])
METHODS = [translation.from_weak_perspective, translation.from_perspective]
# For many calls of one shape: by single operations each takes a tenth of a second.
IN_GRAPHS = [tf.function(method) for method in METHODS]
HALF_TURN = np.array([-1.0, 1.0, -1.0])  # about the vertical axis, the person seen from behind


class Scene:
    """People of 24 joints in front of a camera, and what it sees."""

    def __init__(self, rng: np.random.Generator, num_people: int = 6):
        self.joints = rng.normal(size=(num_people, 24, 3)) * [0.25, 0.5, 0.2]
        self.translation = rng.uniform([-1, -0.5, 2.5], [1, 0.5, 8], size=(num_people, 3))
        self.joints_2d = self.project(self.joints + self.translation[:, np.newaxis])
        self.confidence = rng.uniform(0.2, 1.0, size=(num_people, 24))

    @staticmethod
    def project(points: np.ndarray) -> np.ndarray:
        return camera.project(points, INTRINSICS).numpy()

    def arguments(self, dtype=np.float64) -> list[tf.Tensor]:
        arrays = self.joints, self.joints_2d, self.confidence, INTRINSICS
        return [tf.constant(array.astype(dtype)) for array in arrays]


@pytest.fixture
def scene(rng) -> Scene:
    return Scene(rng)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-4), (np.float64, 1e-12)])
def test_perspective_is_exact_for_exact_detections(scene, dtype, tolerance, execute):
    found = execute(translation.from_perspective)(*scene.arguments(dtype))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, scene.translation, atol=tolerance)


def test_weak_perspective_is_exact_for_a_flat_body(scene, execute):
    scene.joints[..., 2] = 0.1
    scene.joints_2d = scene.project(scene.joints + scene.translation[:, np.newaxis])
    found = execute(translation.from_weak_perspective)(*scene.arguments())
    np.testing.assert_allclose(found, scene.translation, atol=1e-12)


def test_weak_perspective_is_near_for_a_deep_body(scene):
    found = translation.from_weak_perspective(*scene.arguments())
    np.testing.assert_allclose(found, scene.translation, rtol=0.1, atol=0.1)


def test_perspective_is_near_the_least_reprojection_error_under_noise(scene, rng):
    scene.joints_2d += rng.normal(size=scene.joints_2d.shape)
    found = translation.from_perspective(*scene.arguments()).numpy()
    for i, start in enumerate(scene.translation):

        def residuals(t, i=i):
            errors = scene.project(scene.joints[i] + t) - scene.joints_2d[i]
            return (np.sqrt(scene.confidence[i])[:, np.newaxis] * errors).ravel()

        np.testing.assert_allclose(found[i], least_squares(residuals, start).x, atol=0.01)


def test_near_and_far_joints_pull_as_in_the_reprojection_error(rng):
    intrinsics = tf.constant(np.diag([1000.0, 1000.0, 1.0]))
    joints = tf.constant(rng.uniform([-1, -1, 2], [1, 1, 8], size=(10, 3)))
    confidence = tf.constant(rng.uniform(0.2, 1.0, size=10))
    joints_2d = camera.project(joints, intrinsics)
    origin = tf.zeros(3, tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([origin, joints_2d])
        projected = tf.reshape(camera.project(joints + origin, intrinsics), [20])
        found = translation.from_perspective(joints, joints_2d, confidence, intrinsics)
    # How the minimiser of Σ c |Π(X + t) − u|² follows a small change of u: (Jᵀ C J)⁻¹ Jᵀ C.
    j = tape.jacobian(projected, origin).numpy()
    weighted = j.T * np.repeat(confidence, 2)
    expected = np.linalg.solve(weighted @ j, weighted)
    actual = tape.jacobian(found, joints_2d).numpy().reshape(3, 20)
    np.testing.assert_allclose(actual, expected, atol=0.05 * np.abs(expected).max())


@pytest.mark.parametrize("method", METHODS)
def test_missing_joints_are_ignored_even_if_nan(method, scene, execute):
    kept = np.s_[:, ::3]
    scene.confidence[:] = 0.0
    scene.confidence[kept] = 0.7
    joints, joints_2d, confidence, intrinsics = scene.arguments()
    expected = method(scene.joints[kept], scene.joints_2d[kept], scene.confidence[kept], INTRINSICS)
    is_missing = confidence[..., tf.newaxis] == 0.0
    joints, joints_2d = (
        tf.where(is_missing, tf.constant(np.nan, tf.float64), x) for x in (joints, joints_2d)
    )
    found = execute(method)(joints, joints_2d, confidence, intrinsics)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_two_visible_joints_suffice(scene, execute):
    scene.confidence[:, 2:] = 0.0
    found = execute(translation.from_perspective)(*scene.arguments())
    np.testing.assert_allclose(found, scene.translation, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_one_visible_joint_is_put_on_its_ray_at_the_fallback_depth(method, scene, execute):
    scene.confidence[:, 1:] = 0.0
    found = execute(lambda *arguments: method(*arguments, fallback_depth=3.0))(*scene.arguments())
    placed = scene.joints[:, :1] + found[:, np.newaxis]
    np.testing.assert_allclose(placed[..., 2], 3.0, atol=1e-12)
    np.testing.assert_allclose(scene.project(placed), scene.joints_2d[:, :1], atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_without_a_visible_joint_the_origin_is_put_on_the_optical_axis(method, scene, execute):
    scene.confidence[:] = 0.0
    found = execute(method)(*scene.arguments())
    np.testing.assert_allclose(found, np.broadcast_to([0.0, 0.0, 5.0], found.shape))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("coincident", ["joints", "joints_2d"])
def test_joints_that_coincide_are_put_at_the_fallback_depth(coincident, method, scene, execute):
    points = getattr(scene, coincident)
    points[:] = points[:, :1]
    found = execute(method)(*scene.arguments(np.float32)).numpy()
    centroid = np.average(scene.joints[..., 2], axis=1, weights=scene.confidence)
    np.testing.assert_allclose(found[:, 2] + centroid, 5.0, atol=1e-4)


def test_people_of_one_batch_do_not_affect_each_other(scene):
    scene.confidence[0] = 0.0
    scene.confidence[1, 1:] = 0.0
    together = translation.from_perspective(*scene.arguments())
    np.testing.assert_allclose(together[2:], scene.translation[2:], atol=1e-12)


def test_perspective_falls_back_on_weak_perspective_when_seen_from_behind(scene):
    scene.joints = scene.joints * HALF_TURN
    arguments = scene.arguments()
    found = translation.from_perspective(*arguments)
    np.testing.assert_array_equal(found, translation.from_weak_perspective(*arguments))
    np.testing.assert_allclose(found[:, 2], scene.translation[:, 2], rtol=0.15)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_depth_is_positive_whatever_is_detected(seed):
    rng = np.random.default_rng(seed)
    scene = Scene(rng, num_people=2)
    scene.joints_2d = rng.uniform(0.0, 1000.0, size=scene.joints_2d.shape)
    scene.confidence[rng.random(scene.confidence.shape) < 0.5] = 0.0
    for method in IN_GRAPHS:
        found = method(*scene.arguments()).numpy()
        centroid = np.average(scene.joints[..., 2], axis=1, weights=scene.confidence)
        assert (found[:, 2] + centroid > 0.0).all()


def test_several_starts_share_the_detections(scene, execute):
    joints, joints_2d, confidence, intrinsics = scene.arguments()
    starts = tf.stack([joints, joints * HALF_TURN])
    found = execute(translation.from_perspective)(starts, joints_2d, confidence, intrinsics)
    assert found.shape == (2, 6, 3)
    np.testing.assert_allclose(found[0], scene.translation, atol=1e-12)


def test_gradient_is_finite_however_few_joints_are_visible(scene, execute):
    num_visible = np.array([[0], [1], [2], [3], [12], [24]])
    scene.confidence *= np.arange(24) < num_visible

    @execute
    def gradients(joints, joints_2d, confidence, intrinsics):
        with tf.GradientTape() as tape:
            tape.watch([joints, joints_2d])
            found = translation.from_perspective(joints, joints_2d, confidence, intrinsics)
        return tape.gradient(found, [joints, joints_2d])

    assert all(np.isfinite(gradient).all() for gradient in gradients(*scene.arguments()))


@pytest.mark.parametrize("method", IN_GRAPHS)
def test_derivative_equals_finite_differences(method, scene):
    confidence = scene.confidence[0, :5]
    theoretical, numerical = tf.test.compute_gradient(
        lambda x, u: method(x, u, confidence, INTRINSICS),
        [scene.joints[0, :5], scene.joints_2d[0, :5]],
        delta=1e-4,
    )
    for actual, expected in zip(theoretical, numerical, strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((24, 2), (24, 2), (24,), (3, 3)), r"`joints_3d`: expected shape \(\.\.\., joints, 3\)"),
        (((24, 3), (17, 2), (24,), (3, 3)), r"`joints_2d`: expected shape \(\.\.\., 24, 2\)"),
        (((24, 3), (24, 2), (17,), (3, 3)), r"`confidence`: expected shape \(\.\.\., 24\)"),
        (((24, 3), (24, 2), (24,), (3,)), r"`intrinsics`: expected shape \(\.\.\., 3, 3\)"),
    ],
)
def test_wrong_shape_is_named(shapes, message, method):
    with pytest.raises(ValueError, match=message):
        method(*(tf.ones(shape) for shape in shapes))
