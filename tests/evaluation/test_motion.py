import pytest

from hps_tf.errors import InputError
from hps_tf.evaluation import motion


def test_splits_keep_their_poses(data_dir):
    poses = motion.poses_by_split([data_dir])
    assert {split: len(found) for split, found in poses.items()} == {
        "train": 120,
        "val": 60,
        "test": 60,
    }
    assert list(poses) == ["train", "val", "test"]


def test_clip_of_an_earlier_directory_is_skipped_whatever_its_split(
    data_dir, tmp_path, make_clip, write_clips
):
    repeated = make_clip("03_01", "train", num_frames=500)
    new = make_clip("04_01", "train", num_frames=7)
    second = write_clips(tmp_path / "second", [repeated, new])
    poses = motion.poses_by_split([data_dir, second])
    assert len(poses["train"]) == 120 + 7
    assert len(poses["test"]) == 60


def test_data_without_splits_has_the_split_all(tmp_path, make_clip, write_clips):
    directory = write_clips(tmp_path / "data", [make_clip("01_01")])
    assert list(motion.poses_by_split([directory])) == ["all"]


def test_directory_without_motion_is_named(tmp_path):
    with pytest.raises(InputError, match=f"{tmp_path}: expected prepared motion"):
        motion.poses_by_split([tmp_path])
