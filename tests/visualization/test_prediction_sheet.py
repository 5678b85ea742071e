import numpy as np
import pytest

from hps_tf.body import load_default
from hps_tf.visualization.palette import PART_COLOURS
from hps_tf.visualization.prediction_sheet import Pictured, prediction_sheet


@pytest.fixture(scope="module")
def body():
    return load_default(3000)


@pytest.fixture
def person(body):
    """A body in front of the camera, the upper left corner labelled as torso."""
    vertices = body().vertices[0].numpy() * [1, -1, -1] + [0, 0, 3]
    labels = np.zeros((16, 16), np.uint8)
    labels[:4, :4] = 1
    return Pictured(
        image=np.full((64, 64, 3), 0.5),
        intrinsics=np.array([[90.0, 0, 31.5], [0, 90.0, 31.5], [0, 0, 1]]),
        vertices=vertices,
        detected_2d=np.full((17, 2), 32.0),
        is_sure=np.zeros(17, bool),
        keypoints_2d=np.full((17, 2), 32.0),
        part_labels=labels,
    )


def test_what_is_not_known_is_the_image_alone(person, body):
    sheet = prediction_sheet([person], body.faces, "title")
    truth = person._replace(true_vertices=person.vertices, true_part_labels=person.part_labels)
    known = prediction_sheet([truth], body.faces, "title")
    assert sheet.shape == known.shape
    cells = np.array_split(np.arange(sheet.shape[1]), 5)
    same = [np.array_equal(sheet[:220, cell], known[:220, cell]) for cell in cells]
    assert same[0]
    assert not same[2]
    assert not same[4]


def test_parts_are_painted_where_they_are_labelled(person, body):
    sheet = prediction_sheet([person], body.faces, "title").astype(float) / 255
    painted = 0.65 * PART_COLOURS[1] + 0.35 * 0.5
    is_painted = np.abs(sheet - painted).max(axis=2) < 0.01
    assert 0.9 * 48**2 < is_painted.sum() < 1.1 * 48**2


def test_images_of_any_size_are_enlarged_to_be_seen(person, body):
    large = person._replace(image=np.full((300, 300, 3), 0.5))
    assert prediction_sheet([large], body.faces, "").shape[1] > 5 * 300
    assert prediction_sheet([person], body.faces, "").shape[1] > 5 * 192
