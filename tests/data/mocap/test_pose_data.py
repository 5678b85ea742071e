import numpy as np
import pytest

from hps_tf.data.mocap import pose_data
from hps_tf.errors import InputError


def test_splits_become_training_and_validation(motion):
    data = pose_data.read([str(motion)])
    assert data.train.shape == (1800, 24, 3)
    assert data.validation.shape == (200, 24, 3)
    assert (data.train_subjects[:1500] == "01").sum() + (data.train_subjects == "02").sum() == 1800


def test_subjects_belong_to_their_poses(motion, make_clip):
    data = pose_data.read([str(motion)])
    expected = make_clip("02_01", "train", num_frames=300, seed=2).pose
    np.testing.assert_array_equal(data.train[data.train_subjects == "02"], expected)


def test_clip_of_an_earlier_directory_is_not_taken_again(motion, make_clip, write_motion, tmp_path):
    more = write_motion(
        tmp_path / "more",
        make_clip("01_01", "train", seed=5),
        make_clip("03_01", "train", seed=6),
        make_clip("04_01", "train", seed=7),
        make_clip("05_01", "train", num_frames=7, seed=8),
    )
    data = pose_data.read([str(motion), str(more)])
    assert len(data.train) == 1800 + 7
    assert set(data.train_subjects) == {"01", "02", "05"}


def test_no_directory_is_an_error():
    with pytest.raises(InputError, match=r"^paths: expected a directory"):
        pose_data.read([""])


def test_missing_directory_is_named(tmp_path):
    with pytest.raises(InputError, match=r"paths .*nowhere: expected prepared motion"):
        pose_data.read([str(tmp_path / "nowhere")])


def test_directory_without_manifest_is_named(tmp_path):
    with pytest.raises(
        InputError, match=r"expected prepared motion \(of tools\.prepare_mocap\), received none"
    ):
        pose_data.read([str(tmp_path)])


@pytest.mark.parametrize(("present", "missing"), [("train", "val"), ("val", "train")])
def test_missing_split_is_named(make_clip, write_motion, tmp_path, present, missing):
    directory = write_motion(tmp_path / "motion", make_clip("01_01", present))
    with pytest.raises(InputError, match=f"expected clips of split .{missing}., .*--splits"):
        pose_data.read([str(directory)])


def test_damaged_shard_is_named(make_clip, write_motion, tmp_path):
    directory = write_motion(tmp_path / "motion", make_clip("01_01", "train"))
    shard = next(directory.glob("*.tfrecord"))
    shard.write_bytes(shard.read_bytes()[:-100])
    with pytest.raises(InputError, match=shard.name):
        pose_data.read([str(directory)])
