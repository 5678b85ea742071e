import re

import pytest

from hps_tf.data.mocap import clip_splits
from hps_tf.errors import InputError

TABLE = """clip,subject,frames,split,fps
01_01,01,10,train,120
01_02,01,10,train,
02_01,02,10,test,60
"""


def read(text):
    return clip_splits.read(text.encode(), "c.csv")


def test_reads_subjects_splits_and_rates():
    table = read(TABLE)
    assert table.subject_of == {"01_01": "01", "01_02": "01", "02_01": "02"}
    assert table.split_of == {"01": "train", "02": "test"}
    assert table.fps_of == {"01_01": 120.0, "02_01": 60.0}


def test_needs_no_rates_and_accepts_spaces_and_windows_line_ends():
    table = read("subject,clip,split\r\n a ,a_1, val \r\n")
    assert (table.subject_of, table.split_of, table.fps_of) == ({"a_1": "a"}, {"a": "val"}, {})


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_reads_what_spreadsheets_write(delimiter, encoding):
    text = "Clip, Subject ,SPLIT\r\ns1\\walk_01,Jürgen,train\r\n".replace(",", delimiter)
    table = clip_splits.read(text.encode(encoding), "c.csv")
    assert table.subject_of == {"s1/walk_01": "Jürgen"}
    assert table.split_of == {"Jürgen": "train"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "c.csv: the file is empty"),
        ("clip,subject\n01_01,01\n", "c.csv, line 1: expected columns clip, subject, split"),
        ("clip,subject,split\n01_01,01\n", "line 2, column split: expected a value"),
        ("clip,subject,split\n01_01,,train\n", "line 2, column subject: expected a value"),
        ("clip,subject,split\n01_01,01,a/b\n", "line 2: expected a split such as train"),
        ("clip,subject,split\n01_01,01,../x\n", "line 2: expected a split such as train"),
        (TABLE + "01_01,01,10,train,\n", "line 5: expected each clip once, received '01_01'"),
        (
            TABLE + "02_02,02,10,train,\n",
            "line 5: expected subject '02' in split 'test' as on line 4, received 'train'",
        ),
        (TABLE + "03_01,03,10,val,x\n", "line 5, column fps: expected frames per second from 1"),
        (TABLE + "03_01,03,10,val,0\n", "line 5, column fps: expected frames per second from 1"),
        (TABLE + "03_01,03,10,val,nan\n", "line 5, column fps: expected frames per second from 1"),
        (TABLE + '03_01,"03,10,val\n', "expected comma-separated values"),
    ],
)
def test_says_what_is_wrong(text, message):
    with pytest.raises(InputError) as error:
        read(text)
    assert re.search(message, str(error.value)), error.value


def test_shares_are_numbers_by_split():
    assert clip_splits.parse_shares("train=3,test=1", "--splits") == {"train": 3.0, "test": 1.0}


@pytest.mark.parametrize(
    "text", ["", "train", "train=", "train=-1", "train=nan", "train=1,train=1", "=1", "a/b=1"]
)
def test_other_texts_are_no_shares(text):
    with pytest.raises(InputError, match="--splits: expected"):
        clip_splits.parse_shares(text, "--splits")


def test_shares_must_not_all_be_0():
    with pytest.raises(InputError, match="expected a share above 0"):
        clip_splits.parse_shares("train=0,val=0", "--splits")


@pytest.mark.parametrize("count", [3, 4, 10, 27])
def test_subjects_are_divided_by_shares_and_no_split_is_empty(count):
    subjects = [f"{number:02}" for number in range(count)]
    shares = {"train": 0.8, "val": 0.1, "test": 0.1, "none": 0.0}
    split_of = clip_splits.divide(subjects, shares, "--splits")
    assert set(split_of) == set(subjects)
    counts = {split: list(split_of.values()).count(split) for split in shares}
    assert counts["none"] == 0
    for split in ("train", "val", "test"):
        # One each, and of the rest the share, rounded up or down.
        assert counts[split] >= 1
        assert abs(counts[split] - 1 - shares[split] * (count - 3)) < 1
    assert clip_splits.divide(subjects[::-1], shares, "--splits") == split_of


def test_fewer_subjects_than_splits_are_refused():
    with pytest.raises(InputError, match="expected a subject for each of train, val, received 1"):
        clip_splits.divide(["02"], {"train": 1.0, "val": 1.0}, "--splits")
