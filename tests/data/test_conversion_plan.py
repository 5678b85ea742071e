import hashlib

import pytest

from hps_tf.data import clip_splits, conversion_plan
from hps_tf.data.clip_splits import ClipSplits
from hps_tf.data.conversion_plan import PlanSettings
from hps_tf.errors import InputError

TABLE = ClipSplits(
    subject_of={"02_01": "02", "walk": "ann"},
    split_of={"02": "test", "ann": "val"},
    fps_of={"02_01": 60.0},
)


def settings(**changes):
    defaults = {
        "format": "bvh",
        "splits": clip_splits.EMPTY,
        "default_split": "all",
        "fallback_asf": None,
        "source_fps": [],
    }
    return PlanSettings(**(defaults | changes))


def plan(directory, *names, **changes):
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return conversion_plan.make(directory, settings(**changes))


def test_names_clips_and_subjects_after_their_files(tmp_path):
    jobs = plan(tmp_path, "d/02_01.bvh", "131_03.max.bvh", "notes.txt", "05_01.BVH")
    assert sorted((job.name, job.subject, job.path) for job in jobs) == [
        ("02_01", "02", "d/02_01.bvh"),
        ("05_01", "05", "05_01.BVH"),
        ("131_03", "131", "131_03.max.bvh"),
    ]
    assert {job.split for job in jobs} == {"all"}
    sums = {job.name: job.sha256 for job in jobs}
    assert sums["02_01"] == hashlib.sha256(b"d/02_01.bvh").hexdigest()


def test_puts_all_clips_of_a_subject_into_its_split(tmp_path):
    jobs = plan(tmp_path, "02_01.bvh", "02_99.bvh", "walk.bvh", splits=TABLE, default_split=None)
    assert [(job.name, job.subject, job.split) for job in jobs] == [
        ("02_01", "02", "test"),
        ("02_99", "02", "test"),
        ("walk", "ann", "val"),
    ]


def test_a_listed_subject_never_falls_into_the_default_split(tmp_path):
    jobs = plan(tmp_path, "02_77.bvh", "99_01.bvh", splits=TABLE, default_split="train")
    assert [(job.name, job.split) for job in jobs] == [("02_77", "test"), ("99_01", "train")]


def test_takes_rates_from_patterns_before_the_table(tmp_path):
    names = ("02_01.bvh", "02_02.bvh", "60_01.bvh")
    rates = [("60_*", 50.0), ("*_02", 25.0)]
    jobs = plan(tmp_path, *names, splits=TABLE, default_split="train", source_fps=rates)
    assert [job.fps for job in jobs] == [60.0, 25.0, 50.0]
    jobs = plan(tmp_path, splits=TABLE, default_split="train", source_fps=[("*", 24.0)])
    assert [job.fps for job in jobs] == [24.0, 24.0, 24.0]
    assert plan(tmp_path)[0].fps is None


def test_gives_each_subject_its_own_skeleton_and_others_the_fallback(tmp_path):
    names = ("02/02_01.amc", "02/02.asf", "13/13_01.amc", "01/01.asf")
    jobs = plan(tmp_path, *names, format="asf_amc", fallback_asf="01")
    assert [job.skeleton.path for job in jobs] == ["02/02.asf", "01/01.asf"]
    assert jobs[0].checksums == {
        name: hashlib.sha256(name.encode()).hexdigest() for name in ("02/02_01.amc", "02/02.asf")
    }


@pytest.mark.parametrize("fallback", [None, "77"])
def test_asks_before_using_another_subjects_skeleton(fallback, tmp_path):
    names = ("13/13_01.amc", "01/01.asf")
    with pytest.raises(InputError, match=r"13/13_01.amc: expected a skeleton 13.asf, .*fallback"):
        plan(tmp_path, *names, format="asf_amc", fallback_asf=fallback)


def test_names_amass_files_after_their_path_and_their_subject_after_the_directory(tmp_path):
    names = (
        "ACCAD/Female1/A1 - Stand_poses.npz",
        "ACCAD/Female1/shape.npz",
        "ACCAD/Male1/A1 - Stand_stageii.npz",
        "ACCAD/Male1/male_stagei.npz",
        "02_01_poses.npz",
    )
    jobs = plan(tmp_path, *names, format="amass")
    assert sorted((job.name, job.subject) for job in jobs) == [
        ("02_01", "02"),
        ("ACCAD/Female1/A1 - Stand", "ACCAD/Female1"),
        ("ACCAD/Male1/A1 - Stand", "ACCAD/Male1"),
    ]


@pytest.mark.parametrize(
    ("names", "changes", "message"),
    [
        (["a.txt"], {}, r"expected \*\.bvh files in it, received none"),
        (["walk.bvh"], {}, "walk.bvh: expected a name SUBJECT_TRIAL, such as 02_01"),
        (["_01.bvh"], {}, "_01.bvh: expected a name SUBJECT_TRIAL"),
        (["a/02_01.bvh", "b/02_01.bvh"], {}, "b/02_01.bvh: expected a name of its own"),
        (["02_01.bvh", "02_01.max.bvh"], {}, "expected a name of its own .*received '02_01'"),
        (
            ["99_01.bvh"],
            {"splits": TABLE, "default_split": None},
            "99_01.bvh: expected subject '99' in the table of splits, or a default split",
        ),
    ],
)
def test_says_what_is_wrong(names, changes, message, tmp_path):
    with pytest.raises(InputError, match=message):
        plan(tmp_path, *names, **changes)
