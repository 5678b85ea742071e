import keras
import numpy as np
import pytest
import tensorflow as tf

from hps_tf.detection import default_detector, movenet, multi_pose, single_pose

SIDES = np.array([384, 256])
REAL = 0.1  # Score of a person of the reference picture; the other peaks are noise.


@pytest.fixture(scope="module")
def thunder():
    return default_detector.thunder()


@pytest.fixture(scope="module")
def multipose():
    return default_detector.multipose()


@pytest.fixture(scope="module")
def image(references):
    return references["image"][np.newaxis].astype(np.float32)


def test_maps_are_at_a_quarter_of_the_sides(thunder, multipose):
    maps = thunder(np.zeros((2, 256, 256, 3), np.float32))
    channels = {"features": 24, "centers": 1, "fields": 34, "heatmaps": 17, "offsets": 34}
    assert {name: values.shape for name, values in maps.items()} == {
        name: (2, 64, 64, count) for name, count in channels.items()
    }
    maps = multipose(np.zeros((1, 64, 96, 3), np.float32))
    channels |= {"box_offsets": 2, "box_sizes": 2}
    assert {name: values.shape for name, values in maps.items()} == {
        name: (1, 16, 24, count) for name, count in channels.items()
    }


def test_thunder_finds_what_the_original_graph_finds(thunder, image, references):
    pose = single_pose.decode(thunder(image[:, :, :256]))
    expected = references["thunder"]
    np.testing.assert_allclose(pose.keypoints[0], expected[:, 1::-1] * 256, atol=1e-3)
    np.testing.assert_allclose(pose.confidence[0], expected[:, 2], atol=1e-4)


def test_multipose_finds_what_the_original_graph_finds(multipose, image, references):
    poses = multi_pose.decode(multipose(image), 6)
    expected = references["multipose"]
    real = expected[:, 55] > REAL
    assert real.sum() == 2
    points = expected[:, :51].reshape(6, 17, 3)
    np.testing.assert_allclose(poses.score[0], expected[:, 55], atol=1e-4)
    np.testing.assert_allclose(poses.confidence[0][real], points[real, :, 2], atol=1e-4)
    np.testing.assert_allclose(poses.keypoints[0][real], points[real, :, 1::-1] * SIDES, atol=1e-3)
    first, last = expected[:, [52, 51]] * SIDES, expected[:, [54, 53]] * SIDES
    boxes = np.concatenate([first, last - first], axis=1)
    np.testing.assert_allclose(poses.boxes[0][real], boxes[real], atol=1e-3)


def test_an_image_is_seen_the_same_in_any_batch(thunder, image):
    several = np.concatenate([image[:, :, :256], image[:, :, 128:], image[:, ::-1, :256]])
    together = thunder(several)
    for index in range(len(several)):
        alone = thunder(several[index : index + 1])
        for name, values in together.items():
            np.testing.assert_allclose(values[index], alone[name][0], atol=1e-3, err_msg=name)


def test_graph_and_xla_agree_with_eager_execution(multipose, image):
    small = image[:, ::2, ::2][:, :128, :96]

    def score_and_places(pixels):
        poses = multi_pose.decode(multipose(pixels), 1)
        return poses.score, poses.keypoints

    eager = score_and_places(tf.constant(small))
    assert eager[0][0, 0] > REAL
    for compiled in (False, True):
        score, places = tf.function(score_and_places, jit_compile=compiled)(tf.constant(small))
        np.testing.assert_allclose(score, eager[0], atol=1e-4)
        np.testing.assert_allclose(places, eager[1], atol=1e-2)


def test_models_are_frozen_and_can_be_serialised(thunder):
    assert thunder.trainable_weights == []
    again = keras.Model.from_config(thunder.get_config())
    assert [w.path for w in again.weights] == [w.path for w in movenet.thunder().weights]


def test_embedded_weights_are_small_and_float16():
    assert default_detector.PATH.stat().st_size < 25e6
    with np.load(default_detector.PATH, allow_pickle=False) as stored:
        assert {stored[name].dtype for name in stored.files} == {np.dtype(np.float16)}
