import dataclasses
import types

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_default
from hps_tf.evaluation import PredictedPeople, refinement
from hps_tf.evaluation.errors import rendered_parts
from hps_tf.evaluation.refinement import Refinement
from hps_tf.fitting import FitResult
from hps_tf.fitting.detections import weights_for
from hps_tf.fitting.pose_variables import LatentGaussian
from hps_tf.geometry import axis_angle, camera
from hps_tf.geometry.spread import Spread
from hps_tf.models import PRESETS
from tests import loaded_once

SIZE, STRIDE, COUNT = 64, 4, 5
CAMERA = np.array([[90.0, 0, 31.5], [0, 90.0, 31.5], [0, 0, 1]], np.float32)


@pytest.fixture(scope="module")
def body():
    return load_default(3000)


@pytest.fixture(scope="module")
def prior():
    return loaded_once.prior("cmu-6d-light")


def _network(prior, **card):
    return types.SimpleNamespace(options=PRESETS["tiny"], prior=prior, card=card, lifting=None)


@pytest.fixture(scope="module")
def fits(body, prior):
    """Refinement in the latent space of a Gaussian, which compiles fast."""
    network = _network(prior, validation={"a": {"detection_error_px": 0.3}})
    predictor = types.SimpleNamespace(network=network, decoder=types.SimpleNamespace(body=body))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            refinement,
            "LatentPrior",
            lambda prior: LatentGaussian(prior.references["gaussian"], prior.space),
        )
        return Refinement(predictor)


def _pose(prior, spread, seed):
    """Poses on the way from a likely one, `spread` far."""
    ends = prior.space.project(prior.sample(2, 0))
    poses = prior.space.to_pose(prior.interpolate(ends[0], ends[1], COUNT)).numpy()
    poses[:, 0] = (np.pi, 0, 0)
    poses[:, 1:22] += spread * np.random.default_rng(seed).normal(size=(COUNT, 21, 3))
    return axis_angle.to_matrix(tf.constant(poses, tf.float32)).numpy()


@pytest.fixture(scope="module")
def people(body, prior):
    """A person's frames, seen exactly but predicted roughly."""
    true = {
        "rotation_matrices": _pose(prior, 0.0, 0),
        "shape": np.zeros((COUNT, 16), np.float32),
        "translation": np.tile(np.array([0, 0, 3.5], np.float32), (COUNT, 1)),
    }
    intrinsics = np.tile(CAMERA, (COUNT, 1, 1))
    points = camera.project(body.keypoints("coco17", **true), intrinsics).numpy()
    confidence = np.ones((COUNT, 17), np.float32)
    # One keypoint is far off, and the network knows.
    points[:, 9] += 40.0
    confidence[:, 9] = 0.01
    exact = PredictedPeople(
        {"intrinsics": intrinsics},
        *true.values(),
        keypoints_2d=points,
        detected_2d=points,
        confidence=confidence,
        part_maps=np.zeros((COUNT, SIZE // STRIDE, SIZE // STRIDE), np.uint8),
        part_confidence=np.ones((COUNT, 14), np.float32),
    )
    maps = rendered_parts(exact, body, STRIDE)
    rough = _pose(prior, 0.25, 1)
    return (
        true,
        PredictedPeople(
            exact.labels, rough, true["shape"], true["translation"], points, points,
            confidence, maps, exact.part_confidence,
        ),
    )  # fmt: skip


def _joints(body, found):
    joints = body.joints(rotation_matrices=found.rotation_matrices, shape=found.shape).numpy()
    return joints - joints[:, :1]


def _error(body, found, true):
    truth = body.joints(rotation_matrices=true["rotation_matrices"]).numpy()
    truth -= truth[:, :1]
    return np.linalg.norm(_joints(body, found) - truth, axis=-1).mean()


@pytest.fixture(scope="module")
def by_keypoints(fits, people):
    return fits.images(people[1], with_parts=False)


def test_keypoints_correct_a_rough_prediction(by_keypoints, people, body):
    true, rough = people
    assert _error(body, by_keypoints, true) < 0.7 * _error(body, rough, true)


def test_a_keypoint_that_the_network_doubts_does_not_count(by_keypoints, people):
    offsets = np.linalg.norm(by_keypoints.keypoints_2d - people[1].detected_2d, axis=-1)
    assert np.delete(offsets, 9, axis=1).mean() < 1.0
    assert offsets[:, 9].mean() > 20.0


def test_what_the_network_saw_stays(by_keypoints, people):
    for name in ("detected_2d", "confidence", "part_maps"):
        np.testing.assert_array_equal(getattr(by_keypoints, name), getattr(people[1], name))


@pytest.mark.slow
def test_part_maps_count_too(fits, people, body, by_keypoints):
    true, rough = people
    found = fits.images(rough, with_parts=True)
    assert _error(body, found, true) < 0.7 * _error(body, rough, true)
    assert np.abs(found.rotation_matrices - by_keypoints.rotation_matrices).max() > 1e-3


@pytest.mark.slow
def test_video_moves_more_smoothly(fits, people, body):
    found = fits.video(people[1], [np.arange(4)], 3)
    jitter = [
        np.linalg.norm(np.diff(_joints(body, x)[:4], n=2, axis=0), axis=-1).mean()
        for x in (found, people[1])
    ]
    assert jitter[0] < 0.5 * jitter[1]


def test_part_maps_cover_the_input_from_edge_to_edge(fits, people):
    assert fits._evidence(people[1], with_parts=False).part_labels is None
    evidence = fits._evidence(people[1], with_parts=True)
    np.testing.assert_array_equal(evidence.part_labels, people[1].part_maps)
    np.testing.assert_array_equal(evidence.part_boxes[0], [0, 0, SIZE, SIZE])


class _Still:
    """Fits videos by standing where the start stands, a metre farther."""

    def __init__(self, frames, windows, overlap):
        assert frames.num_frames == 1
        assert overlap < windows.num_frames

    def refine_many(self, clips, start, weights, *, progress):
        places = np.split(start.translation[:, 0] + 1, np.cumsum([len(c) for c in clips])[:-1])
        return [_fitted(clip.keypoints, place) for clip, place in zip(clips, places, strict=True)]


def _fitted(keypoints, translation):
    """A result with no more than what becomes of it."""
    count = len(translation)
    nothing = np.zeros((count, 1))
    return FitResult(
        pose=np.zeros((count, 24, 3), np.float32),
        shape=np.ones((count, 16), np.float32),
        translation=translation,
        focal_scale=nothing,
        joints_3d=nothing,
        keypoints_2d=keypoints,
        residuals=nothing,
        loss=nothing,
        terms={},
        prior_nll=nothing,
        converged=nothing,
        start=nothing,
        start_losses=nothing,
        pose_variables=nothing,
    )


def test_each_frame_of_a_video_gets_its_own_body(fits, people, monkeypatch):
    monkeypatch.setattr(refinement, "VideoFitter", _Still)
    apart = PredictedPeople(**vars(people[1]) | {"translation": np.arange(15.0).reshape(5, 3)})
    # The second stretch is shorter than a window; the third person is in neither.
    found = fits.video(apart, [np.array([3, 0, 1]), np.array([4])], 2)
    np.testing.assert_allclose(found.translation[[3, 0, 1, 4]], apart.translation[[3, 0, 1, 4]] + 1)
    np.testing.assert_array_equal(found.translation[2], apart.translation[2])
    np.testing.assert_array_equal(found.keypoints_2d, apart.detected_2d)
    np.testing.assert_array_equal(found.rotation_matrices[2], apart.rotation_matrices[2])


def test_a_fit_that_ends_nowhere_leaves_the_networks_body(people):
    rough = people[1]
    fitted = _fitted(np.full((2, 17, 2), 7.0), np.full((2, 3), 9.0, np.float32))
    fitted.pose[1, 5, 0] = np.nan
    found = refinement._with_bodies(rough, np.array([2, 4]), fitted)
    np.testing.assert_array_equal(found.translation[2], np.full(3, 9.0))
    np.testing.assert_allclose(found.rotation_matrices[2], np.tile(np.eye(3), (24, 1, 1)))
    for name in ("rotation_matrices", "shape", "translation", "keypoints_2d"):
        kept = [0, 1, 3, 4]
        np.testing.assert_array_equal(getattr(found, name)[kept], getattr(rough, name)[kept])


def test_less_exact_keypoints_let_the_prior_count_more(prior):
    def weight(*errors):
        card = {str(number): {"detection_error_px": e} for number, e in enumerate(errors)}
        return weights_for(_network(prior, validation=card)).prior

    assert weight(6.0) == pytest.approx(4 * weight(3.0), rel=1e-6)
    assert weight(2.0, 4.0) == pytest.approx(weight(3.0), rel=1e-6)
    # 1.25 pixels of 64 are 4 standard deviations' worth of the weights' 256.
    assert weight(1.2533) == pytest.approx(16 / 9, rel=1e-3)
    assert weight(0.0, float("nan")) == 0.3
    unlabelled = {"a": {"detection_error_px": 3.0}, "b": {"mpjpe_mm": 90.0}}
    assert weights_for(_network(prior, validation=unlabelled)).prior == weight(3.0)
    assert weights_for(_network(prior)).prior == pytest.approx(1.854, rel=1e-2)


def test_a_distance_of_parts_counts_up_to_three_pixels_of_the_maps(prior):
    weights = weights_for(_network(prior, validation={"a": {"detection_error_px": 0.0}}))
    assert weights.truncation == 3 * STRIDE * 256 / SIZE
    assert weights.alignment == 1.0
    coarse = weights_for(_network(prior, validation={"a": {"detection_error_px": 4.0}}))
    finer = weights_for(_network(prior, validation={"a": {"detection_error_px": 2.0}}))
    assert coarse.alignment == pytest.approx(2 * finer.alignment)


def _with_spread(people, radians, pixels):
    axes = {"pose": (21, 3), "root": (3,), "place": (3,), "shape": (10,)}
    deviations = {name: np.full((COUNT, *each), radians, np.float32) for name, each in axes.items()}
    keypoints = np.full((COUNT, 17), pixels, np.float32)
    keypoints[:, 9] = 100.0
    return dataclasses.replace(people, spread=Spread(**deviations, keypoints=keypoints))


def test_people_with_a_spread_are_refined_about_themselves(fits, people, body):
    true, rough = people
    stayed, moved = (
        fits.images(some, with_parts=False)
        for some in (_with_spread(rough, 1e-3, 5.0), _with_spread(rough, 0.25, 0.3))
    )
    np.testing.assert_allclose(stayed.rotation_matrices, rough.rotation_matrices, atol=0.02)
    assert _error(body, moved, true) < 0.8 * _error(body, rough, true)


def test_videos_of_people_with_a_spread_are_refined_about_them(fits, people, body):
    true, rough = people
    about = _with_spread(rough, 0.25, 0.3)
    found = fits.video(about, [np.array([3, 0, 1, 2])], 3)
    assert _error(body, found, true) < _error(body, rough, true)
    # The last person is in no video.
    np.testing.assert_array_equal(found.rotation_matrices[4], rough.rotation_matrices[4])
    assert (
        np.abs(found.rotation_matrices[:4] - rough.rotation_matrices[:4]).max(axis=(1, 2, 3)).min()
        > 0
    )
