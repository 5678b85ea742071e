import numpy as np
import pytest

from hps_tf.visualization.prediction_sheet import Pictured, prediction_sheet

FACES = np.array([[0, 1, 2]])
TRIANGLE = np.array([[-1.0, -1.0, 4.0], [1.0, -1.0, 4.0], [0.0, 1.0, 4.0]])


@pytest.fixture
def pictured():
    return Pictured(
        image=np.full((64, 64, 3), 0.25),
        intrinsics=np.array([[64.0, 0, 31.5], [0, 64.0, 31.5], [0, 0, 1]]),
        vertices=TRIANGLE,
        detected_2d=np.full((17, 2), 5.0),
        is_sure=np.zeros(17, bool),
        keypoints_2d=np.full((17, 2), 5.0),
        part_labels=np.zeros((16, 16), np.uint8),
    )


def test_a_column_is_for_the_truth_only_where_it_is_known(pictured):
    labelled = pictured._replace(true_part_labels=np.ones((16, 16), np.uint8))
    plain = prediction_sheet([pictured], FACES, "title")
    assert prediction_sheet([labelled], FACES, "title").shape[1] > 1.5 * plain.shape[1]
    both = prediction_sheet([pictured, labelled], FACES, "title")
    assert both.shape[0] > 1.5 * plain.shape[0]


def test_the_body_found_is_drawn_in_the_last_picture(pictured):
    empty = pictured._replace(vertices=TRIANGLE + np.array([100.0, 0, 0]))
    sheets = [prediction_sheet([person], FACES, "title") for person in (pictured, empty)]
    columns = np.flatnonzero((sheets[0] != sheets[1]).any(axis=(0, 2)))
    assert columns.size
    assert columns.min() > sheets[0].shape[1] * 2 / 3
