import pytest

from hps_tf.body import skeleton


def test_parents_stand_before_their_children():
    assert skeleton.PARENTS[0] == -1
    assert all(parent < joint for joint, parent in enumerate(skeleton.PARENTS))


def test_body_joints_leave_out_root_and_hands():
    names = {skeleton.JOINT_NAMES[joint] for joint in skeleton.BODY_JOINTS}
    assert set(skeleton.JOINT_NAMES) - names == {"pelvis", "l_hand", "r_hand"}


@pytest.mark.parametrize("names", [skeleton.JOINT_NAMES, *skeleton.KEYPOINT_NAMES.values()])
def test_mirroring_twice_changes_nothing(names):
    permutation = skeleton.mirror_permutation(names)
    assert [permutation[i] for i in permutation] == list(range(len(names)))
    assert any(i != j for i, j in enumerate(permutation))


def test_mirrored_joints_have_mirrored_parents():
    for joint, parent in enumerate(skeleton.PARENTS[1:], start=1):
        mirrored = skeleton.MIRROR_JOINTS[joint]
        assert skeleton.PARENTS[mirrored] == skeleton.MIRROR_JOINTS[parent]
