import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from hps_tf.geometry import procrustes


def random_similarity(rng: np.random.Generator) -> procrustes.Similarity:
    rotation = Rotation.random(random_state=rng.integers(2**32)).as_matrix()
    return procrustes.Similarity(
        scale=tf.constant(rng.uniform(0.1, 3.0), tf.float64),
        rotation=tf.constant(rotation),
        translation=tf.constant(rng.normal(size=3)),
    )


def umeyama(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Umeyama 1991, Eq. 40-42, one point set at a time."""
    weights = weights / weights.sum()
    source_mean, target_mean = weights @ source, weights @ target
    x, y = source - source_mean, target - target_mean
    u, stretches, vt = np.linalg.svd((weights[:, np.newaxis] * y).T @ x)
    signs = np.array([1.0, 1.0, np.linalg.det(u @ vt)])
    scale = (stretches * signs).sum() / (weights @ (x**2).sum(-1))
    return scale * x @ (u @ np.diag(signs) @ vt).T + target_mean


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_align_equals_umeyama(dtype, rng, execute):
    source, target = rng.normal(size=(2, 2, 5, 17, 3)).astype(dtype)
    weights = rng.uniform(0.1, 1.0, size=(2, 5, 17)).astype(dtype)
    aligned = execute(procrustes.align)(*map(tf.constant, (source, target, weights)))
    expected = [umeyama(source[i], target[i], weights[i]) for i in np.ndindex(2, 5)]
    assert aligned.dtype == dtype
    # Unrelated points determine the rotation badly, and XLA stops its SVD at 1e-6.
    np.testing.assert_allclose(aligned, np.reshape(expected, aligned.shape), atol=2e-5)


def test_fit_recovers_a_similarity(rng, execute):
    truth = random_similarity(rng)
    source = rng.normal(size=(17, 3))
    found = execute(procrustes.fit)(tf.constant(source), truth.apply(source))
    for actual, expected in zip(found, truth, strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_flat_points_are_aligned_exactly(rng, execute):
    coplanar, collinear = [1.0, 1.0, 0.0], [1.0, 0.0, 0.0]
    source = tf.constant(rng.normal(size=(2, 17, 3)) * np.array([[coplanar], [collinear]]))
    target = random_similarity(rng).apply(source)
    aligned = execute(procrustes.align)(source, target)
    np.testing.assert_allclose(aligned, target, atol=1e-6)


def test_fit_minimises_the_weighted_error(rng):
    source, target = rng.normal(size=(2, 8, 3))
    weights = rng.uniform(size=8)

    def error(parameters: np.ndarray) -> float:
        scale, rotation, translation = parameters[0], parameters[1:4], parameters[4:]
        mapped = scale * Rotation.from_rotvec(rotation).apply(source) + translation
        return float(weights @ ((mapped - target) ** 2).sum(-1))

    found = procrustes.fit(source, target, weights)
    rotation = Rotation.from_matrix(found.rotation.numpy()).as_rotvec()
    optimum = np.concatenate([[found.scale], rotation, found.translation])
    assert minimize(error, optimum).fun == pytest.approx(error(optimum), rel=1e-9)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_aligned_points_do_not_depend_on_the_pose_of_the_source(seed):
    rng = np.random.default_rng(seed)
    source, target = rng.normal(size=(2, 10, 3))
    moved = random_similarity(rng).apply(source)
    np.testing.assert_allclose(
        procrustes.align(moved, target), procrustes.align(source, target), atol=1e-9
    )


def test_mirror_image_is_not_reflected_back(rng, execute):
    target = rng.normal(size=(17, 3))
    mirrored = tf.constant(target * [-1.0, 1.0, 1.0])
    similarity = execute(procrustes.fit)(mirrored, tf.constant(target))
    assert np.linalg.det(similarity.rotation) == pytest.approx(1.0, abs=1e-6)
    assert np.abs(similarity.apply(mirrored) - target).max() > 0.1


def test_points_of_weight_zero_are_ignored_even_if_nan(rng, execute):
    truth = random_similarity(rng)
    source = rng.normal(size=(17, 3))
    target = truth.apply(source).numpy()
    weights = np.ones(17)
    weights[[3, 8]] = 0.0
    source[3], target[8] = np.nan, np.nan
    found = execute(procrustes.fit)(*map(tf.constant, (source, target, weights)))
    for actual, expected in zip(found, truth, strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_degenerate_points_give_finite_results_and_gradients(rng, execute):
    source, target = rng.normal(size=(2, 4, 17, 3)).astype(np.float32)
    weights = np.ones([4, 17], np.float32)
    source[[0, 2]] = [0.5, 0.25, 2.0]
    target[[1, 2]] = [0.5, 0.25, 3.0]
    weights[3] = 0.0

    @execute
    def value_and_gradients(source, target, weights):
        with tf.GradientTape() as tape:
            tape.watch([source, target])
            aligned = procrustes.align(source, target, weights)
            total = tf.reduce_sum(tf.square(aligned))
        return aligned, tape.gradient(total, [source, target])

    aligned, gradients = value_and_gradients(*map(tf.constant, (source, target, weights)))
    centroids = np.broadcast_to(target.mean(1, keepdims=True), target.shape)
    np.testing.assert_allclose(aligned[:3], centroids[:3], atol=1e-5)
    np.testing.assert_array_equal(aligned[3], np.zeros([17, 3]))
    assert np.isfinite(gradients).all()


def test_derivative_equals_finite_differences(rng):
    source, target = rng.normal(size=(2, 6, 3))
    weights = rng.uniform(0.5, 1.0, size=6)
    theoretical, numerical = tf.test.compute_gradient(
        procrustes.align, [source, target, weights], delta=1e-5
    )
    for actual, expected in zip(theoretical, numerical, strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-8)


@pytest.mark.parametrize(
    ("source", "target", "weights", "message"),
    [
        ((17, 2), (17, 3), (17,), r"`source`: expected shape \(\.\.\., points, 3\)"),
        (
            (17, 3),
            (16, 3),
            (17,),
            r"`target`: expected shape \(\.\.\., 17, 3\), received \(16, 3\)",
        ),
        (
            (17, 3),
            (17, 3),
            (17, 1),
            r"`weights`: expected shape \(\.\.\., 17\), received \(17, 1\)",
        ),
    ],
)
def test_wrong_shape_is_named(source, target, weights, message):
    with pytest.raises(ValueError, match=message):
        procrustes.align(tf.zeros(source), tf.zeros(target), tf.zeros(weights))
