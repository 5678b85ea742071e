import numpy as np
import pytest

from hps_tf.body import load_default
from hps_tf.rendering.colour import to_uint8
from hps_tf.visualization import palette
from hps_tf.visualization.side_views import MAX_PEOPLE, side_views

PAPER = to_uint8(np.array(palette.PAPER))


@pytest.fixture(scope="module")
def body():
    return load_default(3000)


@pytest.fixture(scope="module")
def leaning(body):
    """Somebody upright whose arms reach towards the camera, 4 metres away."""
    pose = np.zeros((1, 24, 3), np.float32)
    pose[:, 0, 0] = np.pi
    pose[:, 16, 1], pose[:, 17, 1] = -np.pi / 2, np.pi / 2
    return body(pose=pose, translation=np.array([[1.0, 0.5, 4]], np.float32)).vertices.numpy()


def covered(panel):
    """Where somebody is drawn, below the caption."""
    seen = np.abs(panel.astype(int) - PAPER).max(axis=2) > 8
    seen[:18] = False
    return seen


def test_what_is_nearer_to_the_camera_is_at_the_left(body, leaning):
    panel = side_views(leaning, body.faces, 300, 400)
    assert panel.shape == (300, 186, 3)
    seen = covered(panel)
    rows = np.flatnonzero(seen.any(axis=1))
    upper = seen[rows[0] : rows[len(rows) // 3]]
    lower = seen[rows[len(rows) // 2] :]
    leftmost = [np.flatnonzero(part.any(axis=0))[0] for part in (upper, lower)]
    assert leftmost[0] < leftmost[1] - 20


def test_people_keep_their_scale_wherever_they_are(body, leaning):
    pair = np.concatenate([leaning, leaning + np.array([-2.0, 0, 9])]).astype(np.float32)
    panel = side_views(pair, body.faces, 300, 400)
    assert panel.shape == (300, 2 * 186, 3)
    counts = covered(panel)[:, :186].sum(), covered(panel)[:, 186:].sum()
    assert counts[0] == pytest.approx(counts[1], rel=0.02)


def test_people_stand_in_as_many_rows_as_it_takes(body, leaning):
    crowd = np.repeat(leaning, MAX_PEOPLE + 5, axis=0)
    for width in (50, 100, 200):
        assert side_views(crowd, body.faces, 240, width).shape[1] <= width
    assert covered(side_views(crowd, body.faces, 240, 200)).any()


def test_colours_tell_people_apart(body, leaning):
    first, second = (
        side_views(leaning, body.faces, 120, 200, numbers=np.array([number])) for number in (0, 1)
    )
    assert (first != second).any()
    with pytest.raises(ValueError, match="`vertices`: expected at least one person"):
        side_views(leaning[:0], body.faces, 120, 200)
