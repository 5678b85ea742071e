import json

import pytest

from hps_tf.data.mocap import motion_manifest
from hps_tf.data.mocap.conversion import FrameCount
from hps_tf.data.mocap.conversion_plan import Job
from hps_tf.data.mocap.source_files import SourceFile
from hps_tf.errors import InputError

SETTINGS = {"fps": 30.0, "format": "bvh"}


def entry(name, split="train", count=None, dropped=None):
    job = Job(name, name[:2], split, f"{name}.amc", "abc", SourceFile("01.asf", b""), 60.0)
    return motion_manifest.entry(job, count, dropped)


def manifest():
    return motion_manifest.build(
        SETTINGS,
        30.0,
        [
            entry("02_01", "train", FrameCount(100, 1, 2, 72, 0, 25)),
            entry("02_02", "train", FrameCount(40, between=30, written=10)),
            entry("03_01", "val", FrameCount(20, between=15, written=5)),
            entry("04_01", "test", FrameCount(7, still=7), "a calibration still"),
            entry("05_01", "test", None, "05_01.amc: bad"),
        ],
    )


def test_sums_up_splits_and_frames():
    sums = manifest()
    assert sums["splits"] == {
        "train": {"clips": 2, "frames": 35, "seconds": 1.167, "subjects": ["02"]},
        "val": {"clips": 1, "frames": 5, "seconds": 0.167, "subjects": ["03"]},
    }
    frames = sums["frames"]
    assert frames["source"] == 167
    assert frames["source"] == sum(n for field, n in frames.items() if field != "source")


def test_describes_a_clip():
    described = manifest()["clips"][0]
    assert described["sources"]["02_01.amc"] == "abc"
    assert len(described["sources"]["01.asf"]) == 64
    assert described["stated_fps"] == 60.0
    assert described["dropped"] is None


def test_a_clip_has_notes_only_where_there_are_any():
    job = Job("a", "b", "c", "a.bvh", "abc", None, None)
    assert "notes" not in motion_manifest.entry(job, None, "bad")
    assert motion_manifest.entry(job, None, None, ("one",))["notes"] == ["one"]


def test_files_that_are_no_clips_count_as_none():
    refused = motion_manifest.refused("d/walk.amc", "no subject")
    assert (refused["name"], refused["dropped"]) == ("d/walk.amc", "no subject")
    clips = manifest()["clips"]
    assert (
        motion_manifest.build(SETTINGS, 30.0, [*clips, refused])["frames"] == manifest()["frames"]
    )


def test_reads_what_was_written(tmp_path):
    motion_manifest.write(tmp_path, manifest())
    assert motion_manifest.read(tmp_path) == manifest()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "expected prepared motion with a manifest.json, received none"),
        ("{", "manifest.json: expected JSON"),
        ("[" * 100_000, "manifest.json: expected JSON"),
        ("[]", "manifest.json: expected version 1"),
        (json.dumps(manifest() | {"version": 2}), "manifest.json: expected version 1, received 2"),
    ],
)
def test_refuses_what_is_no_manifest(text, message, tmp_path):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=message):
        motion_manifest.read(tmp_path)


def test_the_table_names_every_split():
    table = motion_manifest.table(manifest())
    assert [line.split()[0] for line in table.splitlines()] == ["split", "train", "val", "source"]
