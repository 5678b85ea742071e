import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_default
from hps_tf.data.images import image_dataset
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.synthetic import Generator, Group, PriorPeople
from hps_tf.evaluation import predict_split
from hps_tf.models import PRESETS, GroundTruthEvidence, Predictor, StagedNetwork
from tests import loaded_once

COUNT, WITHOUT_PARTS = 4, 2


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Four images, one without body parts."""
    directory = tmp_path_factory.mktemp("images")
    members = PriorPeople(loaded_once.prior("cmu-6d-light")).draw("test", 0, COUNT, 0)
    generator = Generator(64, seed=0, num_vertices=3000)
    examples = list(generator(Group("test", 0, members, COUNT)))
    examples[WITHOUT_PARTS] = dataclasses.replace(examples[WITHOUT_PARTS], part_labels=None)
    image_dataset.write(
        directory,
        {"test": iter(examples)},
        image_size=64,
        num_shape=generator.num_shape,
        body="default",
        settings={},
        dropped={},
    )
    return ImageDataset(directory, "test")


@pytest.fixture(scope="module")
def predictor():
    """An untrained network: what it finds differs with its evidence all the same."""
    body, prior = load_default(3000), loaded_once.prior("cmu-6d-light")
    tf.keras.utils.set_random_seed(0)
    network = StagedNetwork(PRESETS["tiny"], prior, body.num_shape)
    return Predictor(network, body)


def test_labelled_evidence_takes_the_place_of_the_found_where_there_are_labels(predictor, dataset):
    found = predict_split(predictor, dataset)
    told = predict_split(predictor, dataset, ground_truth_evidence=True, batch_size=3)
    differences = np.abs(told.rotation_matrices - found.rotation_matrices).max(axis=(1, 2, 3))
    assert differences[WITHOUT_PARTS] < 1e-5
    assert np.delete(differences, WITHOUT_PARTS).min() > 1e-3
    has_parts = told.labels["has_parts"] > 0
    labels = told.labels
    np.testing.assert_array_equal(told.detected_2d[has_parts], labels["keypoints_2d"][has_parts])
    np.testing.assert_array_equal(told.part_maps[has_parts], labels["part_labels"][has_parts])
    np.testing.assert_allclose(
        told.detected_2d[WITHOUT_PARTS], found.detected_2d[WITHOUT_PARTS], atol=1e-3
    )


@pytest.mark.parametrize("kind", ["keypoints", "parts"])
def test_one_kind_of_evidence_can_be_labelled(predictor, dataset, kind):
    found = predict_split(predictor, dataset)
    told = predict_split(predictor, dataset, ground_truth_evidence=[kind])
    both = predict_split(predictor, dataset, ground_truth_evidence=True)
    np.testing.assert_allclose(
        told.detected_2d, (both if kind == "keypoints" else found).detected_2d, atol=1e-3
    )
    np.testing.assert_array_equal(told.part_maps, (both if kind == "parts" else found).part_maps)
    assert np.abs(told.shape - found.shape).max() > 1e-6
    assert np.abs(told.shape - both.shape).max() > 1e-6


def test_labelled_evidence_is_made_of_the_labels(predictor, dataset):
    told = predict_split(predictor, dataset, ground_truth_evidence=True)
    labels, stride = told.labels, predictor.network.options.map_stride
    known = GroundTruthEvidence.from_labels(
        tf.ones(COUNT, tf.bool),
        labels["keypoints_2d"],
        labels["keypoint_weights"],
        labels["part_labels"],
        stride,
    )
    raw = predictor.network.pose({"heatmaps": known.heatmaps, "part_maps": known.part_maps})
    shape = raw[f"shape_{predictor.network.options.pose_stages}"].numpy()
    has_parts = labels["has_parts"] > 0
    assert has_parts.sum() == COUNT - 1
    np.testing.assert_allclose(told.shape[has_parts], shape[has_parts], atol=1e-5)
