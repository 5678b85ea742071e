import types

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_small
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.evaluation import PredictedPeople
from hps_tf.models import Lifter, LiftingNetwork, LiftingOptions
from tools.reproduce import shared_evidence
from tools.reproduce.shared_evidence import SharedEvidence

COUNT = 3


def _predictor(lifter, parts):
    front = types.SimpleNamespace(digest="front")
    network = types.SimpleNamespace(front=front, parts=parts)
    return types.SimpleNamespace(network=network, decoder=lifter)


def _parts(value):
    return types.SimpleNamespace(weights=[tf.Variable(value)])


@pytest.fixture
def lifters():
    """Two lifting networks with other weights."""
    made = []
    for scale in (0.0, 0.1):
        network = LiftingNetwork(LiftingOptions(8, 1), np.zeros(126, np.float32))
        rng = np.random.default_rng(0)
        weights = network.module.get_weights()
        network.module.set_weights([w + scale * rng.normal(size=w.shape) for w in weights])
        made.append(Lifter(network, load_small()))
    return made


@pytest.fixture
def looked(monkeypatch):
    """Stands in for looking at images; counts how often."""
    counted = []

    def predict_split(predictor, dataset, *, max_examples, ground_truth_evidence):
        counted.append(dataset)
        rng = np.random.default_rng(0)
        points = rng.uniform(50.0, 200.0, (COUNT, 17, 2)).astype(np.float32)
        intrinsics = np.tile(np.float32([[300, 0, 128], [0, 300, 128], [0, 0, 1]]), (COUNT, 1, 1))
        confidence = np.ones((COUNT, 17), np.float32)
        lifted = predictor.decoder(points, confidence, intrinsics)
        bodies, spread = tf.nest.map_structure(np.asarray, lifted)
        return PredictedPeople(
            {"intrinsics": intrinsics},
            bodies.rotation_matrices,
            bodies.shape,
            bodies.translation,
            bodies.keypoints_2d,
            points,
            confidence,
            np.zeros((COUNT, 64, 64), np.uint8),
            np.ones((COUNT, 14), np.float32),
            spread,
        )

    monkeypatch.setattr(shared_evidence, "predict_split", predict_split)
    return counted


def test_networks_that_find_the_same_look_once_and_lift_by_themselves(lifters, looked, domains):
    dataset = ImageDataset(domains[0], "test")
    options = {"max_examples": 10, "ground_truth_evidence": False}
    shared = SharedEvidence()
    first, second = (
        shared.predict(_predictor(lifter, _parts(1.0)), dataset, **options) for lifter in lifters
    )
    assert len(looked) == 1
    alone = SharedEvidence().predict(_predictor(lifters[1], _parts(1.0)), dataset, **options)
    np.testing.assert_array_equal(second.detected_2d, first.detected_2d)
    assert np.abs(second.rotation_matrices - first.rotation_matrices).max() > 1e-3
    for name in ("rotation_matrices", "shape", "translation", "keypoints_2d"):
        np.testing.assert_allclose(getattr(second, name), getattr(alone, name), atol=1e-5)
    tf.nest.map_structure(np.testing.assert_allclose, second.spread, alone.spread)


def test_networks_with_other_part_maps_or_other_images_look_again(lifters, looked, domains):
    options = {"max_examples": 10, "ground_truth_evidence": False}
    shared = SharedEvidence()
    for parts, directory, split in (
        (1.0, domains[0], "test"),
        (2.0, domains[0], "test"),
        (1.0, domains[0], "val"),
        (1.0, domains[1], "test"),
    ):
        predictor = _predictor(lifters[0], _parts(parts))
        shared.predict(predictor, ImageDataset(directory, split), **options)
    assert len(looked) == 4


def test_a_network_with_a_keypoint_module_of_its_own_looks_itself(looked, lifters, domains):
    predictor = _predictor(lifters[0], _parts(1.0))
    predictor.network.front = None
    shared = SharedEvidence()
    for _ in range(2):
        shared.predict(
            predictor,
            ImageDataset(domains[0], "test"),
            max_examples=10,
            ground_truth_evidence=False,
        )
    assert len(looked) == 2
