import numpy as np
import tensorflow as tf

from hps_tf.detection import single_pose


def _maps(people, size=16):
    """Maps of people who stand at centres, all keypoints of one at one pixel of the map."""
    maps = {
        "centers": np.full((1, size, size, 1), -20.0, np.float32),
        "heatmaps": np.full((1, size, size, 17), -20.0, np.float32),
        "fields": np.zeros((1, size, size, 34), np.float32),
        "offsets": np.tile(np.float32([0.25, 0.75]), (1, size, size, 17)),
    }
    for (row, column), (keypoint_row, keypoint_column), logit in people:
        maps["centers"][0, row, column] = 3.0
        maps["fields"][0, row, column] = [keypoint_row - row, keypoint_column - column] * 17
        maps["heatmaps"][0, keypoint_row, keypoint_column] = logit
    return maps


def test_keypoint_is_at_its_peak_and_offset():
    pose = single_pose.decode(_maps([((8, 8), (4, 10), 1.0)]))
    np.testing.assert_allclose(pose.keypoints, np.tile([4 * 10.75, 4 * 4.25], (1, 17, 1)))
    np.testing.assert_allclose(pose.confidence, np.full((1, 17), 1 / (1 + np.exp(-1))), atol=1e-6)


def test_of_two_people_the_one_nearer_to_the_middle_is_found():
    people = [((2, 2), (1, 1), 2.0), ((9, 9), (12, 12), 0.0)]
    for order in (people, people[::-1]):
        pose = single_pose.decode(_maps(order))
        np.testing.assert_allclose(pose.keypoints[0, 0], [4 * 12.75, 4 * 12.25])


def test_images_of_a_batch_do_not_mix():
    singles = [_maps([((8, 8), (4, 10), 1.0)]), _maps([((3, 8), (2, 2), 2.0)])]
    both = {name: np.concatenate([maps[name] for maps in singles]) for name in singles[0]}
    together = single_pose.decode(both)
    for index, maps in enumerate(singles):
        for values, alone in zip(together, single_pose.decode(maps), strict=True):
            np.testing.assert_array_equal(values[index], alone[0])


def test_graph_and_xla_agree_with_eager_execution():
    maps = {name: tf.constant(values) for name, values in _maps([((8, 8), (4, 10), 1.0)]).items()}
    eager = single_pose.decode(maps)
    for compiled in (False, True):
        for values, expected in zip(
            tf.function(single_pose.decode, jit_compile=compiled)(maps), eager, strict=True
        ):
            np.testing.assert_allclose(values, expected, atol=1e-5)
