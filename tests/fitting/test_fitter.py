import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.errors import InputError
from hps_tf.fitting import Evidence, FitResult, Fitter, Weights
from hps_tf.fitting.pose_variables import LatentGaussian, NoPrior
from hps_tf.fitting.weights import DEFAULT_WEIGHTS
from hps_tf.priors import GaussianMixture

from .conftest import MAP_SIZE, joint_errors

EXACT = Weights(prior=0.01, shape=0.01, alignment=0.3)


@pytest.fixture(scope="module")
def fitter(body, gaussian):
    return Fitter(body, gaussian, keypoint_set="smpl24", solver="lbfgs", max_evaluations=300)


@pytest.fixture(scope="module")
def candidates(fitter, people):
    return fitter.candidates(people.evidence(), EXACT)


@pytest.fixture(scope="module")
def aligner(body, gaussian):
    return Fitter(
        body,
        gaussian,
        keypoint_set="smpl24",
        map_size=MAP_SIZE,
        solver="lbfgs",
        max_evaluations=100,
        max_aligned_evaluations=50,
    )


@pytest.fixture(scope="module")
def mapped(people):
    """Evidence with part maps; the fourth person has none."""
    evidence = people.evidence(with_parts=True)
    evidence.part_labels[3] = 0
    return evidence


def test_exact_keypoints_are_met_and_bodies_are_near(candidates, people):
    best = candidates[0]
    assert np.median(best.residuals) < 0.5
    assert np.median(joint_errors(best, people.joints)) < 0.06


def test_result_has_every_field_in_its_shape(candidates):
    result = candidates[0]
    shapes = {name: array.shape for name, array in result.arrays().items()}
    assert shapes == {
        "pose": (6, 24, 3),
        "shape": (6, 16),
        "translation": (6, 3),
        "focal_scale": (6,),
        "joints_3d": (6, 24, 3),
        "keypoints_2d": (6, 24, 2),
        "residuals": (6, 24),
        "loss": (6,),
        "prior_nll": (6,),
        "converged": (6,),
        "start": (6,),
        "start_losses": (6, 4),
        "pose_variables": (6, 126),
        "term_keypoints": (6,),
        "term_prior": (6,),
        "term_shape": (6,),
    }


def test_terms_add_up_to_the_loss_and_the_best_comes_first(candidates):
    best = candidates[0]
    np.testing.assert_allclose(sum(best.terms.values()), best.loss, rtol=1e-4)
    losses = np.stack([candidate.loss for candidate in candidates], axis=1)
    assert (np.diff(losses, axis=1) >= -1e-4).all()
    np.testing.assert_allclose(best.start_losses.min(axis=1), best.loss, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(best.start_losses.argmin(axis=1), best.start)


def test_body_model_reproduces_the_result(candidates, body):
    best = candidates[0]
    joints = body.joints(pose=best.pose, shape=best.shape, translation=best.translation)
    np.testing.assert_allclose(joints, best.joints_3d, atol=1e-4)


def test_fit_is_the_first_candidate_and_reports_progress(fitter, people, candidates):
    seen = []
    result = fitter.fit(
        people.evidence(), EXACT, progress=lambda ended, total: seen.append((ended, total))
    )
    np.testing.assert_allclose(result.loss, candidates[0].loss, rtol=1e-4)
    assert seen[-1] == (24, 24)
    assert sorted(seen) == seen


def test_missing_keypoints_do_not_count(fitter, people):
    evidence = people.evidence()
    confidence = evidence.confidence.copy()
    confidence[:, 20] = 0
    wrong = evidence.keypoints.copy()
    wrong[:, 20] = np.nan
    result = fitter.fit(
        dataclasses.replace(evidence, confidence=confidence, keypoints=wrong), EXACT
    )
    assert np.isnan(result.residuals[:, 20]).all()
    assert np.isfinite(result.loss).all()
    assert np.nanmedian(result.residuals) < 0.5


def test_one_visible_keypoint_gives_a_finite_body(fitter, people):
    evidence = people.evidence()
    confidence = np.zeros_like(evidence.confidence)
    confidence[:, 0] = 1
    result = fitter.fit(dataclasses.replace(evidence, confidence=confidence))
    assert all(np.isfinite(result.arrays()[name]).all() for name in ("pose", "translation", "loss"))


def test_person_size_does_not_matter(fitter, people):
    near = people.evidence()
    # A power of two, which rounds nothing: L-BFGS makes much of the last digit.
    zoom = np.array([[4.0], [4.0], [1.0]], np.float32)
    far = Evidence(near.keypoints * 4, near.confidence, near.intrinsics * zoom, near.keypoint_set)
    results = [fitter.fit(evidence) for evidence in (near, far)]
    np.testing.assert_allclose(results[0].loss, results[1].loss, rtol=1e-3)


def test_refining_the_result_changes_little(fitter, people, candidates):
    best = candidates[0]
    refined = fitter.refine(people.evidence(), fitter.bodies(best), EXACT)
    assert (refined.loss <= best.loss * 1.01 + 1e-4).all()
    assert joint_errors(refined, best.joints_3d).max() < 0.05


def test_outliers_saturate(fitter, people):
    evidence = people.evidence()
    wrong = evidence.keypoints.copy()
    wrong[:, 7] += 80
    spoiled = dataclasses.replace(evidence, keypoints=wrong)
    plain = fitter.fit(spoiled, EXACT)
    robust = fitter.fit(spoiled, EXACT._replace(outlier=10.0))
    others = np.delete(np.arange(24), 7)
    assert np.median(robust.residuals[:, others]) < 0.5 * np.median(plain.residuals[:, others])


def test_uncertainty_is_larger_in_depth_than_what_is_seen(fitter, people):
    evidence = people.evidence()
    weights = DEFAULT_WEIGHTS
    result = fitter.fit(evidence, weights)
    std = fitter.joint_std(evidence, result, weights)
    assert std.shape == (6, 24)
    np.testing.assert_allclose(std[:, 0], 0.0, atol=1e-5)
    assert (std[:, 1:] > 1e-4).all()
    assert (std < 1.0).all()
    # A hand at the end of its chain is less sure than a hip beside the pelvis.
    assert (std[:, 22] > std[:, 1]).all()


def test_part_maps_are_aligned(aligner, mapped):
    result = aligner.fit(mapped, EXACT)
    assert result.start_losses.shape == (6, 2)
    # Next to no weight leaves the bodies where the keypoints put them.
    ignoring = aligner.fit(mapped, EXACT._replace(alignment=1e-6))
    has_map = mapped.part_labels.reshape(6, -1).any(axis=1)
    distance = result.terms["alignment"] / EXACT.alignment
    ignored = ignoring.terms["alignment"] / 1e-6
    assert (distance[has_map] > 0).all()
    # What is hidden is far from its pixels even in truth: the loss falls by little, and the two
    # searches may end in different minima.
    assert (distance[has_map] <= ignored[has_map] + 0.5).all()
    assert distance[has_map].mean() < ignored[has_map].mean()
    assert distance[~has_map] == ignored[~has_map] == 0


def test_truncation_keeps_wrong_labels_from_pulling(aligner, mapped):
    part_labels = mapped.part_labels.copy()
    part_labels[:, :12, :12] = 5  # A forearm in the corner of every map.
    spoiled = dataclasses.replace(mapped, part_labels=part_labels)
    weights = EXACT._replace(alignment=30.0)
    plain = aligner.fit(spoiled, weights)
    truncated = aligner.fit(spoiled, weights._replace(truncation=8.0))
    assert np.mean(truncated.residuals) < 0.75 * np.mean(plain.residuals)
    # Both distances of each of 14 parts are at most 8 pixels.
    assert (truncated.terms["alignment"] <= 30.0 * 16.0).all()


def test_focal_length_is_found(body, gaussian, people):
    settings = {"solver": "lbfgs", "max_evaluations": 200}
    fitter = Fitter(body, gaussian, keypoint_set="smpl24", fits_focal_length=True, **settings)
    evidence = people.evidence()
    result = fitter.fit(evidence, EXACT)
    assert not np.allclose(result.focal_scale, 1.0, atol=1e-3)
    points = body.joints(
        pose=result.pose, shape=result.shape, translation=result.translation
    ).numpy()
    focal = 500 * result.focal_scale[:, None, None]
    seen = focal * points[..., :2] / points[..., 2:] + 128
    np.testing.assert_allclose(seen, result.keypoints_2d, atol=0.05)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e.select(slice(0, 0)), "expected windows of 1 rows, received 0"),
        (
            lambda e: Evidence(e.keypoints[:, :17], e.confidence[:, :17], e.intrinsics, "coco17"),
            "`evidence.keypoint_set`: expected 'smpl24', received 'coco17'",
        ),
    ],
)
def test_other_evidence_is_refused(fitter, people, change, message):
    with pytest.raises(ValueError, match=message):
        fitter.fit(change(people.evidence()))


def test_missing_part_maps_are_refused(body, gaussian, people):
    fitter = Fitter(body, gaussian, keypoint_set="smpl24", map_size=MAP_SIZE, solver="lbfgs")
    with pytest.raises(ValueError, match=r"expected maps of size \(48, 48\), received none"):
        fitter.fit(people.evidence())


@pytest.mark.parametrize("num_starts", [0, 3, -4])
def test_number_of_starts_is_checked(fitter, people, num_starts):
    with pytest.raises(ValueError, match=f"multiple of 4, received {num_starts}"):
        fitter.fit(people.evidence(), num_starts=num_starts)


def test_more_starts_are_never_worse(fitter, people, candidates):
    more = fitter.fit(people.evidence(), EXACT, num_starts=8)
    assert more.start_losses.shape == (6, 8)
    # Rounding differs between numbers of slots, and long valleys amplify it.
    assert more.loss.mean() <= 1.1 * candidates[0].loss.mean()


def test_everything_is_tensors_of_single_precision(candidates):
    floats = [array for array in candidates[0].arrays().values() if array.dtype.kind == "f"]
    assert {array.dtype for array in floats} == {np.dtype(np.float32)}
    assert isinstance(candidates[0].pose, np.ndarray)
    assert tf.executing_eagerly()


def test_least_squares_reaches_a_lower_loss_than_lbfgs(body, gaussian, people, candidates):
    fitter = Fitter(body, gaussian, keypoint_set="smpl24")  # The default, as that of `fit`.
    result = fitter.fit(people.evidence(), EXACT)
    np.testing.assert_allclose(sum(result.terms.values()), result.loss, rtol=1e-4)
    np.testing.assert_allclose(result.start_losses.min(axis=1), result.loss, rtol=1e-3, atol=1e-4)
    assert result.loss.mean() < candidates[0].loss.mean()
    assert np.median(joint_errors(result, people.joints)) < 0.06


def test_least_squares_saturates_outliers_alike(body, gaussian, people):
    fitter = Fitter(body, gaussian, keypoint_set="smpl24", solver="least_squares")
    evidence = people.evidence(noise=3.0)
    weights = DEFAULT_WEIGHTS._replace(outlier=5.0)
    result = fitter.fit(evidence, weights)
    np.testing.assert_allclose(result.start_losses.min(axis=1), result.loss, rtol=1e-3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"solver": "newton"}, "`solver`: expected one of lbfgs, least_squares, received 'newton'"),
        ({"solver": "least_squares", "num_frames": 2}, "expected lbfgs for video"),
    ],
)
def test_unsuitable_solver_is_refused(body, gaussian, settings, message):
    with pytest.raises(ValueError, match=message):
        Fitter(body, gaussian, **settings)


def test_bodies_from_elsewhere_are_where_refining_starts(fitter, people):
    start = fitter.bodies_at(people.rotation_matrices, people.shape, people.translation)
    parameters = fitter.pose.parameters()
    decoded = fitter.pose.rotation_matrices(tf.constant(start.pose_variables[:, 0]), parameters)
    np.testing.assert_allclose(decoded[:, 1:], people.rotation_matrices[:, 1:], atol=1e-4)
    np.testing.assert_array_equal(start.shape, people.shape)
    result = fitter.refine(people.evidence(), start, EXACT)
    # A little of each pose is given up for a likelier one.
    assert joint_errors(result, people.joints).max() < 0.06


def test_a_fitter_with_another_prior_of_the_same_structure_compiles_nothing(
    fitter, people, flow, candidates
):
    gaussian = flow.references["gaussian"]
    wider = GaussianMixture(gaussian.weights, gaussian.means, 4.0 * gaussian.covariances)
    other = fitter.with_pose(LatentGaussian(wider, flow.space))
    result = other.fit(people.evidence(), EXACT)
    assert other._solver is fitter._solver
    # A wider prior rates the same bodies as likelier.
    assert result.prior_nll.mean() < 0.7 * candidates[0].prior_nll.mean()
    assert fitter.pose is not other.pose
    again = fitter.fit(people.evidence(), EXACT)
    np.testing.assert_array_equal(again.pose, candidates[0].pose)


def test_the_prior_of_a_fitter_is_not_replaced_in_place(fitter, flow):
    with pytest.raises(AttributeError):
        fitter.pose = fitter.pose
    still = NoPrior(flow.space, np.zeros(flow.space.dim))
    with pytest.raises(ValueError, match="`pose`: expected variables of the same structure"):
        fitter.with_pose(still)


def test_a_held_shape_stays(fitter, people, candidates):
    tall = fitter.bodies(candidates[0])
    tall = tall._replace(shape=np.tile(np.linspace(-1, 1, 16, dtype=np.float32), (6, 1)))
    result = fitter.refine(people.evidence(), tall, EXACT, holds_shape=True)
    np.testing.assert_allclose(result.shape, tall.shape, atol=1e-6)
    assert np.median(result.residuals) < 2.0
    np.testing.assert_allclose(sum(result.terms.values()), result.loss, rtol=1e-4)


def test_a_result_is_loaded_as_it_was_saved(fitter, people, candidates, tmp_path):
    best = candidates[0]
    best = dataclasses.replace(best, joint_std=np.ones((6, 24), np.float32))
    for result in (best, candidates[1]):
        result.save(tmp_path / "walk.npz", names=np.array(["somebody"]))
        loaded = FitResult.load(tmp_path / "walk.npz")
        assert loaded.arrays().keys() == result.arrays().keys()
        for name, array in result.arrays().items():
            np.testing.assert_array_equal(loaded.arrays()[name], array)
            assert loaded.arrays()[name].dtype == array.dtype


def test_damaged_results_are_refused(candidates, tmp_path):
    arrays = candidates[0].arrays()
    path = tmp_path / "walk.npz"
    np.savez(path, **{name: array for name, array in arrays.items() if name != "shape"})
    with pytest.raises(InputError, match=r"walk\.npz: expected field 'shape', received"):
        FitResult.load(path)
    np.savez(path, **(arrays | {"loss": arrays["loss"][:2]}))
    with pytest.raises(InputError, match="field 'loss': expected a row for each of 6 bodies"):
        FitResult.load(path)
    np.savez(path, **(arrays | {"pose": np.float32(0)}))
    with pytest.raises(InputError, match="field 'pose': expected a row for each of 1 bodies"):
        FitResult.load(path)
    np.savez(path, **(arrays | {"start": np.full(6, np.nan)}))
    with pytest.raises(InputError, match="field 'start': expected whole numbers from 0 to"):
        FitResult.load(path)
    path.write_bytes(b"walk")
    with pytest.raises(InputError, match=r"walk\.npz: expected an \.npz archive"):
        FitResult.load(path)
