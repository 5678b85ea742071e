import numpy as np
import pytest

from hps_tf.body import load_default
from hps_tf.rendering import merge
from hps_tf.rendering.colour import to_uint8
from hps_tf.visualization import palette
from hps_tf.visualization.body_picture import body_picture
from hps_tf.visualization.viewpoint import framing

PAPER = to_uint8(np.array(palette.PAPER))
SIZE = (120, 100)


@pytest.fixture(scope="module")
def body():
    return load_default(3000)


@pytest.fixture(scope="module")
def vertices(body):
    return body().vertices[0].numpy()


@pytest.fixture(scope="module")
def picture(body, vertices):
    return body_picture(vertices, body.faces, view=SIZE)


def test_body_stands_before_plain_paper(picture):
    assert picture.shape == (*SIZE, 3)
    assert picture.dtype == np.uint8
    # The T-pose is wider than high here: the upper corners are free of body and shadow.
    np.testing.assert_array_equal(picture[0], np.tile(PAPER, (SIZE[1], 1)))
    assert (abs(picture.astype(int) - PAPER) > 20).any(axis=-1).mean() > 0.05


def test_floor_is_darker_under_the_body_than_beyond(body, vertices, picture):
    view = framing(vertices, SIZE)
    below = view.to_camera(np.array([0.0, vertices[:, 1].min(), 0.0])) @ view.intrinsics.T
    column, row = np.round(below[:2] / below[2]).astype(int)
    assert picture[row, column].mean() < PAPER.mean() - 8


def test_picture_is_the_same_every_time(body, vertices, picture):
    np.testing.assert_array_equal(body_picture(vertices, body.faces, view=SIZE), picture)


def test_colours_are_those_given(body, vertices):
    red = body_picture(vertices, body.faces, colours=(0.9, 0.1, 0.1), view=SIZE)
    shown = (abs(red.astype(int) - PAPER) > 60).any(axis=-1)
    assert (red[shown][:, 0] > red[shown][:, 1]).all()
    parts = body_picture(
        vertices, body.faces, colours=palette.PART_COLOURS[body.face_parts], view=SIZE
    )
    assert (parts != red).any()


def test_supersampling_mixes_edges_with_the_paper(body, vertices):
    black = body_picture(vertices, body.faces, colours=(0, 0, 0), view=SIZE)
    grey = ((black > 60) & (black < 180)).all(axis=-1)
    assert 50 < grey.sum() < 1000


def test_several_people_share_the_floor(body, vertices):
    pair = np.stack([vertices, vertices + np.array([2.0, 0.5, 0.0])])
    merged, faces = merge(pair, body.faces)
    assert body_picture(merged, faces, view=(80, 160)).shape == (80, 160, 3)


def test_wrong_shape_is_named(body):
    with pytest.raises(ValueError, match=r"`vertices`: expected shape \(..., vertices, 3\)"):
        body_picture(np.zeros((10, 2)), body.faces)
