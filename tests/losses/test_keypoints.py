import numpy as np
import pytest
import tensorflow as tf

from hps_tf.losses import heatmap_loss, keypoint_loss

PEOPLE, KEYPOINTS, IMAGE_SIZE = 3, 6, 64
HEIGHT, WIDTH, STRIDE, SPREAD = 7, 9, 4, 1.5


@pytest.fixture
def projected():
    """Projected and labelled keypoints up to half the image apart, and weights with a 0."""
    rng = np.random.default_rng(0)
    points = rng.uniform(10, 50, (PEOPLE, KEYPOINTS, 2))
    target = points + rng.uniform(-15, 15, points.shape)
    weights = rng.uniform(0.1, 1, (PEOPLE, KEYPOINTS))
    weights[:, 2] = 0
    return points, target, weights


@pytest.fixture
def drawn():
    """Logits, keypoints inside of the map, and weights."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(PEOPLE, HEIGHT, WIDTH, KEYPOINTS))
    points = rng.uniform(0, 1, (PEOPLE, KEYPOINTS, 2)) * STRIDE * np.array([WIDTH, HEIGHT]) - 0.5
    return logits, points, rng.uniform(0.1, 1, (PEOPLE, KEYPOINTS))


def single(*arrays):
    return [tf.constant(array, tf.float32) for array in arrays]


def align(points, target, weights):
    return keypoint_loss(*single(points, target, weights), IMAGE_SIZE)


def draw(logits, points, weights):
    return heatmap_loss(*single(logits, points, weights), STRIDE, SPREAD)


def target_map(point):
    """The normalized Gaussian (H, W) around a keypoint, pixels of the image."""
    x, y = (point + 0.5) / STRIDE - 0.5
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    gaussian = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * SPREAD**2))
    return gaussian / gaussian.sum()


def heatmap_reference(logits, points, weights):
    losses = []
    for person in range(PEOPLE):
        total = 0.0
        for k in range(KEYPOINTS):
            likely = np.exp(logits[person, :, :, k])
            target = target_map(points[person, k])
            total += weights[person, k] * np.sum(
                target * (np.log(target) - np.log(likely / likely.sum()))
            )
        losses.append(total / weights[person].sum())
    return losses


def gradient(function, values):
    (values,) = single(values)
    with tf.GradientTape() as tape:
        tape.watch(values)
        loss = function(values)
    return tape.gradient(loss, values).numpy()


def test_keypoint_loss_is_the_weighted_mean_distance(projected):
    points, target, weights = projected
    distances = [
        [np.hypot(*(a - b)) / IMAGE_SIZE for a, b in zip(*person, strict=True)]
        for person in zip(points, target, strict=True)
    ]
    expected = np.sum(weights * distances, axis=1) / weights.sum(axis=1)
    np.testing.assert_allclose(align(*projected), expected, rtol=1e-3)


def test_distances_count_at_most_as_half_the_image(projected):
    points, target, weights = projected
    points[0] += 1e6
    points[1, 0] = 1e30
    found = align(points, target, weights).numpy()
    np.testing.assert_allclose(found[0], 0.5)
    assert 0 < found[1] <= 0.5
    gradients = gradient(lambda p: align(p, target, weights), points)
    np.testing.assert_array_equal(gradients[0], 0)
    np.testing.assert_array_equal(gradients[1, 0], 0)
    assert np.isfinite(gradients).all()


def test_missing_keypoints_do_not_count(projected):
    points, target, weights = projected
    expected = align(points, target, weights)
    target[:, 2] = 1e30
    np.testing.assert_array_equal(align(points, target, weights), expected)
    gradients = gradient(lambda p: align(p, target, weights), points)
    np.testing.assert_array_equal(gradients[:, 2], 0)
    assert (gradients[:, 3] != 0).all()
    assert np.isfinite(gradients).all()


def test_without_keypoints_there_is_no_loss_and_no_gradient(projected, drawn):
    points, target, _ = projected
    none = np.zeros((PEOPLE, KEYPOINTS))
    np.testing.assert_array_equal(align(points, target, none), np.zeros(PEOPLE))
    np.testing.assert_array_equal(gradient(lambda p: align(p, target, none), points), 0)
    logits, inside, _ = drawn
    np.testing.assert_array_equal(draw(logits, inside, none), np.zeros(PEOPLE))
    np.testing.assert_array_equal(gradient(lambda x: draw(x, inside, none), logits), 0)


def test_keypoints_that_coincide_have_a_gradient_of_zero(projected):
    points, _, weights = projected
    target = points.astype(np.float32)
    np.testing.assert_allclose(align(points, target, weights), 0.1 / IMAGE_SIZE, rtol=1e-5)
    np.testing.assert_array_equal(gradient(lambda p: align(p, target, weights), points), 0)


def test_the_gradient_of_keypoint_loss_equals_finite_differences(projected):
    points, target, weights = map(tf.constant, projected)
    theoretical, numerical = tf.test.compute_gradient(
        lambda p: keypoint_loss(p, target, weights, IMAGE_SIZE), [points], delta=1e-4
    )
    np.testing.assert_allclose(theoretical[0], numerical[0], atol=1e-7)
    assert np.abs(theoretical[0]).max() > 1e-3


def test_heatmap_loss_is_the_divergence_from_gaussians(drawn):
    np.testing.assert_allclose(draw(*drawn), heatmap_reference(*drawn), rtol=1e-4)


def test_heatmap_loss_is_zero_at_the_targets_logarithm_and_positive_elsewhere(drawn):
    logits, points, weights = drawn
    maps = [[target_map(point) for point in person] for person in points]
    best = np.moveaxis(np.log(maps), 1, -1) + np.arange(KEYPOINTS)
    np.testing.assert_allclose(draw(best, points, weights), np.zeros(PEOPLE), atol=1e-5)
    gradients = gradient(lambda x: draw(x, points, weights), best)
    np.testing.assert_allclose(gradients, 0, atol=1e-6)
    assert (draw(best + 0.5 * logits, points, weights).numpy() > 0.01).all()


def test_the_gradient_of_heatmap_loss_equals_finite_differences(drawn):
    # The loss computes in float32, so the differences are coarse.
    logits, points, weights = single(*drawn)
    logits, points, weights = logits[:1, ..., :2], points[:1, :2], weights[:1, :2]
    theoretical, numerical = tf.test.compute_gradient(
        lambda x: heatmap_loss(x, points, weights, STRIDE, SPREAD), [logits], delta=0.03
    )
    np.testing.assert_allclose(theoretical[0], numerical[0], atol=2e-4)
    assert np.abs(theoretical[0]).max() > 0.01


@pytest.mark.parametrize("outside", [(-0.51, 9), (35.51, 9), (9, -0.51), (9, 27.51), (np.nan, 9)])
def test_a_keypoint_outside_of_the_map_counts_as_not_labelled(outside, drawn):
    logits, points, weights = drawn
    without = weights.copy()
    without[0, 1] = 0
    points[0, 1] = outside
    np.testing.assert_array_equal(draw(logits, points, weights), draw(logits, points, without))
    gradients = gradient(lambda x: draw(x, points, weights), logits)
    np.testing.assert_array_equal(gradients[0, ..., 1], 0)
    assert np.isfinite(gradients).all()


@pytest.mark.parametrize("inside", [(-0.49, 9), (35.49, 9), (9, -0.49), (9, 27.49)])
def test_a_keypoint_at_the_maps_border_counts(inside, drawn):
    logits, points, weights = drawn
    points[0, 1] = inside
    gradients = gradient(lambda x: draw(x, points, weights), logits)
    assert (np.abs(gradients[0, ..., 1]).max() > 1e-3).all()


def test_half_precision_logits_are_computed_with_in_single_precision(drawn):
    logits, points, weights = single(*drawn)
    half = tf.cast(logits, tf.float16)
    found = heatmap_loss(half, points, weights, STRIDE, SPREAD)
    assert found.dtype == tf.float32
    expected = heatmap_loss(tf.cast(half, tf.float32), points, weights, STRIDE, SPREAD)
    np.testing.assert_array_equal(found, expected)


def test_shapes_that_disagree_are_named(projected, drawn):
    points, target, weights = single(*projected)
    with pytest.raises(ValueError, match=r"`keypoints_2d`: expected shape \(batch, keypoints, 2\)"):
        keypoint_loss(points[0], target, weights, IMAGE_SIZE)
    with pytest.raises(ValueError, match=r"`target`: expected shape \(batch, 6, 2\)"):
        keypoint_loss(points, target[:, 1:], weights, IMAGE_SIZE)
    with pytest.raises(ValueError, match=r"`weights`: expected shape \(batch, 6\)"):
        keypoint_loss(points, target, weights[:, 1:], IMAGE_SIZE)
    logits, points, weights = single(*drawn)
    with pytest.raises(ValueError, match=r"`logits`: expected shape \(batch, height, width, "):
        heatmap_loss(logits[0], points, weights, STRIDE, SPREAD)
    with pytest.raises(ValueError, match=r"`keypoints_2d`: expected shape \(batch, 6, 2\)"):
        heatmap_loss(logits, points[:, 1:], weights, STRIDE, SPREAD)
    with pytest.raises(ValueError, match=r"`weights`: expected shape \(batch, 6\)"):
        heatmap_loss(logits, points, weights[..., None], STRIDE, SPREAD)
