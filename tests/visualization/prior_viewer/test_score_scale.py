import json

import numpy as np
import pytest

from hps_tf import priors
from hps_tf.priors import FlowPrior
from hps_tf.priors.pose_space import AXIS_ANGLE, SIX_D
from hps_tf.visualization.prior_viewer import score_scale
from hps_tf.visualization.prior_viewer.score_scale import ScoreScale

WITHOUT_LATENTS = "cmu-hmr"


@pytest.fixture(scope="module")
def gaussian():
    """An untrained flow: a standard normal density of axis-angle vectors."""
    return FlowPrior(AXIS_ANGLE, sigma=0.1)


def test_the_percentile_is_the_share_of_lower_scores():
    scores = np.random.default_rng(0).normal(size=20000)
    scale = ScoreScale(np.quantile(scores, np.linspace(0, 1, 101)), "of numbers")
    for score in (-5.0, -1.3, 0.0, 0.7, 2.0, 5.0):
        assert abs(scale.percentile(score) - 100 * (scores < score).mean()) < 0.2


def test_the_score_of_a_gaussian_is_its_log_density(gaussian):
    x = np.random.default_rng(0).normal(size=(3, 63)).astype(np.float32) * 0.3
    expected = -0.5 * (x**2).sum(axis=1) - 31.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(score_scale.score(gaussian, x), expected, rtol=1e-5)


def test_a_vector_is_scored_at_the_rotations_that_are_shown():
    prior = FlowPrior(SIX_D, sigma=0.1)
    x = np.random.default_rng(0).normal(size=(4, 126)).astype(np.float32)
    np.testing.assert_allclose(
        score_scale.score(prior, x), score_scale.score(prior, prior.space.project(x)), rtol=1e-4
    )
    assert np.abs(score_scale.score(prior, x) + prior.energy(x).numpy()).min() > 1


def test_half_of_new_samples_lie_above_the_median_of_samples():
    prior = priors.load("cmu-vposer")
    scale = score_scale.of_samples(prior, seed=0)
    new = score_scale.score(prior, prior.sample(score_scale._SAMPLES, seed=1))
    assert abs(np.mean([scale.percentile(score) > 50 for score in new]) - 0.5) < 0.05
    assert scale.poses == "of 2,000 samples of the prior"


def test_every_frame_of_motion_counts_once(gaussian, make_clip, monkeypatch):
    monkeypatch.setattr(score_scale, "_AT_ONCE", 7)
    clips = [make_clip("a", "test", num_frames=9), make_clip("b", "test", num_frames=4, seed=1)]
    scale = score_scale.of_motion(gaussian, clips, "two clips")
    pose = np.concatenate([clip.pose[:, 1:22].reshape(-1, 63) for clip in clips])
    scores = -0.5 * (pose**2).sum(axis=1) - 31.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(
        scale.quantiles, np.quantile(scores, np.linspace(0, 1, 101)), rtol=1e-5
    )
    assert scale.poses == "of 13 poses of two clips"


@pytest.mark.parametrize("name", [n for n in priors.list_pretrained() if n != WITHOUT_LATENTS])
def test_each_pretrained_prior_with_latents_comes_with_the_scale_of_its_weights(name):
    scale = score_scale.shipped(name)
    assert scale is not None, f"{name} has changed: run python -m tools.publish_scores"
    assert (np.diff(scale.quantiles) >= 0).all()
    assert "poses of CMU motion capture, split test" in scale.poses


def test_the_scale_of_other_weights_is_not_used(tmp_path, monkeypatch):
    entries = json.loads(score_scale.SHIPPED.read_text())
    entries["cmu-vposer"]["sha256"] = "0" * 64
    monkeypatch.setattr(score_scale, "SHIPPED", tmp_path / "scores.json")
    (tmp_path / "scores.json").write_text(json.dumps(entries))
    assert score_scale.shipped("cmu-vposer") is None
    assert score_scale.shipped("cmu-aa-light") is not None
    assert score_scale.shipped("somebody's") is None


def test_a_published_scale_is_read_back(tmp_path, monkeypatch):
    scale = ScoreScale(np.linspace(-3, 5, 101), "of 9 poses of something")
    monkeypatch.setattr(score_scale, "SHIPPED", tmp_path / "scores.json")
    score_scale.publish({"cmu-vposer": scale}, score_scale.SHIPPED)
    found = score_scale.shipped("cmu-vposer")
    np.testing.assert_allclose(found.quantiles, scale.quantiles, atol=1e-3)
    assert found.poses == scale.poses
