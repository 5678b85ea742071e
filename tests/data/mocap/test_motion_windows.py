import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body.mirror import mirror_pose
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.data.mocap.motion_windows import MotionWindows, window_starts
from hps_tf.errors import InputError
from hps_tf.geometry import axis_angle

SEED = tf.constant([0, 1], tf.int64)


def _clip(name, num_frames, gap_after=None, first=0.1):
    """A clip whose frame shows in the angle of joint 1, and in the path."""
    pose = np.zeros((num_frames, 24, 3), np.float32)
    pose[:, 1, 0] = first + 0.01 * np.arange(num_frames)
    time = np.arange(num_frames) / 30
    if gap_after is not None:
        time[gap_after + 1 :] += 0.2
    path = np.zeros((num_frames, 3), np.float32)
    path[:, 0] = np.arange(num_frames)
    return MotionClip(name, name[:2], "train", 30.0, pose, path, name, time.astype(np.float32))


def _angles(pose):
    count, length = pose.shape[:2]
    flat = axis_angle.from_quaternion(tf.reshape(pose, [-1, 24, 4]))
    return flat.numpy().reshape(count, length, 24, 3)


def test_windows_are_consecutive_frames_and_their_path_from_its_mean():
    pose, path = MotionWindows([_clip("01_1", 30)], 4, mirror=False).sample(50, SEED)
    angles = _angles(pose)[:, :, 1, 0]
    np.testing.assert_allclose(np.diff(angles, axis=1), 0.01, atol=1e-5)
    assert len(np.unique(angles[:, 0].round(3))) > 10
    np.testing.assert_allclose(path[:, :, 0], np.tile([-1.5, -0.5, 0.5, 1.5], (50, 1)), atol=1e-6)


def test_no_window_has_a_gap():
    clip = _clip("01_1", 10, gap_after=4)
    np.testing.assert_array_equal(window_starts(clip, 4), [0, 1, 5, 6])
    assert len(window_starts(clip, 11)) == 0


def test_mirrored_motion_is_added():
    clip = _clip("01_1", 4)
    pose, path = MotionWindows([clip], 4).sample(40, SEED)
    is_mirrored = path[:, 0, 0].numpy() > 0
    assert 0 < is_mirrored.sum() < 40
    angles = _angles(pose)
    np.testing.assert_allclose(angles[~is_mirrored][0], clip.pose, atol=1e-5)
    np.testing.assert_allclose(angles[is_mirrored][0], mirror_pose(clip.pose), atol=1e-5)


def test_people_have_their_share():
    clips = [_clip("01_1", 93), _clip("02_1", 13, first=2.0)]
    pose, _ = MotionWindows(clips, 4, mirror=False, subject_balance=0.5).sample(4_000, SEED)
    share = np.mean(_angles(pose)[:, 0, 1, 0] > 1.9)
    assert share == pytest.approx(1 / (1 + 3), abs=0.03)


def test_limbs_are_swapped_in_all_frames_of_a_window():
    clips = [_clip("01_1", 9), _clip("02_1", 9, first=2.0)]
    pose, _ = MotionWindows(clips, 4, mirror=False, limb_swapping=1.0).sample(200, SEED)
    np.testing.assert_allclose(np.diff(_angles(pose)[:, :, 1, 0], axis=1), 0.01, atol=1e-4)


def test_a_seed_gives_the_same_windows():
    windows = MotionWindows([_clip("01_1", 30)], 4, limb_swapping=0.5)
    for one, other in zip(windows.sample(9, SEED), windows.sample(9, SEED), strict=True):
        np.testing.assert_array_equal(one, other)


def test_clips_that_are_too_short_are_named():
    with pytest.raises(InputError, match="--data: expected a clip of 16 frames without a gap"):
        MotionWindows([_clip("01_1", 9)], 16, name="--data")
