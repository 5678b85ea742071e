import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from hps_tf import detection
from hps_tf.detection import oks


def _likeness(people, keypoints):
    """OKS `(P,)` of the person most like each of some keypoints `(N, 17, 2)`."""
    area = np.full(len(people.score), 4000, np.float32)
    weights = np.ones((len(people.score), 17), np.float32)
    return [oks.similarity(people.keypoints, each, area, weights).numpy() for each in keypoints]


@pytest.fixture(scope="module")
def image(references):
    return references["image"]


@pytest.fixture(scope="module")
def people(detector, image):
    return detector.find_people([image])[0]


@pytest.fixture(scope="module")
def known(references):
    """Where Google's MultiPose finds the two people."""
    points = references["multipose"][:2, :51].reshape(2, 17, 3)
    return (points[..., 1::-1] * [384, 256] - 0.5).astype(np.float32)


def test_both_people_are_found_once(people, known):
    assert people.boxes.shape == (2, 4)
    assert people.keypoints.shape == (2, 17, 2)
    assert people.confidence.shape == (2, 17)
    assert (np.diff(people.score) <= 0).all()
    assert (people.score > 0.4).all()
    for likeness in _likeness(people, known):
        assert likeness.max() > 0.7


def test_boxes_hold_the_keypoints_that_are_sure(people):
    first, last = people.boxes[:, :2], people.boxes[:, :2] + people.boxes[:, 2:]
    inside = (people.keypoints >= first[:, None] - 1e-3) & (
        people.keypoints <= last[:, None] + 1e-3
    )
    assert inside.all(axis=-1)[people.confidence > 0.2].all()


def test_an_image_of_another_size_or_orientation_has_the_same_people(detector, image, people):
    larger = image.repeat(3, axis=0).repeat(3, axis=1)
    mirrored = np.ascontiguousarray(image[:, ::-1])
    tall = np.pad(image, ((0, 300), (0, 0), (0, 0)))
    for found in detector.find_people([larger, mirrored, tall]):
        assert len(found.score) == 2
    (found,) = detector.find_people([larger])
    for likeness in _likeness(found, 3 * people.keypoints + 1):
        assert likeness.max() > 0.5


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_people_are_found_in_an_image_that_is_turned(detector, image, known, turns):
    turned = np.ascontiguousarray(np.rot90(image, turns))
    (found,) = detector.find_people([turned])
    assert len(found.score) == 2
    height, width = image.shape[:2]
    x, y = np.moveaxis(known, -1, 0)
    places = {1: (y, width - 1 - x), 2: (width - 1 - x, height - 1 - y), 3: (height - 1 - y, x)}
    for likeness in _likeness(found, np.stack(places[turns], axis=-1)):
        assert likeness.max() > 0.5
    (in_boxes,) = detector.keypoints([turned], [found.boxes])
    for likeness in _likeness(in_boxes, np.stack(places[turns], axis=-1)):
        assert likeness.max() > 0.5


def test_an_image_has_the_same_people_alone_and_among_others(detector, image, people):
    noise = np.random.default_rng(0).integers(0, 256, (90, 70, 3), np.uint8)
    found = detector.find_people([noise, image])
    assert len(found) == 2
    for values, expected in zip(found[1], people, strict=True):
        np.testing.assert_array_equal(values, expected)


def test_nobody_is_found_where_nobody_is(detector):
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    grey = np.full((1, 1, 3), 128, np.uint8)
    stripes = np.zeros((1100, 40, 3), np.uint8)
    stripes[::8] = 255
    for found in detector.find_people([noise, grey, stripes]):
        assert found.boxes.shape == (0, 4)
        assert found.keypoints.shape == (0, 17, 2)


def test_more_than_six_people_are_found(detector, image):
    (found,) = detector.find_people([np.tile(image, (2, 2, 1))])
    assert len(found.score) == 8


def test_a_close_up_is_found(detector, image, people):
    left, top, width, height = people.boxes[people.boxes[:, 0].argmin()].astype(int)
    upper = image[top : top + height // 2, left : left + width]
    size = (6 * upper.shape[1], 6 * upper.shape[0])
    (found,) = detector.find_people([np.asarray(Image.fromarray(upper).resize(size))])
    assert len(found.score) == 1


def test_max_people_keeps_the_likeliest(detector, image, people):
    found = detector.find_people_in_graph(tf.constant(image), 1)
    assert int(found.num_people) == 1
    np.testing.assert_allclose(found.score, people.score[:1], atol=1e-5)


def test_empty_places_are_zero(detector, image, people):
    found = detector.find_people_in_graph(tf.constant(image, tf.float32), 5)
    assert int(found.num_people) == 2
    for values, expected in zip(found[:4], people, strict=True):
        assert values.shape[0] == 5
        np.testing.assert_allclose(values[:2], expected, atol=1e-3)
        np.testing.assert_array_equal(values[2:], 0)


def test_keypoints_in_given_boxes_come_in_their_order(detector, image, people):
    boxes = people.boxes[::-1]
    (found,) = detector.keypoints([image], [boxes])
    np.testing.assert_array_equal(found.boxes, boxes)
    np.testing.assert_allclose(found.score, found.confidence.mean(axis=1))
    likeness = np.array(_likeness(found, people.keypoints))
    assert likeness[0, 1] > 0.8
    assert likeness[1, 0] > 0.8


def test_someones_keypoints_do_not_depend_on_the_other_boxes(detector, image, people):
    (together,) = detector.keypoints([image], [people.boxes])
    (alone,) = detector.keypoints([image], [people.boxes[1:]])
    np.testing.assert_array_equal(together.keypoints[1], alone.keypoints[0])
    (nobody,) = detector.keypoints([image], [np.zeros((0, 4))])
    assert nobody.keypoints.shape == (0, 17, 2)


def test_images_of_all_sizes_are_traced_once(detector, image, people):
    before = detector._find.experimental_get_tracing_count()
    detector.find_people([image[:100], image[:, :77]])
    assert detector._find.experimental_get_tracing_count() == before == 1


def test_saved_model_finds_what_the_library_finds(detector, image, people, tmp_path):
    class Served(tf.Module):
        def __init__(self):
            super().__init__()
            self.detector = detector

        @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8)])
        def find(self, images):
            def find_one(image):
                return self.detector.find_people_in_graph(image, 3)._asdict()

            signature = {
                "boxes": tf.TensorSpec((3, 4)),
                "keypoints": tf.TensorSpec((3, 17, 2)),
                "confidence": tf.TensorSpec((3, 17)),
                "score": tf.TensorSpec((3,)),
                "num_people": tf.TensorSpec((), tf.int32),
            }
            return tf.map_fn(find_one, images, fn_output_signature=signature)

    tf.saved_model.save(Served(), str(tmp_path))
    served = tf.saved_model.load(str(tmp_path))
    found = served.find(tf.constant(image[np.newaxis]))
    assert found["num_people"].numpy().tolist() == [2]
    np.testing.assert_allclose(found["keypoints"][0, :2], people.keypoints, atol=1e-3)
    np.testing.assert_allclose(found["score"][0, :2], people.score, atol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            np.zeros((5, 5, 3), np.float32),
            r"`images\[1\]`: expected .*received \(5, 5, 3\) of float",
        ),
        (np.zeros((5, 5), np.uint8), r"expected \(H, W, 3\) of uint8, received \(5, 5\) of uint8"),
        (np.zeros((0, 5, 3), np.uint8), r"received \(0, 5, 3\)"),
        ("photo.jpg", "received str"),
    ],
)
def test_what_is_no_image_is_an_error(detector, image, wrong, message):
    with pytest.raises(ValueError, match=message):
        detector.find_people([image[:64, :64], wrong])


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ([np.zeros(4)], r"`boxes\[0\]`: expected shape \(P, 4\), received \(4,\)"),
        ([np.array([[1.0, 2, 0, 5]])], "expected .* positive sizes, received"),
        ([np.array([[1.0, 2, np.nan, 5]])], "expected .* positive sizes, received"),
        ([], "expected boxes of 1 images, received those of 0"),
    ],
)
def test_wrong_boxes_are_an_error(detector, image, boxes, message):
    with pytest.raises(ValueError, match=message):
        detector.keypoints([image], boxes)


def test_the_detector_is_a_people_detector(detector):
    finder: detection.PeopleDetector = detector
    assert finder.find_people([]) == []
