import dataclasses

import pytest

from hps_tf.body import skeleton
from hps_tf.body.skeleton import JOINT_NAMES, PARENTS, SMPL24, Skeleton


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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parents": (-1, 0)}, "expected a parent for each of different names, received 2 for 24"),
        ({"joint_names": ("hip", *JOINT_NAMES[1:])}, "expected pelvis too"),
        ({"parents": (-1, 2, *PARENTS[2:])}, "expected that of joint 1 before it, received 2"),
    ],
)
def test_unsuitable_trees_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SMPL24, **change)


def test_hands_may_be_fingers_or_missing():
    fingers = Skeleton((*JOINT_NAMES[:22], "l_middle1", "r_middle1"), PARENTS)
    assert fingers.smpl24 == tuple(range(24))
    stumps = Skeleton(JOINT_NAMES[:22], PARENTS[:22])
    assert stumps.smpl24 == (*range(22), 20, 21)
