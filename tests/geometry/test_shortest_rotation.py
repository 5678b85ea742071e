import numpy as np

from hps_tf.geometry import shortest_rotation


def test_it_turns_one_direction_to_the_other_about_their_normal(rng):
    for start, end in rng.normal(size=(20, 2, 3)):
        matrix = shortest_rotation.between(start, end)
        turned = matrix @ start / np.linalg.norm(start)
        np.testing.assert_allclose(turned, end / np.linalg.norm(end), atol=1e-12)
        np.testing.assert_allclose(matrix @ np.cross(start, end), np.cross(start, end), atol=1e-12)
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)


def test_parallel_directions_need_no_rotation():
    direction = np.array([3.0, -1.0, 2.0])
    np.testing.assert_allclose(
        shortest_rotation.between(direction, 2 * direction), np.eye(3), atol=1e-15
    )
