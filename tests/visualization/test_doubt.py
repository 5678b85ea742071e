import numpy as np

from hps_tf.body import load_default
from hps_tf.body.parts import PART_NAMES
from hps_tf.body.skeleton import JOINT_NAMES
from hps_tf.visualization import doubt


def test_parts_between_unsure_joints_are_unsure():
    parts = load_default(3000).vertex_parts
    deviations = np.full((2, 24), 0.02)
    for name in ("l_elbow", "l_wrist"):
        deviations[1, JOINT_NAMES.index(name)] = 0.5
    rated = doubt.of_vertices(deviations, parts)
    assert rated.shape == (2, 3000)
    assert (rated[0] == 0).all()
    for name in ("lower_arm_left", "left_hand"):
        assert (rated[1][parts == PART_NAMES.index(name)] == 1).all()
    for name in ("torso", "head", "lower_arm_right", "upper_leg_left"):
        assert (rated[1][parts == PART_NAMES.index(name)] == 0).all()


def test_more_deviation_is_more_doubt_and_none_is_known_of_nan():
    parts = np.arange(1, 15)
    levels = [
        doubt.of_vertices(np.full((1, 24), value), parts).mean()
        for value in (0.0, 0.13, 0.18, 9.0, np.nan)
    ]
    assert levels[0] == 0
    assert 0 < levels[1] < levels[2] < 1
    assert levels[3] == levels[4] == 1
