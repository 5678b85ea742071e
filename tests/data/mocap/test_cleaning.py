import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hps_tf.body import skeleton
from hps_tf.data.mocap import cleaning
from tests.data import mocap_files

L_SHOULDER = skeleton.JOINT_NAMES.index("l_shoulder")


def with_pose(motion, frames, joint, rotation):
    matrices = motion.rotation_matrices.copy()
    matrices[frames, joint] = matrices[frames, joint] @ rotation
    return dataclasses.replace(motion, rotation_matrices=matrices)


def test_natural_motion_has_no_jumps(swaying, rest):
    assert not cleaning.jumping_frames(swaying(240, 120.0), rest).any()


def test_finds_a_frame_that_pops_out_and_the_return(swaying, rest):
    popping = with_pose(swaying(240, 120.0), 100, L_SHOULDER, mocap_files.turn("Z", 60))
    jumps = cleaning.jumping_frames(popping, rest)
    np.testing.assert_array_equal(np.flatnonzero(jumps), [100, 101])


def test_finds_all_frames_between_a_jump_out_and_a_jump_back(swaying, rest):
    popping = with_pose(swaying(240, 120.0), slice(100, 110), L_SHOULDER, mocap_files.turn("Z", 60))
    jumps = cleaning.jumping_frames(popping, rest)
    np.testing.assert_array_equal(np.flatnonzero(jumps), np.arange(100, 111))


def test_keeps_what_lies_between_jumps_far_apart(swaying, rest):
    popping = with_pose(swaying(240, 120.0), slice(100, 130), L_SHOULDER, mocap_files.turn("Z", 60))
    jumps = cleaning.jumping_frames(popping, rest)
    np.testing.assert_array_equal(np.flatnonzero(jumps), [100, 130])


@pytest.mark.parametrize(("degrees", "jumps"), [(5.0, False), (16.0, True)])
def test_a_jump_is_faster_than_twelve_metres_a_second(degrees, jumps, rest):
    """A straight arm of 0.57 m turning by 5 degrees in 1/120 s moves at 6 m/s; 16 make 19 m/s."""
    matrices = np.tile(np.eye(3), (10, 24, 1, 1))
    matrices[5:, L_SHOULDER] = mocap_files.turn("Z", degrees)
    motion = cleaning.BodyMotion(matrices, np.zeros((10, 3)), 120.0)
    assert cleaning.jumping_frames(motion, rest).any() == jumps


def test_moving_through_the_room_is_no_jump(swaying, rest):
    motion = swaying(100, 120.0)
    motion = dataclasses.replace(motion, translation=motion.translation * 1000)
    assert not cleaning.jumping_frames(motion, rest).any()


def test_one_frame_has_no_jumps(swaying, rest):
    assert not cleaning.jumping_frames(swaying(1, 120.0), rest).any()


def t_pose_first(motion):
    matrices = motion.rotation_matrices.copy()
    matrices[1:, 0] = mocap_files.turn("Y", 30) @ matrices[1:, 0]
    matrices[0] = np.eye(3)
    return dataclasses.replace(motion, rotation_matrices=matrices)


def test_recognizes_an_added_t_pose(swaying):
    assert cleaning.begins_with_added_t_pose(t_pose_first(swaying(20, 120.0)))


def test_a_t_pose_may_be_rough(swaying):
    rough = with_pose(t_pose_first(swaying(20, 120.0)), 0, L_SHOULDER, mocap_files.turn("Z", -20))
    assert cleaning.begins_with_added_t_pose(rough)


def test_captured_frames_are_no_added_t_pose(swaying):
    motion = swaying(20, 120.0)
    bent = with_pose(t_pose_first(motion), 0, L_SHOULDER, mocap_files.turn("Z", -70))
    still = motion.select(np.zeros(20, int))
    identity = dataclasses.replace(motion, rotation_matrices=np.tile(np.eye(3), (20, 24, 1, 1)))
    for captured in (motion, bent, still, identity, t_pose_first(motion).select(slice(0, 1))):
        assert not cleaning.begins_with_added_t_pose(captured)


def test_a_short_clip_without_motion_is_a_still(swaying, rest):
    still = swaying(1, 120.0).select(np.zeros(300, int))
    assert cleaning.is_still(still, rest)
    assert cleaning.is_still(with_pose(still, 100, L_SHOULDER, mocap_files.turn("Z", 2)), rest)


def test_a_clip_with_motion_or_a_pose_held_long_is_none(swaying, rest):
    still = swaying(1, 120.0).select(np.zeros(300, int))
    assert not cleaning.is_still(swaying(120, 120.0), rest)
    assert not cleaning.is_still(with_pose(still, 9, L_SHOULDER, mocap_files.turn("Z", 9)), rest)
    assert not cleaning.is_still(still.select(np.zeros(361, int)), rest)


def test_rotating_as_a_whole_moves_joints(swaying, rest):
    motion = swaying(1, 120.0).select(np.zeros(100, int))
    turns = Rotation.from_rotvec(np.linspace(0, 1, 100)[:, None] * [0, 1, 0]).as_matrix()
    matrices = motion.rotation_matrices.copy()
    matrices[:, 0] = turns @ matrices[:, 0]
    assert not cleaning.is_still(dataclasses.replace(motion, rotation_matrices=matrices), rest)
