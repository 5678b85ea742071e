import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.fitting import Evidence, Fitter, Refiner, Weights

from .conftest import MAP_SIZE, joint_errors


@pytest.fixture(scope="module")
def refiner(body):
    return Refiner(body)


@pytest.fixture(scope="module")
def evidence(people):
    return people.evidence("coco17")


@pytest.fixture(scope="module")
def result(refiner, evidence, about):
    return refiner.refine(evidence, about())


def expected_errors(body, expected, joints):
    found = body.joints(rotation_matrices=expected.rotation_matrices, shape=expected.shape).numpy()
    offsets = (found - found[:, :1]) - (joints - joints[:, :1])
    return np.linalg.norm(offsets, axis=2).mean(axis=1)


def test_exact_keypoints_are_met_and_bodies_come_nearer(body, people, about, result):
    assert np.median(result.residuals) < 1.0
    before = expected_errors(body, about(), people.joints)
    assert joint_errors(result, people.joints).mean() < 0.6 * before.mean()


def test_result_has_every_field(result):
    assert set(result.terms) == {"keypoints", "expected"}
    np.testing.assert_allclose(sum(result.terms.values()), result.loss, rtol=1e-4)
    assert result.pose_variables.shape == (6, 63)
    assert result.joint_std.shape == (6, 24)
    energy = 0.5 * np.square(result.pose_variables).sum(axis=1)
    np.testing.assert_allclose(result.prior_nll, energy, rtol=1e-5)
    np.testing.assert_allclose(result.start_losses[:, 0], result.loss, rtol=1e-3)


def test_without_spread_the_prediction_stays(refiner, evidence, about):
    expected = about()
    nothing = tf.nest.map_structure(np.zeros_like, expected.spread)
    nothing = nothing._replace(keypoints=expected.spread.keypoints)
    found = refiner.refine(evidence, expected._replace(spread=nothing))
    np.testing.assert_allclose(found.translation, expected.translation, rtol=1e-6)
    np.testing.assert_array_equal(found.shape, expected.shape)
    np.testing.assert_array_equal(found.pose_variables, 0.0)
    np.testing.assert_array_equal(found.joint_std, 0.0)


def test_without_a_pull_keypoints_alone_count(refiner, evidence, about):
    expected = about()
    unknown = tf.nest.map_structure(lambda part: np.full_like(part, np.inf), expected.spread)
    unknown = unknown._replace(keypoints=expected.spread.keypoints)
    found = refiner.refine(evidence, expected._replace(spread=unknown))
    assert np.median(found.residuals) < 0.2
    assert (found.joint_std[:, 4:] > 0.1).all()


def test_what_is_not_seen_is_less_sure(refiner, evidence, about):
    confidence = evidence.confidence.copy()
    confidence[:, [7, 9]] = 0.0  # The left elbow and wrist.
    hidden = refiner.refine(dataclasses.replace(evidence, confidence=confidence), about())
    seen = refiner.refine(evidence, about())
    left_wrist, right_wrist = 20, 21
    assert (hidden.joint_std[:, left_wrist] > 1.5 * seen.joint_std[:, left_wrist]).all()
    assert (hidden.joint_std[:, right_wrist] < 1.3 * seen.joint_std[:, right_wrist]).all()
    np.testing.assert_allclose(hidden.joint_std[:, 0], 0.0, atol=1e-5)


def test_an_outlier_saturates(refiner, people, evidence, about):
    keypoints = evidence.keypoints.copy()
    keypoints[:, 10] += 60.0
    spoilt = dataclasses.replace(evidence, keypoints=keypoints)
    plain = refiner.refine(spoilt, about())
    robust = refiner.refine(spoilt, about(), Weights(outlier=10.0))
    others = np.delete(np.arange(17), 10)
    assert np.median(robust.residuals[:, others]) < 0.5 * np.median(plain.residuals[:, others])


def test_a_person_does_not_depend_on_the_others(refiner, evidence, about, result):
    alone = refiner.refine(evidence.select([4]), about().select([4]))
    np.testing.assert_allclose(alone.joints_3d[0], result.joints_3d[4], atol=1e-3)
    np.testing.assert_allclose(alone.joint_std[0], result.joint_std[4], atol=1e-3)


def test_a_start_elsewhere_is_taken(body, people, evidence, about, gaussian):
    fitter = Fitter(body, gaussian)
    start = fitter.bodies_at(people.rotation_matrices, people.shape, people.translation)
    refiner = Refiner(body, num_iterations=0)
    found = refiner.refine(evidence, about(), start=start)
    np.testing.assert_allclose(found.joints_3d, people.joints, atol=1e-3)


def test_fitter_refines_about_predictions(body, people, evidence, about, gaussian, result):
    fitter = Fitter(body, gaussian)
    expected = about()
    start = fitter.bodies_at(expected.rotation_matrices, expected.shape, expected.translation)
    found = fitter.refine(evidence, start, about=expected)
    np.testing.assert_allclose(found.joints_3d, result.joints_3d, atol=1e-3)


@pytest.fixture(scope="module")
def still(people):
    """The second person in six frames, whose keypoints are noisy."""
    rng = np.random.default_rng(0)
    seen = people.evidence("coco17").select([1] * 6)
    noise = 3.0 * rng.normal(size=seen.keypoints.shape)
    return dataclasses.replace(seen, keypoints=seen.keypoints + noise)


def test_windows_have_one_shape_and_move_smoothly(refiner, people, about, still):
    expected = about(keypoint_deviation=3.0)
    rows = np.full(6, 1)
    bodies = about().select(rows)._replace(spread=expected.select(rows).spread)
    apart = refiner.refine(still, bodies)
    together = refiner.refine(still, bodies, num_frames=3)
    assert (np.diff(together.shape.reshape(2, 3, -1), axis=1) == 0).all()
    assert set(together.terms) == {"keypoints", "expected", "smoothness"}
    steps = [
        np.abs(np.diff(each.joints_3d.reshape(2, 3, 24, 3), axis=1)).mean()
        for each in (apart, together)
    ]
    assert steps[1] < 0.5 * steps[0]
    joints = np.repeat(people.joints[1:2], 6, axis=0)
    assert joint_errors(together, joints).mean() < 1.05 * joint_errors(apart, joints).mean()


def test_part_maps_are_aligned(body, people, about):
    evidence = people.evidence("coco17", with_parts=True).select(slice(0, 2))
    expected = about().select(slice(0, 2))
    refiner = Refiner(body, map_size=MAP_SIZE, max_aligned_evaluations=50)
    aligned = refiner.refine(evidence, expected)
    ignoring = refiner.refine(evidence, expected, Weights(alignment=1e-6))
    assert (aligned.terms["alignment"] < 1e6 * ignoring.terms["alignment"]).all()


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (lambda e: e, {"num_frames": 4}, "expected windows of 4 rows, received 6"),
        (
            lambda e: Evidence(np.ones((6, 24, 2)), np.ones((6, 24)), e.intrinsics, "smpl24"),
            {},
            "`evidence.keypoint_set`: expected 'coco17', received 'smpl24'",
        ),
        (lambda e: e.select(slice(0, 3)), {}, r"`about.rotation_matrices`: expected shape \(3,"),
    ],
)
def test_other_evidence_is_refused(refiner, evidence, about, change, settings, message):
    with pytest.raises(ValueError, match=message):
        refiner.refine(change(evidence), about(), **settings)


def test_progress_is_told(refiner, evidence, about):
    told = []
    refiner.refine(
        evidence, about(), num_frames=2, progress=lambda ended, total: told.append((ended, total))
    )
    assert told == [(3, 6), (6, 6)]
