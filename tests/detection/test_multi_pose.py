import numpy as np
import tensorflow as tf

from hps_tf.detection import multi_pose

SIZE = (24, 32)
LOGIT = 2.0


def _maps(people):
    """Maps of people at centres, with boxes of rows and columns around them."""
    maps = {
        name: np.full((1, *SIZE, channels), value, np.float32)
        for name, channels, value in (
            ("centers", 1, -20.0), ("heatmaps", 17, -20.0), ("fields", 34, 0.0),
            ("offsets", 34, 0.5), ("box_offsets", 2, 0.5), ("box_sizes", 2, 0.0),
        )
    }  # fmt: skip
    for (row, column), box, (keypoint_row, keypoint_column), logit in people:
        maps["centers"][0, row, column] = logit
        maps["box_sizes"][0, row, column] = box
        maps["fields"][0, row, column] = [keypoint_row - row, keypoint_column - column] * 17
        maps["heatmaps"][0, keypoint_row, keypoint_column] = LOGIT
    return maps


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


TWO = [((8, 8), (9, 5), (5, 7), 1.0), ((14, 24), (11, 7), (18, 22), 3.0)]


def test_people_come_by_the_height_of_their_centres():
    poses = multi_pose.decode(_maps(TWO), 3)
    assert poses.boxes.shape == (1, 3, 4)
    np.testing.assert_allclose(poses.boxes[0, 0], 4 * np.array([21, 9, 7, 11]), atol=1e-4)
    np.testing.assert_allclose(poses.boxes[0, 1], 4 * np.array([6, 4, 5, 9]), atol=1e-4)
    np.testing.assert_allclose(poses.keypoints[0, 0], np.tile([4 * 22.5, 4 * 18.5], (17, 1)))
    np.testing.assert_allclose(poses.keypoints[0, 1], np.tile([4 * 7.5, 4 * 5.5], (17, 1)))
    np.testing.assert_allclose(poses.confidence[0, :2], _sigmoid(LOGIT), atol=1e-4)
    expected = _sigmoid(LOGIT) * _sigmoid(np.array([3.0, 1.0]))
    np.testing.assert_allclose(poses.score[0, :2], expected, atol=1e-4)
    assert poses.score[0, 2] < 1e-3


def test_of_neighbouring_centres_the_highest_counts():
    maps = _maps([TWO[0]])
    maps["centers"][0, 9, 9] = 0.5
    poses = multi_pose.decode(maps, 2)
    assert poses.score[0, 1] < 1e-3


def test_keypoints_outside_the_box_do_not_count():
    maps = _maps([TWO[0]])
    maps["heatmaps"][0, 5, 14] = 10.0
    poses = multi_pose.decode(maps, 1)
    np.testing.assert_allclose(poses.keypoints[0, 0, 0], [4 * 7.5, 4 * 5.5])


def test_boxes_end_at_the_border():
    poses = multi_pose.decode(_maps([((1, 1), (20, 20), (2, 2), 2.0)]), 1)
    np.testing.assert_allclose(poses.boxes[0, 0], 4 * np.array([0, 0, 11.5, 11.5]), atol=1e-4)


def test_graph_and_xla_agree_with_eager_execution():
    maps = {name: tf.constant(values) for name, values in _maps(TWO).items()}
    eager = multi_pose.decode(maps, 2)
    for compiled in (False, True):
        graph = tf.function(lambda maps: multi_pose.decode(maps, 2), jit_compile=compiled)
        for values, expected in zip(graph(maps), eager, strict=True):
            np.testing.assert_allclose(values, expected, atol=1e-5)
