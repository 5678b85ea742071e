import hashlib
import os

import pytest

from hps_tf.data.mocap import clip_splits, conversion_plan
from hps_tf.data.mocap.clip_splits import ClipSplits
from hps_tf.data.mocap.conversion_plan import PlanSettings
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
        path.write_bytes(os.fsencode(name))
    plan = conversion_plan.make(directory, settings(**changes))
    assert plan.refused == {}
    return plan.jobs


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


def names_of(jobs):
    return [(job.name, job.subject) for job in jobs]


def test_only_the_suffix_is_no_part_of_a_name(tmp_path):
    names = ("take.2021.03.05_01.bvh", "take.2021.03.06_01.bvh", "no suffix. 1_2.BVH")
    assert names_of(plan(tmp_path, *names)) == [
        ("no suffix. 1_2", "no suffix. 1"),
        ("take.2021.03.05_01", "take.2021.03.05"),
        ("take.2021.03.06_01", "take.2021.03.06"),
    ]


def test_files_of_equal_name_are_named_after_their_paths(tmp_path):
    names = ("s1/walk_01.bvh", "s2/walk_01.bvh", "s2/run_01.bvh", "02_01.bvh", "02_01.max.bvh")
    assert [job.name for job in plan(tmp_path, *names)] == [
        "02_01",
        "02_01.max",
        "s1/walk_01",
        "run_01",
        "s2/walk_01",
    ]


def test_the_table_tells_files_of_equal_name_apart_by_their_paths(tmp_path):
    table = ClipSplits(
        subject_of={"s1/walk_01": "ann", "s2/walk_01": "bob"},
        split_of={"ann": "train", "bob": "test"},
        fps_of={"s2/walk_01": 60.0},
    )
    names = ("s1/walk_01.bvh", "s2/walk_01.bvh")
    jobs = plan(tmp_path, *names, splits=table, default_split=None)
    assert [(job.subject, job.split, job.fps) for job in jobs] == [
        ("ann", "train", None),
        ("bob", "test", 60.0),
    ]
    one = plan(tmp_path / "s1", splits=ClipSplits({"walk_01": "ann"}, {"ann": "val"}, {}))
    assert names_of(one) == [("walk_01", "ann")]


def test_a_pattern_of_rates_fits_names_and_paths(tmp_path):
    names = ("s1/walk_01.bvh", "s2/walk_01.bvh")
    jobs = plan(tmp_path, *names, source_fps=[("s2/*", 50.0), ("walk_*", 60.0)])
    assert [job.fps for job in jobs] == [60.0, 50.0]


def test_amass_names_keep_their_dots_and_their_endings_where_they_tell_them_apart(tmp_path):
    names = (
        "CMU/01/A1 - walk v1.2_poses.npz",
        "CMU/01/A1 - walk v1.3_poses.npz",
        "CMU/02/run_poses.npz",
        "CMU/02/run_stageii.npz",
    )
    assert [job.name for job in plan(tmp_path, *names, format="amass")] == [
        "CMU/01/A1 - walk v1.2",
        "CMU/01/A1 - walk v1.3",
        "CMU/02/run_poses",
        "CMU/02/run_stageii",
    ]


def test_names_with_accents_are_the_same_however_they_are_written(tmp_path):
    table = ClipSplits({"Jürgen_01": "Jürgen"}, {"Jürgen": "val"}, {})
    names = ("Ju\u0308rgen_01.bvh",)
    assert names_of(plan(tmp_path, *names, splits=table)) == [("Jürgen_01", "Jürgen")]


def test_attributes_of_files_are_no_files(tmp_path):
    names = ("02_01.bvh", "._02_01.bvh", "__MACOSX/._02_01.bvh")
    assert names_of(plan(tmp_path, *names)) == [("02_01", "02")]
    names = ("02.asf", "._02.asf", "02_01.amc", "._02_01.amc")
    assert names_of(plan(tmp_path, *names, format="asf_amc")) == [("02_01", "02")]


def test_the_longest_beginning_that_a_skeleton_is_called_is_the_subject(tmp_path):
    names = (
        "HDM.asf",
        "HDM_bd.asf",
        "HDM_tr.asf",
        "HDM_bd_kick_001_120.amc",
        "HDM_tr_kick_001_120.amc",
        "HDM_trx_kick_001_120.amc",
    )
    jobs = plan(tmp_path, *names, format="asf_amc")
    assert [(job.subject, job.skeleton.path) for job in jobs] == [
        ("HDM_bd", "HDM_bd.asf"),
        ("HDM_tr", "HDM_tr.asf"),
        ("HDM", "HDM.asf"),
    ]


def test_a_skeleton_of_one_clips_name_serves_it_and_is_no_subject(tmp_path):
    names = ("ann_run.asf", "ann_run.amc", "ann_walk.asf", "ann_walk.amc", "jump.asf", "jump.amc")
    jobs = plan(tmp_path, *names, format="asf_amc")
    assert [(job.name, job.subject, job.skeleton.path) for job in jobs] == [
        ("ann_run", "ann", "ann_run.asf"),
        ("ann_walk", "ann", "ann_walk.asf"),
        ("jump", "jump", "jump.asf"),
    ]


def test_the_nearest_of_skeletons_of_one_name_serves(tmp_path):
    names = ("A/02/02.asf", "A/02/02_01.amc", "B/02/02.asf", "B/02/02_02.amc", "B/more/02_03.amc")
    jobs = plan(tmp_path, *names, format="asf_amc")
    assert [(job.name, job.skeleton.path) for job in jobs] == [
        ("02_01", "A/02/02.asf"),
        ("02_02", "B/02/02.asf"),
        ("02_03", "B/02/02.asf"),
    ]


def test_different_skeletons_equally_near_are_refused_and_equal_ones_are_not(tmp_path):
    names = ("a/02.asf", "b/02.asf", "m/02_01.amc")
    with pytest.raises(InputError, match=r"m/02_01.amc: .*received a/02.asf and b/02.asf, which"):
        plan(tmp_path, *names, format="asf_amc")
    (tmp_path / "b/02.asf").write_text("a/02.asf")
    assert plan(tmp_path, format="asf_amc")[0].skeleton.path == "a/02.asf"


def test_a_skeletons_name_may_be_in_another_case(tmp_path):
    jobs = plan(tmp_path, "ANN.ASF", "ann_01.amc", format="asf_amc")
    assert names_of(jobs) == [("ann_01", "ANN")]


def test_bad_names_are_refused_one_by_one_when_bad_files_are_skipped(tmp_path):
    for name in ("02_01.amc", "02.asf", "walk.amc", "13_01.amc"):
        (tmp_path / name).write_text(name)
    (tmp_path / "02_09.amc").symlink_to("nowhere.amc")
    made = conversion_plan.make(tmp_path, settings(format="asf_amc", skip_bad=True))
    assert names_of(made.jobs) == [("02_01", "02")]
    assert sorted(made.refused) == ["02_09.amc", "13_01.amc", "walk.amc"]
    assert "--fallback_asf" in made.refused["13_01.amc"]
    assert "No such file" in made.refused["02_09.amc"]


@pytest.mark.parametrize(
    ("names", "changes", "message"),
    [
        (["a.txt"], {}, r"expected \*\.bvh files in it, received none"),
        (["walk.bvh"], {}, "walk.bvh: expected a name SUBJECT_TRIAL, such as 02_01"),
        (["_01.bvh"], {}, "_01.bvh: expected a name SUBJECT_TRIAL"),
        (["02_01.bvh", "02_01.BVH"], {}, "02_01.bvh: expected a name of its own.*'02_01' as of"),
        (["R\udcfccken_01.bvh"], {}, r"R\\udcfccken_01.bvh: expected a path in UTF-8"),
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
