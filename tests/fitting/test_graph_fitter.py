import numpy as np
import pytest
import tensorflow as tf

from hps_tf.fitting import Fitter
from hps_tf.fitting.graph_fitter import GraphEvidence, GraphFitter

SEEN = ("keypoints", "confidence", "intrinsics")


@pytest.fixture(scope="module")
def evidence(people):
    return people.evidence("coco17", with_parts=True)


@pytest.fixture(scope="module")
def fitter(body, gaussian):
    return GraphFitter(body, gaussian, keypoint_evaluations=80, aligned_evaluations=20)


@pytest.fixture(scope="module")
def fit(fitter):
    """Fits to keypoints in a graph, for any number of people."""
    specs = [tf.TensorSpec((None, *shape), tf.float32) for shape in ((17, 2), (17,), (3, 3))]

    @tf.function(input_signature=specs, autograph=False)
    def fit(*seen):
        return fitter.fit(GraphEvidence(*seen))

    return lambda seen: fit(*(tf.constant(part, tf.float32) for part in seen))


@pytest.fixture(scope="module")
def seen(evidence):
    return [getattr(evidence, name) for name in SEEN]


@pytest.fixture(scope="module")
def fitted(fit, seen):
    return fit(seen)


def test_losses_are_near_those_of_the_fitter_in_lanes(fitted, body, gaussian, evidence):
    slots = Fitter(body, gaussian, solver="lbfgs", max_evaluations=200).fit(evidence)
    assert fitted.is_valid.numpy().all()
    # The budget is a half of theirs.
    assert np.median(fitted.loss / slots.loss) < 1.5
    offsets = np.linalg.norm(fitted.keypoints_2d - evidence.keypoints, axis=2)
    assert offsets.mean() < 4.0


def test_joints_and_vertices_are_of_the_body_returned(fitted, body):
    again = body(
        rotation_matrices=fitted.rotation_matrices,
        shape=fitted.shape,
        translation=fitted.translation,
    )
    np.testing.assert_allclose(fitted.vertices, again.vertices, atol=1e-4)
    np.testing.assert_allclose(fitted.joints, again.joints, atol=1e-4)


def test_a_person_does_not_depend_on_bad_ones_of_the_batch(fit, seen, fitted):
    spoilt = [part.copy() for part in seen]
    spoilt[0][0, 2] = np.nan
    spoilt[1][1] = 0.0
    spoilt[1][2, 4] = -1.0
    spoilt[2][3, 0, 0] = np.inf
    found = fit(spoilt)
    assert found.is_valid.numpy().tolist() == [False] * 4 + [True] * 2
    np.testing.assert_array_equal(found.rotation_matrices[:4], np.tile(np.eye(3), (4, 24, 1, 1)))
    for part in found[1:]:
        assert not part.numpy()[:4].any()
    np.testing.assert_allclose(found.loss[4:], fitted.loss[4:], rtol=1e-5)
    np.testing.assert_allclose(found.joints[4:], fitted.joints[4:], atol=1e-5)


def test_missing_keypoints_may_hold_anything(fit, seen):
    spoilt = [part[:1].copy() for part in seen]
    spoilt[0][0, 2], spoilt[1][0, 2] = np.nan, 0.0
    assert fit(spoilt).is_valid.numpy().all()


def test_bodies_at_hand_are_refined_by_part_maps(fitter, fitted, evidence):
    parts = [tf.constant(evidence.part_labels), tf.constant(evidence.part_boxes)]
    seen = GraphEvidence(*(tf.constant(getattr(evidence, name)) for name in SEEN), *parts)

    @tf.function(autograph=False)
    def refine(*bodies):
        return fitter.refine(seen, *bodies)

    found = refine(*fitted[:3])
    assert found.is_valid.numpy().all()
    moved = np.linalg.norm(found.joints - fitted.joints, axis=2).mean()
    assert 0.0 < moved < 0.3
