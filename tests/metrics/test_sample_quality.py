import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hps_tf.metrics import sample_quality
from hps_tf.metrics.sample_quality import Neighbourhoods

K = 3


def points(num_points, seed=0, offset=0.0, dim=4):
    return offset + np.random.default_rng(seed).normal(size=(num_points, dim))


def scores(real, samples, k=K):
    return sample_quality.neighbourhood_scores(Neighbourhoods(real, k), Neighbourhoods(samples, k))


def reference_radius(point, others, k):
    return sorted(np.linalg.norm(point - other) for other in others)[k]


def reference_scores(real, samples, k):
    """The definitions, pair by pair."""
    real_radii = [reference_radius(point, real, k) for point in real]
    sample_radii = [reference_radius(point, samples, k) for point in samples]
    inside_real = np.array(
        [
            [np.linalg.norm(x - y) <= r for x, r in zip(real, real_radii, strict=True)]
            for y in samples
        ]
    )
    inside_samples = np.array(
        [
            [np.linalg.norm(x - y) <= r for y, r in zip(samples, sample_radii, strict=True)]
            for x in real
        ]
    )
    return {
        "precision": inside_real.any(1).mean(),
        "recall": inside_samples.any(1).mean(),
        "density": inside_real.sum() / (k * len(samples)),
        "coverage": inside_real.any(0).mean(),
    }


@pytest.mark.parametrize(("num_real", "num_samples"), [(40, 40), (25, 60), (60, 25)])
def test_scores_equal_their_definitions(num_real, num_samples):
    real, samples = points(num_real), points(num_samples, seed=1, offset=0.5)
    expected = reference_scores(real, samples, K)
    assert vars(scores(real, samples)) == pytest.approx(expected)
    assert 0.0 < expected["precision"] < 1.0
    assert 0.0 < expected["coverage"] < 1.0


def test_scores_do_not_depend_on_the_chunk(monkeypatch):
    real, samples = points(50), points(70, seed=1, offset=0.5)
    whole = scores(real, samples)
    monkeypatch.setattr(sample_quality, "_CHUNK", 7)
    assert scores(real, samples) == whole


def test_a_set_has_full_scores_against_itself():
    same = scores(points(50), points(50))
    assert same.precision == same.recall == same.coverage == 1.0


def test_density_is_near_one_for_a_second_draw_of_the_same_distribution():
    assert scores(points(2000), points(2000, seed=1)).density == pytest.approx(1.0, abs=0.05)


def test_repeated_points_reach_themselves():
    repeated = np.repeat(points(5), K + 1, axis=0)
    assert scores(repeated, repeated).precision == 1.0


def test_sets_far_apart_score_zero():
    apart = scores(points(20), points(20, offset=100.0))
    assert vars(apart) == {"precision": 0, "recall": 0, "density": 0, "coverage": 0}


def test_a_collapsed_sampler_is_precise_but_recalls_little():
    real = points(200)
    collapsed = real[0] + 1e-6 * points(200, seed=1)
    result = scores(real, collapsed)
    assert result.precision == 1.0
    assert result.recall < 0.05
    assert result.coverage < 0.1


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match=r"`points`: expected more than k = 3, received 3"):
        Neighbourhoods(points(3), K)


def test_different_k_are_refused():
    with pytest.raises(ValueError, match=r"expected the same k, received 3, 4"):
        sample_quality.neighbourhood_scores(
            Neighbourhoods(points(9), 3), Neighbourhoods(points(9), 4)
        )


def with_moments(mean, covariance, seed):
    """Points whose sample mean and covariance are exactly the given ones."""
    raw = points(50, seed, dim=len(mean))
    raw -= raw.mean(axis=0)
    whitened = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw, rowvar=False))).T
    return mean + whitened @ np.linalg.cholesky(covariance).T


def test_frechet_distance_of_commuting_gaussians_is_their_closed_form():
    basis = np.linalg.qr(points(3, dim=3))[0]
    mean_a, mean_b = np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.0, 5.0])
    deviation_a, deviation_b = np.array([1.0, 2.0, 0.5]), np.array([3.0, 0.1, 0.5])
    a = with_moments(mean_a, basis @ np.diag(deviation_a**2) @ basis.T, seed=0)
    b = with_moments(mean_b, basis @ np.diag(deviation_b**2) @ basis.T, seed=1)
    expected = ((mean_a - mean_b) ** 2).sum() + ((deviation_a - deviation_b) ** 2).sum()
    assert sample_quality.frechet_distance(a, b) == pytest.approx(expected)


def test_frechet_distance_of_rotated_ellipses_is_their_closed_form():
    # For 2 x 2 matrices tr (AB)^(1/2) = sqrt(tr AB + 2 sqrt(det AB)).
    first, second = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[1.0, -0.3], [-0.3, 3.0]])
    product = first @ second
    cross = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))
    a, b = (with_moments(np.zeros(2), c, seed=i) for i, c in enumerate((first, second)))
    expected = np.trace(first) + np.trace(second) - 2 * cross
    assert sample_quality.frechet_distance(a, b) == pytest.approx(expected)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.floats(0.1, 10.0))
def test_frechet_distance_is_symmetric_and_grows_with_the_square_of_the_unit(seed, unit):
    a, b = points(30, seed), points(40, seed + 1, offset=0.3)
    value = sample_quality.frechet_distance(a, b)
    assert value > 0.0
    assert sample_quality.frechet_distance(b, a) == pytest.approx(value)
    assert sample_quality.frechet_distance(unit * a, unit * b) == pytest.approx(unit**2 * value)


def test_frechet_distance_of_a_set_to_itself_is_zero_even_where_it_is_flat():
    flat = np.concatenate([points(30), np.zeros((30, 2))], axis=1)
    assert sample_quality.frechet_distance(flat, flat) == pytest.approx(0.0, abs=1e-12)


def test_average_pairwise_distance_equals_its_definition(monkeypatch):
    monkeypatch.setattr(sample_quality, "_CHUNK", 4)
    joints = np.random.default_rng(0).normal(size=(9, 5, 3))
    pairs = itertools.combinations(joints, 2)
    expected = np.mean([np.linalg.norm(a - b, axis=1).mean() for a, b in pairs])
    assert sample_quality.average_pairwise_distance(joints) == pytest.approx(expected)


def test_average_pairwise_distance_of_equal_poses_is_zero():
    assert sample_quality.average_pairwise_distance(np.ones((6, 5, 3))) == 0.0


def test_poses_within_all_ranges_are_counted():
    seen = np.random.default_rng(0).uniform(-1.0, 1.0, size=(100, 2, 3))
    ranges = sample_quality.joint_ranges(seen)
    assert sample_quality.share_in_ranges(seen, ranges) == 1.0
    poses = np.zeros((4, 2, 3))
    poses[0, 1, 2] = 1.1  # one component of one joint
    assert sample_quality.share_in_ranges(poses, ranges) == 0.75
