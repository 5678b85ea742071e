import numpy as np
import pytest

from hps_tf.detection import quarter_turns

SIDE = 8


@pytest.mark.parametrize("turns", range(4))
def test_views_turn_as_numpy_turns_them(turns):
    view = np.random.default_rng(0).random((SIDE, SIDE, 3)).astype(np.float32)
    turned = quarter_turns.turned(view, turns)
    np.testing.assert_array_equal(turned, np.rot90(view, turns))


@pytest.mark.parametrize("turns", range(4))
def test_points_turn_back_to_where_they_were(turns):
    view = np.zeros((SIDE, SIDE, 1), np.float32)
    view[2, 5] = 1  # Its middle is x 5.5, y 2.5 from the edge.
    row, column, _ = np.argwhere(quarter_turns.turned(view, turns).numpy())[0]
    point = np.array([column + 0.5, row + 0.5], np.float32)
    np.testing.assert_allclose(quarter_turns.turned_back(point, turns, SIDE), [5.5, 2.5])


def _person(direction):
    """Shoulders at the origin, hips 40 pixels away in a direction (x, y)."""
    keypoints = np.zeros((17, 2), np.float32)
    keypoints[[11, 12]] = 40 * np.array(direction)
    return keypoints


@pytest.mark.parametrize(
    ("direction", "turns"),
    [((0, 1), 0), ((0.6, 0.8), 0), ((1, 0), 3), ((0.8, 0.6), 3), ((0, -1), 2), ((-1, 0), 1)],
)
def test_turns_bring_hips_below_shoulders(direction, turns):
    keypoints = _person(direction)[None]
    box = np.array([[0, 0, 100, 100]], np.float32)
    found = quarter_turns.to_upright(keypoints, box).numpy()
    assert found.tolist() == [turns]
    view = 50 + keypoints[0] / 2
    points = [quarter_turns.turned_back(p, (4 - turns) % 4, 100) for p in view]
    assert points[11][1] - points[5][1] > 10


def test_a_torso_seen_end_on_gives_no_turn():
    box = np.array([[0, 0, 100, 500]], np.float32)
    assert quarter_turns.to_upright(_person((0, -1))[None], box).numpy().tolist() == [0]
