import numpy as np
import pytest
import tensorflow as tf

from hps_tf.data.mocap import motion_records
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.errors import InputError


def clip(name="02_01", num_frames=5, split="train"):
    rng = np.random.default_rng(len(name) + num_frames)
    return MotionClip(
        name=name,
        subject=name.partition("_")[0],
        split=split,
        fps=30.0,
        pose=rng.normal(size=(num_frames, 24, 3)).astype(np.float32),
        translation=rng.normal(size=(num_frames, 3)).astype(np.float32),
        source=f"bvh/{name} ü.bvh",
        time=np.arange(num_frames, dtype=np.float32) / 30,
    )


def assert_same(found, expected):
    for field in ("name", "subject", "split", "fps", "source"):
        assert getattr(found, field) == getattr(expected, field)
    for field in ("pose", "translation", "time"):
        np.testing.assert_array_equal(getattr(found, field), getattr(expected, field))
        assert getattr(found, field).flags.writeable


def test_reads_what_was_written(tmp_path):
    clips = [clip(), clip("02_02", 1), clip("03_01", 40)]
    motion_records.write_shards(tmp_path, "train", clips)
    motion_records.write_shards(tmp_path, "test", [clip("04_01", split="test")])
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "test-00000-of-00001.tfrecord",
        "train-00000-of-00001.tfrecord",
    ]
    found = list(motion_records.read_clips(tmp_path, "train"))
    assert len(found) == 3
    for left, right in zip(found, clips, strict=True):
        assert_same(left, right)
    assert motion_records.list_splits(tmp_path) == ["test", "train"]


def test_spreads_many_frames_over_shards(tmp_path, monkeypatch):
    monkeypatch.setattr(motion_records, "_FRAMES_PER_SHARD", 10)
    clips = [clip(f"{subject:02}_01", 5) for subject in range(5)]
    motion_records.write_shards(tmp_path, "val", clips)
    assert len(list(tmp_path.glob("val-*-of-00003.tfrecord"))) == 3
    names = {found.name for found in motion_records.read_clips(tmp_path, "val")}
    assert names == {c.name for c in clips}


def test_records_are_examples_that_tensorflow_parses(tmp_path):
    expected = clip()
    features = {
        "name": tf.io.FixedLenFeature([], tf.string),
        "fps": tf.io.FixedLenFeature([], tf.float32),
        "num_frames": tf.io.FixedLenFeature([], tf.int64),
        "pose": tf.io.FixedLenFeature([], tf.string),
    }
    parsed = tf.io.parse_single_example(motion_records.encode(expected), features)
    pose = tf.reshape(tf.io.decode_raw(parsed["pose"], tf.float32), [parsed["num_frames"], 24, 3])
    np.testing.assert_array_equal(pose, expected.pose)


def changed(**features):
    example = tf.train.Example.FromString(motion_records.encode(clip()))
    for name, value in features.items():
        del example.features.feature[name]
        if isinstance(value, bytes):
            example.features.feature[name].bytes_list.value.append(value)
        elif isinstance(value, float):
            example.features.feature[name].float_list.value.append(value)
        elif isinstance(value, int):
            example.features.feature[name].int64_list.value.append(value)
    return example.SerializeToString()


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (b"\xff\xff\xff", "here: expected a tf.train.Example, received other bytes"),
        (b"", "here, field 'name': expected one value, received 0"),
        (changed(pose=None), "here, field 'pose': expected one value, received 0"),
        (changed(pose=1.0), "here, field 'pose': expected one value, received 0"),
        (changed(pose=b"abcd"), "field 'pose': expected 1440 bytes for 5 frames, received 4"),
        (changed(num_frames=4), "field 'pose': expected 1152 bytes for 4 frames, received 1440"),
        (changed(num_frames=-5), "field 'pose': expected -1440 bytes"),
        (changed(fps=0.0), "field 'fps': expected a number above 0, received 0.0"),
        (changed(fps=float("nan")), "field 'fps': expected a number above 0, received nan"),
        (changed(time=np.full(5, np.nan, "<f4").tobytes()), "field 'time': expected finite"),
    ],
)
def test_refuses_records_that_are_no_clips(record, message):
    with pytest.raises(InputError, match=message):
        motion_records.decode(record, "here")


@pytest.mark.parametrize("damage", ["cut", "flip", "text"])
def test_names_the_shard_that_is_damaged(damage, tmp_path):
    motion_records.write_shards(tmp_path, "train", [clip(), clip("02_02")])
    path = tmp_path / "train-00000-of-00001.tfrecord"
    data = bytearray(path.read_bytes())
    if damage == "cut":
        data = data[: len(data) - 100]
    elif damage == "flip":
        data[len(data) * 3 // 4] ^= 0xFF
    else:
        data = b"not a record, but long enough to hold a header"
    path.write_bytes(data)
    number = 0 if damage == "text" else 1
    with pytest.raises(InputError, match=f"{path}, record {number}: expected a TFRecord"):
        list(motion_records.read_clips(tmp_path, "train"))


def test_names_a_split_or_shard_that_is_missing(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="expected a directory of prepared motion"):
        list(motion_records.read_clips(tmp_path / "none", "train"))
    with pytest.raises(InputError, match=r"expected val-\*.tfrecord, received splits none"):
        list(motion_records.read_clips(tmp_path, "val"))
    monkeypatch.setattr(motion_records, "_FRAMES_PER_SHARD", 4)
    motion_records.write_shards(tmp_path, "train", [clip(), clip("02_02")])
    with pytest.raises(InputError, match=r"expected val-\*.tfrecord, received splits train"):
        list(motion_records.read_clips(tmp_path, "val"))
    (tmp_path / "train-00001-of-00002.tfrecord").unlink()
    with pytest.raises(InputError, match="expected 2 shards of train, received 1"):
        list(motion_records.read_clips(tmp_path, "train"))


def test_a_directory_that_cannot_be_written_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match="none/train-00000"):
        motion_records.write_shards(tmp_path / "none", "train", [clip()])


def test_prepared_images_are_told_apart(tmp_path):
    (tmp_path / "train-00000-of-00001.tfrecord").touch()
    (tmp_path / "manifest.json").write_text('{"version": 1, "kind": "images"}')
    with pytest.raises(InputError, match="expected prepared motion, received prepared images"):
        list(motion_records.read_clips(tmp_path, "train"))
