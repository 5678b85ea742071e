import numpy as np
import pytest
import tensorflow as tf

from hps_tf.fitting import Expected, Refiner
from hps_tf.fitting.graph_evidence import GraphEvidence
from hps_tf.fitting.graph_refiner import GraphRefiner
from hps_tf.geometry.spread import Spread


def spec(*axes):
    return tf.TensorSpec([None, *axes], tf.float32)


@pytest.fixture(scope="module")
def refine(body):
    refiner = GraphRefiner(body)
    spread = Spread(spec(21, 3), spec(3), spec(3), spec(10), spec(17))
    about = Expected(spec(24, 3, 3), spec(body.num_shape), spec(3), spread)

    @tf.function(input_signature=[spec(17, 2), spec(17), spec(3, 3), about], autograph=False)
    def refine(keypoints, confidence, intrinsics, about):
        return refiner.refine(GraphEvidence(keypoints, confidence, intrinsics), about)

    return refine


@pytest.fixture(scope="module")
def evidence(people):
    return people.evidence("coco17", noise=2.0)


def tensors(evidence, about):
    seen = evidence.keypoints, evidence.confidence, evidence.intrinsics
    about = tf.nest.map_structure(lambda part: tf.constant(part, tf.float32), about)
    return *map(tf.constant, seen), about


@pytest.fixture(scope="module")
def refined(refine, evidence, about):
    return refine(*tensors(evidence, about(2.0)))


def test_result_is_the_librarys(refined, body, evidence, about):
    fit, joint_std = refined
    library = Refiner(body, num_iterations=8).refine(evidence, about(2.0))
    assert fit.is_valid.numpy().all()
    np.testing.assert_allclose(fit.loss, library.loss, rtol=1e-3)
    np.testing.assert_allclose(fit.joints, library.joints_3d, atol=1e-3)
    np.testing.assert_allclose(joint_std, library.joint_std, atol=1e-3)


def test_eight_steps_are_within_two_per_cent_of_many(refined, body, evidence, about):
    library = Refiner(body, num_iterations=30).refine(evidence, about(2.0))
    np.testing.assert_allclose(refined[0].loss, library.loss, rtol=0.02)


def test_bad_people_are_told_and_harm_nobody(refine, refined, evidence, about):
    keypoints, confidence = evidence.keypoints.copy(), evidence.confidence.copy()
    keypoints[0, 2] = np.nan
    confidence[1] = 0.0
    expected = about(2.0)
    expected.rotation_matrices[2, 5] = np.nan
    expected.spread.pose[3] = -1.0
    expected.translation[4, 2] = 0.0
    fit, joint_std = refine(keypoints, confidence, *tensors(evidence, expected)[2:])
    assert fit.is_valid.numpy().tolist() == [False] * 5 + [True]
    np.testing.assert_array_equal(fit.rotation_matrices[:5], np.tile(np.eye(3), (5, 24, 1, 1)))
    for part in (*fit[1:], joint_std):
        assert not part.numpy()[:5].any()
    np.testing.assert_allclose(fit.joints[5], refined[0].joints[5], atol=1e-5)
    np.testing.assert_allclose(joint_std[5], refined[1][5], atol=1e-5)


def test_stock_operators_alone_are_used(refine):
    graph = refine.get_concrete_function().graph.as_graph_def()
    nodes = [*graph.node, *(node for each in graph.library.function for node in each.node_def)]
    assert not any("Xla" in node.op or "PyFunc" in node.op for node in nodes)
    assert len(nodes) < 8000


def test_part_maps_move_bodies(body, people, about):
    evidence = people.evidence("coco17", with_parts=True).select(slice(0, 2))
    *seen, expected = tensors(evidence, about().select(slice(0, 2)))
    maps = {
        "part_labels": tf.constant(evidence.part_labels),
        "part_boxes": tf.constant(evidence.part_boxes),
    }
    refiner = GraphRefiner(body, aligned_evaluations=20)
    aligned, _ = tf.function(refiner.refine, autograph=False)(
        GraphEvidence(*seen, **maps), expected
    )
    alone, _ = tf.function(refiner.refine, autograph=False)(GraphEvidence(*seen), expected)
    assert aligned.is_valid.numpy().all()
    assert 0.0 < np.abs(aligned.joints - alone.joints).max() < 0.3
