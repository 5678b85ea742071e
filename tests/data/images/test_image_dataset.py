import json
import re

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.data.images import image_dataset, image_manifest, image_records
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.images.image_example import LABELS
from hps_tf.errors import InputError
from tests.data.image_examples import NUM_SHAPE, SIZE, example, examples, write


@pytest.fixture
def directory(tmp_path):
    """Five training examples in shards of two, and one for validation."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(image_dataset, "_EXAMPLES_PER_SHARD", 2)
        write(
            tmp_path / "data",
            {
                "train": examples("t", 5, subjects=("S2", "S1")),
                "val": [example("v", ("keypoints",))],
            },
        )
    return tmp_path / "data"


def names(dataset, numbers=None):
    numbers = np.arange(len(dataset)) if numbers is None else np.array(numbers)
    return [image_records.subject_and_name(entry)[1] for entry in dataset.records(numbers)]


def refusal(directory, split="train"):
    with pytest.raises(InputError) as error:
        ImageDataset(directory, split)
    return str(error.value)


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_shards_are_named_by_split_number_and_count(directory):
    assert sorted(path.name for path in directory.iterdir()) == [
        "manifest.json",
        "train-00000-of-00003.tfrecord",
        "train-00001-of-00003.tfrecord",
        "train-00002-of-00003.tfrecord",
        "val-00000-of-00001.tfrecord",
    ]


def test_reads_the_examples_of_all_shards_by_number(directory):
    dataset = ImageDataset(directory, "train")
    assert len(dataset) == 5
    assert names(dataset) == ["t0", "t1", "t2", "t3", "t4"]
    assert names(dataset, [4, 0, 3, 3, 2]) == ["t4", "t0", "t3", "t3", "t2"]
    assert names(ImageDataset(directory, "val")) == ["v"]
    assert dataset.image_size == SIZE
    assert dataset.num_shape == NUM_SHAPE
    assert dataset.subjects == ["S1", "S2"]


def test_records_are_what_was_encoded(directory):
    (entry,) = ImageDataset(directory, "val").records(np.array([0]))
    assert entry == image_records.encode(example("v", ("keypoints",)))


def test_a_number_beyond_the_last_is_refused(directory):
    with pytest.raises(IndexError):
        ImageDataset(directory, "train").records(np.array([5]))


def test_the_manifest_counts_examples_and_labels(tmp_path):
    dropped = {}

    def counting():
        yield example("a", ("pose", "parts"), subject="S2")
        dropped["blurred"] = 3
        yield example("b", ("parts",), subject="S1")

    splits = {"train": counting(), "none": iter(())}
    manifest = write(tmp_path / "data", splits, dropped=dropped, settings={"way": "ü"})
    assert manifest == {
        "version": 1,
        "kind": "images",
        "settings": {"way": "ü"},
        "image_size": SIZE,
        "num_shape": NUM_SHAPE,
        "body": "toy",
        "splits": {
            "train": {
                "examples": 2,
                "keypoints": 0,
                "parts": 2,
                "pose": 1,
                "markers": 0,
                "subjects": ["S1", "S2"],
            }
        },
        "dropped": {"blurred": 3},
    }
    assert image_manifest.read_manifest(tmp_path / "data") == manifest
    table = image_manifest.table(manifest).splitlines()
    assert table[0].split() == ["split", "examples", "keypoints", "parts", "pose", "markers"]
    assert table[1].split() == ["train", "2", "0", "2", "1", "0"]
    assert table[2] == "dropped 3: blurred"


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (
            [example("a"), example("b"), example("a")],
            "duplicate example name 'a'",
        ),
        ([example("a", pose=np.zeros(72))], "example 'a', field 'pose': expected shape (24, 3)"),
        ([], "expected at least one example, received none; 2 blurred, 1 too small"),
    ],
)
def test_says_why_nothing_is_written(made, message, tmp_path):
    with pytest.raises(InputError, match=re.escape(message)):
        write(tmp_path / "data", {"train": made}, dropped={"blurred": 2, "too small": 1})
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_old_directory(directory):
    def failing():
        yield example("new")
        raise RuntimeError("no more light")

    before = contents(directory)
    with pytest.raises(RuntimeError, match="no more light"):
        write(directory, {"train": failing()})
    assert contents(directory) == before
    assert list(directory.parent.iterdir()) == [directory]


def test_success_replaces_the_old_directory(directory):
    write(directory, {"test": [example("new")]})
    assert set(contents(directory)) == {"manifest.json", "test-00000-of-00001.tfrecord"}


@pytest.mark.parametrize("method", ["write", "close"])
def test_a_full_disk_is_an_error_of_the_system(method, tmp_path, monkeypatch):
    def full(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    writer = type("Writer", (tf.io.TFRecordWriter,), {method: full})
    monkeypatch.setattr(tf.io, "TFRecordWriter", writer)
    with pytest.raises(OSError, match="No space left on device"):
        write(tmp_path / "data", {"train": [example()]})
    assert list(tmp_path.iterdir()) == []


def test_names_the_split_that_is_missing(directory):
    message = f"{directory}: expected the split 'test', received train, val"
    assert refusal(directory, "test") == message


@pytest.mark.parametrize(("missing", "left"), [((0,), 2), ((2,), 2), ((0, 1, 2), 0)])
def test_names_shards_that_are_missing(missing, left, directory):
    for shard in missing:
        (directory / f"train-0000{shard}-of-00003.tfrecord").unlink()
    expected = 3 if left else 1
    message = f"{directory}: expected {expected} shards of train, received {left}"
    assert refusal(directory) == message
    assert len(ImageDataset(directory, "val")) == 1


def test_shards_of_two_datasets_are_not_mixed(directory):
    shard = directory / "train-00000-of-00003.tfrecord"
    (directory / "train-00000-of-00001.tfrecord").write_bytes(shard.read_bytes())
    assert refusal(directory) == f"{directory}: expected 3 shards of train, received 4"


def test_a_shard_cut_between_entries_is_found(directory):
    shard = directory / "train-00000-of-00003.tfrecord"
    first = len(image_records.encode(examples("t", 1, subjects=("S2",))[0]))
    shard.write_bytes(shard.read_bytes()[: first + 16])
    assert refusal(directory) == f"{directory}: expected 5 examples of train, received 4"


def test_names_the_shard_that_is_damaged(directory):
    shard = directory / "train-00001-of-00003.tfrecord"
    data = bytearray(shard.read_bytes())
    data[20] ^= 1
    shard.write_bytes(data)
    dataset = ImageDataset(directory, "train")
    assert names(dataset, [0, 1, 3, 4]) == ["t0", "t1", "t3", "t4"]
    with pytest.raises(InputError, match=f"{re.escape(str(shard))}, record 0 at byte 0: "):
        names(dataset, [1, 2])


def changed(**changes):
    splits = {"train": {"examples": 5, "subjects": []}}
    fields = {"version": 1, "kind": "images", "image_size": 9, "num_shape": 9, "body": "toy"}
    manifest = {"splits": splits, **fields} | changes
    return json.dumps({field: value for field, value in manifest.items() if value is not None})


def split(**sums):
    return changed(splits={"train": {"examples": 5, "subjects": []} | sums})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", ": expected JSON, received: "),
        ("\xff", ": expected JSON, received: "),
        ("[" * 100_000, ": expected JSON, received: "),
        ("[]", ": expected kind 'images' of version 1, received kind None of version None"),
        (
            changed(kind="motion"),
            ": expected kind 'images' of version 1, received kind 'motion' of version 1",
        ),
        (
            changed(version=2),
            ": expected kind 'images' of version 1, received kind 'images' of version 2",
        ),
        (changed(image_size="9"), ", field 'image_size': expected a whole number, received '9'"),
        (changed(image_size=None), ", field 'image_size': expected a whole number, received None"),
        (changed(num_shape=True), ", field 'num_shape': expected a whole number, received True"),
        (changed(body=3), ", field 'body': expected a text, received 3"),
        (changed(splits=[]), ", field 'splits': expected an object, received []"),
        (
            changed(splits={"train": 5}),
            ", field 'splits.train': expected an object, received 5",
        ),
        (
            split(examples=None),
            ", field 'splits.train.examples': expected a whole number, received None",
        ),
        (
            split(subjects="S1"),
            ", field 'splits.train.subjects': expected a list of texts, received 'S1'",
        ),
        (split(subjects=[1]), ", field 'splits.train.subjects': expected a text, received 1"),
    ],
)
def test_says_what_is_wrong_with_a_manifest(text, message, directory):
    path = directory / "manifest.json"
    path.write_bytes(text.encode("latin-1"))
    assert refusal(directory).startswith(f"{path}{message}")


def test_a_directory_of_something_else_is_named(tmp_path):
    for missing in (tmp_path, tmp_path / "none", tmp_path / "file" / "none"):
        (tmp_path / "file").touch()
        message = f"{missing}: expected prepared images with a manifest.json, received none"
        assert refusal(missing) == message


def test_prepared_motion_is_told_apart(tmp_path):
    (tmp_path / "manifest.json").write_text('{"version": 1, "settings": {}, "clips": []}')
    expected = f"^{tmp_path}: expected prepared images, received prepared motion$"
    with pytest.raises(InputError, match=expected):
        image_manifest.read_manifest(tmp_path)


def test_splits_that_were_to_be_filled_and_are_not_are_told(tmp_path):
    manifest = {"splits": {"train": {"examples": 3, **dict.fromkeys(LABELS, 0)}}, "dropped": {}}
    assert "no example" not in image_manifest.table(manifest, ["train"])
    text = image_manifest.table(manifest, ["train", "val", "test"], "more of them helps")
    assert text.splitlines()[-1] == "no example of val, test: more of them helps"
