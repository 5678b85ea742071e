import hashlib

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.detection import default_detector, single_pose
from hps_tf.models.front_end import NUM_FEATURES, OUTPUTS, FrontEnd


@pytest.fixture(scope="module")
def front():
    return FrontEnd()


@pytest.fixture(scope="module")
def photographs():
    return np.random.default_rng(0).uniform(size=(2, 256, 256, 3)).astype(np.float32)


def test_it_finds_what_thunder_finds_with_pixel_centres_at_integers(front, photographs):
    found = front(photographs)
    maps = default_detector.thunder()(255.0 * photographs)
    pose = single_pose.decode(maps)
    assert tuple(found) == OUTPUTS
    assert found["features"].shape == (2, 64, 64, NUM_FEATURES)
    np.testing.assert_array_equal(found["heatmaps_1"], maps["heatmaps"])
    np.testing.assert_allclose(found["keypoints_2d"], pose.keypoints - 0.5, atol=1e-4)
    np.testing.assert_array_equal(found["confidence"], pose.confidence)


def test_nothing_of_it_is_trained(front):
    assert not front.model.trainable_variables


def test_its_digest_is_of_all_weights():
    front = FrontEnd()
    weights = b"".join(weight.numpy().tobytes() for weight in front.model.weights)
    assert front.digest == hashlib.sha256(weights).hexdigest()
    before = front.digest
    front.model.weights[-1].assign_add(tf.ones_like(front.model.weights[-1]))
    assert front.digest != before
