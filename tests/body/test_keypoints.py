import numpy as np
import pytest

from hps_tf.body import keypoints
from hps_tf.body.skeleton import JOINT_NAMES, KEYPOINT_NAMES


@pytest.mark.parametrize("set_name", KEYPOINT_NAMES)
def test_blends_are_convex(set_name):
    matrix = keypoints.blend_matrix(set_name)
    assert matrix.shape == (len(KEYPOINT_NAMES[set_name]), 30)
    assert (matrix >= 0.0).all()
    np.testing.assert_array_equal(matrix.sum(axis=1), 1.0)


@pytest.mark.parametrize(
    ("set_name", "keypoint", "joint"),
    [
        ("coco17", "left_wrist", "l_wrist"),
        ("coco17", "right_ankle", "r_ankle"),
        ("h36m17", "left_knee", "l_knee"),
        ("h36m17", "jaw", "head"),
    ],
)
def test_limb_keypoints_are_joints(set_name, keypoint, joint):
    row = keypoints.blend_matrix(set_name)[KEYPOINT_NAMES[set_name].index(keypoint)]
    assert row.argmax() == JOINT_NAMES.index(joint)
    assert row.max() == 1.0


def test_unknown_set_lists_the_known_ones():
    with pytest.raises(ValueError, match="one of coco17, h36m17, smpl24, received 'openpose'"):
        keypoints.blend_matrix("openpose")
