import numpy as np

from hps_tf.detection.people import People
from hps_tf.detection.tracking import MAX_GAP, Tracker

RATE = 25


def people(*boxes, seed=0):
    """People whose keypoints lie at the same places in their boxes."""
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    inside = np.random.default_rng(seed).random((17, 2))
    keypoints = boxes[:, None, :2] + inside * boxes[:, None, 2:]
    return People(boxes, keypoints, np.full((len(boxes), 17), 0.8), np.full(len(boxes), 0.9))


def follow(frames, tracker=None, start=0):
    tracker = tracker or Tracker()
    return [tracker.follow(found, (start + i) / RATE).tolist() for i, found in enumerate(frames)]


def test_people_keep_their_numbers_whatever_their_order():
    left, right = [10, 10, 40, 100], [200, 10, 40, 100]
    assert follow([people(left, right), people(right, left), people(left)]) == [[0, 1], [1, 0], [0]]


def test_newcomers_get_the_next_number():
    assert follow([people(), people([0, 0, 9, 9]), people([0, 0, 9, 9], [90, 0, 9, 9])]) == [
        [],
        [0],
        [0, 1],
    ]


def test_who_is_missing_for_a_short_time_comes_back():
    gap = round(MAX_GAP * RATE) - 2
    frames = [people([10, 10, 40, 100])] + [people()] * gap + [people([12, 10, 40, 100])]
    assert follow(frames)[-1] == [0]


def test_who_is_missing_for_long_is_somebody_else():
    gap = round(MAX_GAP * RATE) + 2
    frames = [people([10, 10, 40, 100])] + [people()] * gap + [people([10, 10, 40, 100])]
    assert follow(frames)[-1] == [1]


def test_gaps_are_told_by_time_not_by_frames():
    tracker = Tracker(max_gap=1.0)
    assert tracker.follow(people([0, 0, 40, 90]), 0.0).tolist() == [0]
    assert tracker.follow(people([0, 0, 40, 90]), 0.9).tolist() == [0]
    assert tracker.follow(people([0, 0, 40, 90]), 2.5).tolist() == [1]


def test_people_who_cross_go_on_as_they_went():
    frames = [
        people([200 + 8 * i, 10, 40, 100], [520 - 8 * i, 10, 40, 100], seed=3) for i in range(40)
    ]
    assert follow(frames) == [[0, 1]] * 40


def test_where_the_next_is_near_the_whole_assignment_counts():
    """Each is nearer to where the left one was; the right one must not take its number."""
    frames = [people([100, 0, 40, 100], [130, 0, 40, 100]), people([90, 0, 40, 100])]
    assert follow(frames) == [[0, 1], [0]]
    moved = [
        people([100, 0, 40, 100], [130, 0, 40, 100]),
        people([115, 0, 40, 100], [145, 0, 40, 100]),
    ]
    assert follow(moved) == [[0, 1], [0, 1]]


def test_poses_tell_people_apart_whose_boxes_are_the_same():
    box = [10, 10, 60, 100]
    first, second = people(box, seed=1), people(box, seed=2)

    def both(a, b):
        return People(*map(np.concatenate, zip(a, b, strict=True)))

    assert follow([both(first, second), both(second, first)]) == [[0, 1], [1, 0]]


def test_unsure_keypoints_and_empty_boxes_do_no_harm():
    one = people([10, 10, 40, 100])
    nowhere = one._replace(confidence=np.zeros((1, 17)), keypoints=np.full((1, 17, 2), 1e6))
    flat = one._replace(boxes=np.array([[10.0, 10.0, 0.0, 0.0]]))
    assert follow([one, nowhere, flat, one])[1] == [0]
