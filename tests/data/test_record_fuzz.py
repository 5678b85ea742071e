"""Damaged records of prepared data, their files, and files of cameras: read or refused, soon."""

import json

from hypothesis import given
from hypothesis import strategies as st

from hps_tf.data.keypoints.cameras import Intrinsics
from hps_tf.data.mocap import motion_records
from hps_tf.errors import InputError
from hps_tf.io.record_file import RecordFile
from tests import mutations

CAMERAS = json.dumps({"a.jpg": {"fx": 700, "fy": 700, "cx": 319.5, "cy": 239.5}}).encode()


def _read(directory, make_clip, write_motion, data) -> None:
    clip = make_clip("02_01", "train", num_frames=2)
    kind = data.draw(st.sampled_from(["record", "file", "cameras"]))
    if kind == "record":
        record = data.draw(mutations.damaged(motion_records.encode(clip)))
        mutations.read_or_refused(lambda: motion_records.decode(record, "a record"), InputError)
        return
    if kind == "cameras":
        (directory / "cameras.json").write_bytes(data.draw(mutations.damaged(CAMERAS)))
        mutations.read_or_refused(lambda: Intrinsics(directory / "cameras.json"), InputError)
        return
    whole = directory / "whole"
    if not whole.exists():
        write_motion(whole, clip, make_clip("02_02", "train", num_frames=2, seed=1))
    (shard,) = whole.glob("*.tfrecord")
    path = directory / "fuzzed.tfrecord"
    path.write_bytes(data.draw(mutations.damaged(shard.read_bytes())))

    def read():
        file = RecordFile(path)
        return [file.read(number) for number in range(len(file))]

    mutations.read_or_refused(read, InputError)


@mutations.few(2_000)
@given(data=st.data())
def test_damaged_records_are_read_or_refused(tmp_path_factory, make_clip, write_motion, data):
    _read(tmp_path_factory.getbasetemp(), make_clip, write_motion, data)


@mutations.many
@given(data=st.data())
def test_many_damaged_records_are_read_or_refused(
    tmp_path_factory, make_clip, write_motion, part, data
):
    _read(tmp_path_factory.getbasetemp(), make_clip, write_motion, data)
