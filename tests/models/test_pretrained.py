"""The networks that come with the package, on images that none was trained on."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from hps_tf import models
from hps_tf.body import load_default
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.images.image_dataset import write as write_images
from hps_tf.data.synthetic import Generator, Group, PriorPeople
from hps_tf.evaluation import errors_of, predict_split
from hps_tf.models import Predictor, StagedNetwork
from tests import loaded_once

COUNT = 16
DIRECTORY = Path(models.__file__).parent / "pretrained"


@pytest.fixture(scope="module", params=models.list_pretrained())
def network(request):
    return models.load(request.param)


@pytest.fixture
def images(network, tmp_path):
    size, seed = network.options.image_size, 1_000
    members = PriorPeople(loaded_once.prior(network.options.prior)).draw("test", 0, COUNT, seed)
    examples = Generator(size, seed=seed, num_vertices=3000)(Group("test", 0, members, COUNT))
    settings = {"image_size": size, "num_shape": network.num_shape, "settings": {}, "dropped": {}}
    write_images(tmp_path, {"test": examples}, body="default", **settings)
    return ImageDataset(tmp_path, "test")


def means(network, images):
    predictor = Predictor(network, load_default(3000))
    predictor._compiled = predictor.predict  # Compiling takes longer than these few images.
    stride = network.options.map_stride
    return errors_of(predict_split(predictor, images), predictor.decoder.body, map_stride=stride)


def test_people_are_found_better_than_by_an_untrained_network(network, images):
    prior = loaded_once.prior(network.options.prior)
    tf.keras.utils.set_random_seed(0)
    untrained = StagedNetwork(network.options, prior, network.num_shape)
    found, guessed = (means(each, images).means() for each in (network, untrained))
    # A front end is the same in both.
    detection = ["detection_error_px"] if network.front is None else []
    for metric in ("mpjpe_mm", "keypoint_error_px", *detection):
        assert found[metric] < 0.75 * guessed[metric]
    assert found["part_map_iou"] > 0.1 + guessed["part_map_iou"]


@pytest.mark.parametrize("name", models.list_pretrained())
def test_cards_are_of_the_files(name):
    card = (DIRECTORY / f"{name}.md").read_text("utf-8")
    assert hashlib.sha256((DIRECTORY / f"{name}.npz").read_bytes()).hexdigest() in card
    assert "What it can and cannot do" in card
    assert np.isfinite([np.abs(weight).max() for weight in models.load(name).weights]).all()
