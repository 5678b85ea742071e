import numpy as np
import pytest

from hps_tf.rendering.colour import to_uint8
from hps_tf.visualization import palette
from hps_tf.visualization.contact_sheet import contact_sheet

PAPER = to_uint8(np.array(palette.PAPER))


def pictures(count, height=30, width=40):
    shades = np.arange(count, dtype=np.uint8)[:, None, None, None]
    return np.broadcast_to(shades, (count, height, width, 3))


def test_pictures_stand_in_rows_with_equal_gaps_and_margins():
    sheet = contact_sheet(pictures(5), columns=3)
    assert sheet.shape == (20 + 30 + 6 + 30 + 20, 20 + 3 * 40 + 2 * 6 + 20, 3)
    for index in range(5):
        row, column = divmod(index, 3)
        y, x = 20 + 36 * row, 20 + 46 * column
        assert (sheet[y : y + 30, x : x + 40] == index).all()
    picture_pixels = (sheet < 5).all(axis=-1).sum()
    assert picture_pixels == 5 * 30 * 40
    assert (sheet[(sheet >= 5).any(axis=-1)] == PAPER).all()


def test_title_and_captions_add_their_lines_and_nothing_else():
    plain = contact_sheet(pictures(4), columns=2)
    titled = contact_sheet(pictures(4), columns=2, title="Samples")
    captioned = contact_sheet(pictures(4), columns=2, captions=["a", "", "b", "c"])
    assert titled.shape == (plain.shape[0] + 36, *plain.shape[1:])
    assert captioned.shape == (plain.shape[0] + 2 * 20, *plain.shape[1:])
    np.testing.assert_array_equal(titled[56:], plain[20:])
    assert (titled[20:56] != PAPER).any()
    below_first, below_second = captioned[50:70, 20:60], captioned[50:70, 66:106]
    assert (below_first != PAPER).any()
    assert (below_second == PAPER).all()


def test_long_text_is_cut_to_its_width():
    captions = ["a caption that is far too long for its picture", ""]
    sheet = contact_sheet(pictures(2), columns=2, captions=captions, title="title " * 50)
    assert (sheet[:, :20] == PAPER).all()
    assert (sheet[:, -20:] == PAPER).all()
    # Under the second picture, whose caption is empty, and in the gap before it.
    assert (sheet[56 + 30 : 56 + 50, 60:] == PAPER).all()


def test_fewer_pictures_than_columns_make_a_narrower_sheet():
    assert contact_sheet(pictures(2), columns=10).shape[1] == 20 + 40 + 6 + 40 + 20


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"images": [], "columns": 2}, "`images`: expected at least one picture"),
        ({"images": pictures(2), "columns": 0}, "`columns`: expected at least 1, received 0"),
        (
            {"images": [*pictures(1), *pictures(1, height=31)], "columns": 2},
            r"one shape \(H, W, 3\), received \[\(30, 40, 3\), \(31, 40, 3\)\]",
        ),
        (
            {"images": pictures(2)[..., :2], "columns": 2},
            r"one shape \(H, W, 3\), received \[\(30, 40, 2\)\]",
        ),
        (
            {"images": pictures(2), "columns": 2, "captions": ["a"]},
            "`captions`: expected 2, one per picture, received 1",
        ),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        contact_sheet(**arguments)
