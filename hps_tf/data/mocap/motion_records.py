"""Motion clips as TFRecord shards, one clip per example.

A split lies in ``SPLIT-00000-of-0000N.tfrecord``. An example holds the clip's `name`, `subject`,
`split` and `source` (text), `fps`, `num_frames`, and little-endian float32 arrays in C order:
`pose` (F, 24, 3), `translation` (F, 3), `time` (F).
"""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from hps_tf.body import skeleton
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.errors import InputError
from hps_tf.io import shard_files

_TEXTS = ("name", "subject", "split", "source")
_ARRAYS = {"pose": (skeleton.NUM_JOINTS, 3), "translation": (3,), "time": ()}
_FRAMES_PER_SHARD = 200_000


def write_shards(
    directory: str | os.PathLike[str], split: str, clips: Sequence[MotionClip]
) -> None:
    """Writes the clips of one split, about 200,000 frames (60 MB) per shard.

        write_shards("prepared/mine", "train", clips)

    Args:
      directory: Exists.
      split: Begins the files' names.
      clips: All of this split.

    Raises:
      OSError: If the files cannot be written.
    """
    num_frames = sum(clip.num_frames for clip in clips)
    count = min(len(clips), 1 + num_frames // _FRAMES_PER_SHARD)
    for index in range(count):
        path = Path(directory) / f"{split}-{index:05d}-of-{count:05d}.tfrecord"
        try:
            with tf.io.TFRecordWriter(str(path)) as writer:
                for clip in clips[index::count]:
                    writer.write(encode(clip))
        except tf.errors.OpError as error:
            raise OSError(f"{path}: {error.message}") from None


def read_clips(directory: str | os.PathLike[str], split: str) -> Iterator[MotionClip]:
    """Reads the clips of one split.

        poses = [clip.pose for clip in read_clips("prepared/cmu", "train")]

    Args:
      directory: The directory of `write_shards`.
      split: Which split.

    Yields:
      The clips, shard after shard.

    Raises:
      InputError: If the directory lacks the split or one of its shards, or a record is corrupt.
    """
    for path in _shards(Path(directory), split):
        records = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
        number = 0
        while True:
            try:
                record = next(records, None)
            except tf.errors.OpError:
                raise InputError(
                    f"{path}, record {number}: expected a TFRecord, received corrupt or truncated"
                    " data"
                ) from None
            if record is None:
                break
            yield decode(record, f"{path}, record {number}")
            number += 1


def list_splits(directory: str | os.PathLike[str]) -> list[str]:
    """Returns the names of the splits that have shards in a directory.

        list_splits("prepared/cmu")

    Returns:
      The names, e.g. test, train and val.
    """
    return shard_files.list_splits(directory)


def encode(clip: MotionClip) -> bytes:
    """Serializes a clip as a tf.train.Example."""
    feature = {field: _bytes(getattr(clip, field).encode()) for field in _TEXTS}
    for field in _ARRAYS:
        feature[field] = _bytes(getattr(clip, field).astype("<f4").tobytes())
    feature["fps"] = tf.train.Feature(float_list=tf.train.FloatList(value=[clip.fps]))
    feature["num_frames"] = tf.train.Feature(int64_list=tf.train.Int64List(value=[clip.num_frames]))
    example = tf.train.Example(features=tf.train.Features(feature=feature))
    return example.SerializeToString(deterministic=True)


def decode(record: bytes, where: str) -> MotionClip:
    """Parses the result of `encode`.

    Args:
      record: A serialized tf.train.Example.
      where: How errors call it: file and record.

    Raises:
      InputError: If it is not a motion clip.
    """
    try:
        feature = tf.train.Example.FromString(record).features.feature
    except DecodeError:
        raise InputError(f"{where}: expected a tf.train.Example, received other bytes") from None
    fields: dict[str, Any] = {}
    for name in _TEXTS:
        fields[name] = _one(feature, name, "bytes_list", where).decode("utf-8", "replace")
    fields["fps"] = float(_one(feature, "fps", "float_list", where))
    if not (np.isfinite(fields["fps"]) and fields["fps"] > 0):
        raise InputError(
            f"{where}, field 'fps': expected a number above 0, received {fields['fps']}"
        )
    num_frames = _one(feature, "num_frames", "int64_list", where)
    for name, shape in _ARRAYS.items():
        data = _one(feature, name, "bytes_list", where)
        expected = 4 * num_frames * int(np.prod(shape))
        if len(data) != expected:
            raise InputError(
                f"{where}, field {name!r}: expected {expected} bytes for {num_frames} frames,"
                f" received {len(data)}"
            )
        array = np.frombuffer(data, "<f4").reshape(num_frames, *shape)
        if not np.isfinite(array).all():
            raise InputError(f"{where}, field {name!r}: expected finite numbers, received NaN")
        fields[name] = array.astype(np.float32)
    return MotionClip(**fields)


def _shards(directory: Path, split: str) -> list[Path]:
    if not directory.is_dir():
        raise InputError(f"{directory}: expected a directory of prepared motion, received none")
    if _holds_images(directory):  # In shards of such names too.
        raise InputError(f"{directory}: expected prepared motion, received prepared images")
    splits = list_splits(directory)
    if split not in splits:
        raise InputError(
            f"{directory}: expected {split}-*.tfrecord, received splits"
            f" {', '.join(splits) or 'none'}"
        )
    return shard_files.of_split(directory, split)


def _holds_images(directory: Path) -> bool:
    try:
        manifest = json.loads((directory / "manifest.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(manifest, dict) and manifest.get("kind") == "images"


def _bytes(value: bytes) -> tf.train.Feature:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def _one(feature: Any, name: str, kind: str, where: str) -> Any:
    values = getattr(feature[name], kind).value if name in feature else []
    if len(values) != 1:
        raise InputError(f"{where}, field {name!r}: expected one value, received {len(values)}")
    return values[0]
