import pytest

from hps_tf.errors import InputError
from hps_tf.io import shard_files


@pytest.fixture
def directory(tmp_path):
    for name in ("train-00000-of-00002", "train-00001-of-00002", "my-val-00000-of-00001"):
        (tmp_path / f"{name}.tfrecord").touch()
    (tmp_path / "manifest.json").touch()
    return tmp_path


def test_splits_are_those_of_the_shards(directory):
    assert shard_files.list_splits(directory) == ["my-val", "train"]


def test_shards_of_a_split_are_in_order(directory):
    found = [path.name for path in shard_files.of_split(directory, "train")]
    assert found == ["train-00000-of-00002.tfrecord", "train-00001-of-00002.tfrecord"]


def test_missing_shards_are_counted(directory):
    (directory / "train-00000-of-00002.tfrecord").unlink()
    with pytest.raises(InputError, match="expected 2 shards of train, received 1"):
        shard_files.of_split(directory, "train")
    with pytest.raises(InputError, match="expected 1 shards of test, received 0"):
        shard_files.of_split(directory, "test")
