import io
import json
import re
import resource
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.cli import command
from hps_tf.data.mocap import joint_maps, motion_manifest, motion_records
from tests.data import mocap_files
from tools import prepare_mocap
from tools.preparation import mocap as preparation

REPOSITORY = Path(__file__).resolve().parents[2]
JOINTS = mocap_files.bvh_joints(mocap_files.MOTIONBUILDER)
ASF = mocap_files.asf_text()
SPLITS = "clip,subject,split\n02_01,02,test\n05_01,05,train\n"


def amc(num_frames=41, seed=0):
    return mocap_files.amc_text(mocap_files.amc_values(num_frames, seed))


def bvh(num_frames=41, seed=0, **options):
    values = mocap_files.bvh_values(JOINTS, num_frames, seed)
    return mocap_files.bvh_text(JOINTS, values, **options)


def amass(num_frames=41, **changes):
    time = np.arange(num_frames)[:, None]
    fields = {
        "poses": 0.3 * np.sin(0.05 * time + np.arange(156)),
        "trans": np.zeros((num_frames, 3)),
        "mocap_framerate": 120.0,
    } | changes
    buffer = io.BytesIO()
    np.savez(buffer, **{name: value for name, value in fields.items() if value is not None})
    return buffer.getvalue()


CMU = {
    "02/02.asf": ASF,
    "02/02_01.amc": amc(),
    "02/02_02.amc": amc(20, seed=1),
    "05/05.asf": ASF,
    "05/05_01.amc": amc(30, seed=2),
}


def write(directory, files):
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return directory


@pytest.fixture
def cmu(tmp_path):
    return write(tmp_path / "in", CMU)


def prepare(*arguments):
    """Runs the command in this process; returns its exit code."""
    with pytest.raises(SystemExit) as stop:
        command.run(
            lambda: prepare_mocap.main([str(argument) for argument in arguments]),
            "tools.prepare_mocap",
        )
    return stop.value.code


def listing(directory):
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*"))


def asf_amc(source, output, *more):
    return ("--input", source, "--format", "asf_amc", "--output", output, "--workers", 1, *more)


def test_prepares_every_clip_and_accounts_for_every_frame(cmu, tmp_path, capsys):
    splits = tmp_path / "clips.csv"
    splits.write_text(SPLITS)
    assert prepare(*asf_amc(cmu, tmp_path / "out", "--splits", splits)) == 0
    assert listing(tmp_path / "out") == [
        "manifest.json",
        "test-00000-of-00001.tfrecord",
        "train-00000-of-00001.tfrecord",
    ]
    test = list(motion_records.read_clips(tmp_path / "out", "test"))
    assert [(clip.name, clip.subject, clip.num_frames) for clip in test] == [
        ("02_01", "02", 11),
        ("02_02", "02", 5),
    ]
    manifest = motion_manifest.read(tmp_path / "out")
    assert [clip["name"] for clip in manifest["clips"]] == ["02_01", "02_02", "05_01"]
    assert manifest["frames"]["source"] == 91
    assert sum(manifest["frames"].values()) == 2 * 91
    assert manifest["splits"]["train"]["subjects"] == ["05"]
    assert "source frames 91: 24 written" in capsys.readouterr().out


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_shares_of_splits_divide_the_subjects(cmu, tmp_path):
    by_share = asf_amc(cmu, tmp_path / "out", "--splits", "train=0.9,val=0.1")
    assert prepare(*by_share) == 0
    splits = motion_manifest.read(tmp_path / "out")["splits"]
    assert sorted(each["subjects"][0] for each in splits.values()) == ["02", "05"]
    assert sorted(splits) == ["train", "val"]


def test_a_subject_that_joins_may_move_others_to_another_split(cmu, tmp_path):
    by_share = asf_amc(cmu, tmp_path / "out", "--splits", "train=0.5,val=0.5")
    assert prepare(*by_share) == 0
    write(cmu, {f"{name}/{name}{end}": text for name in ("11", "12", "13", "14") for end, text in
                ((".asf", ASF), ("_01.amc", amc(30)))})  # fmt: skip
    assert prepare(*by_share) == 0
    assert prepare(*asf_amc(cmu, tmp_path / "anew", "--splits", "train=0.5,val=0.5")) == 0
    assert contents(tmp_path / "out") == contents(tmp_path / "anew")
    splits = motion_manifest.read(tmp_path / "out")["splits"]
    assert [len(each["subjects"]) for each in splits.values()] == [3, 3]


def test_shares_joined_are_what_one_machine_makes(cmu, tmp_path):
    splits = tmp_path / "clips.csv"
    splits.write_text(SPLITS)
    assert prepare(*asf_amc(cmu, tmp_path / "one", "--splits", splits)) == 0
    shared = asf_amc(cmu, tmp_path / "several", "--splits", splits)
    # One of four has nothing to do.
    for index in (2, 0, 3, 1):
        assert prepare(*shared, "--share", f"{index}/4") == 0
    assert not (tmp_path / "several").exists()
    assert prepare(*shared, "--join", 4) == 0
    assert contents(tmp_path / "several") == contents(tmp_path / "one")


def test_shares_are_joined_without_converting_again(cmu, tmp_path, monkeypatch):
    shared = asf_amc(cmu, tmp_path / "out")
    for index in range(2):
        assert prepare(*shared, "--share", f"{index}/2") == 0

    def fail(*arguments):
        raise AssertionError("converted again")

    monkeypatch.setattr(preparation, "_convert", fail)
    assert prepare(*shared, "--join", 2) == 0
    assert motion_manifest.read(tmp_path / "out")["splits"]["all"]["clips"] == 3


def test_shares_of_other_settings_and_missing_ones_are_not_joined(cmu, tmp_path, capsys):
    shared = asf_amc(cmu, tmp_path / "out")
    assert prepare(*shared, "--share", "0/2") == 0
    capsys.readouterr()
    assert prepare(*shared, "--join", 2) == 2
    assert "expected 2 shares, received none for 1-of-2" in capsys.readouterr().err
    assert prepare(*shared, "--share", "1/2", "--fps", 15) == 0
    capsys.readouterr()
    assert prepare(*shared, "--join", 2) == 2
    assert "1-of-2: expected motion with the same settings, received fps" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "tar.xz"])
def test_an_archive_gives_what_its_directory_gives(suffix, cmu, tmp_path):
    path = tmp_path / f"cmu.{suffix}"
    with tarfile.open(path, f"w:{suffix[4:]}") as archive:
        for name in sorted(CMU, reverse=True):  # motions before their skeletons
            archive.add(cmu / name, f"./{name}")
    assert prepare(*asf_amc(path, tmp_path / "a")) == 0
    assert prepare(*asf_amc(cmu, tmp_path / "b")) == 0
    clips = [
        {clip.name: clip for clip in motion_records.read_clips(tmp_path / name, "all")}
        for name in "ab"
    ]
    assert clips[0].keys() == clips[1].keys() == {"02_01", "02_02", "05_01"}
    for name, clip in clips[0].items():
        np.testing.assert_array_equal(clip.pose, clips[1][name].pose)
        assert clip.source == clips[1][name].source


@pytest.mark.parametrize(
    ("file_format", "files"),
    [
        ("bvh", {"02_01.bvh": bvh(), "05_01.max.bvh": bvh()}),
        ("amass", {"02_01_poses.npz": amass()}),
    ],
)
def test_prepares_other_formats(file_format, files, tmp_path):
    source = write(tmp_path / "in", files)
    arguments = ("--input", source, "--format", file_format, "--output", tmp_path / "out")
    assert prepare(*arguments) == 0
    clips = list(motion_records.read_clips(tmp_path / "out", "all"))
    assert [clip.num_frames for clip in clips] == [11] * len(files)


def test_rates_subjects_without_skeleton_and_default_split(cmu, tmp_path):
    write(cmu, {"13/13_01.amc": amc()})
    (tmp_path / "clips.csv").write_text(SPLITS)
    more = ["--splits", tmp_path / "clips.csv", "--default_split", "train"]
    more += ["--fallback_asf", "05", "--source_fps", "13_*=60", "--source_fps", "*=90"]
    assert prepare(*asf_amc(cmu, tmp_path / "out", *more)) == 0
    train = {clip.name: clip for clip in motion_records.read_clips(tmp_path / "out", "train")}
    assert train["13_01"].num_frames == 21
    assert train["05_01"].num_frames == 10
    entry = motion_manifest.read(tmp_path / "out")["clips"][-1]
    assert (entry["name"], entry["stated_fps"]) == ("13_01", 60.0)
    assert set(entry["sources"]) == {"13/13_01.amc", "05/05.asf"}


def test_a_second_run_does_nothing(cmu, tmp_path, capsys):
    assert prepare(*asf_amc(cmu, tmp_path / "out")) == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    capsys.readouterr()
    assert prepare(*asf_amc(cmu, tmp_path / "out")) == 0
    assert "all 3 clips are prepared already" in capsys.readouterr().out
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}


def test_a_later_run_converts_what_is_new_or_changed(cmu, tmp_path, monkeypatch):
    assert prepare(*asf_amc(cmu, tmp_path / "out")) == 0
    write(cmu, {"05/05_02.amc": amc(13), "02/02_02.amc": amc(9)})
    (cmu / "02/02_01.amc").rename(cmu / "05/05_09.amc")
    converted = []
    convert = preparation.Converter.convert
    monkeypatch.setattr(
        preparation.Converter,
        "convert",
        lambda self, job, data: converted.append(job.name) or convert(self, job, data),
    )
    assert prepare(*asf_amc(cmu, tmp_path / "out")) == 0
    assert converted == ["02_02", "05_02", "05_09"]
    clips = {clip.name: clip for clip in motion_records.read_clips(tmp_path / "out", "all")}
    assert {name: clip.num_frames for name, clip in clips.items()} == {
        "02_02": 3,
        "05_01": 8,
        "05_02": 4,
        "05_09": 11,
    }


def test_bad_files_are_reported_and_left_out_when_asked(cmu, tmp_path, capsys):
    write(cmu, {"05/05_02.amc": amc()[:-300]})
    assert prepare(*asf_amc(cmu, tmp_path / "out", "--skip_bad")) == 0
    assert re.search(r"dropped 05_02: 05/05_02.amc.*expected", capsys.readouterr().out)
    entry = motion_manifest.read(tmp_path / "out")["clips"][-1]
    assert entry["frames"] is None
    assert entry["dropped"].startswith("05/05_02.amc")
    assert prepare(*asf_amc(cmu, tmp_path / "out", "--skip_bad")) == 0
    assert "prepared already" in capsys.readouterr().out
    assert prepare(*asf_amc(cmu, tmp_path / "out")) == 2


def test_several_processes_give_the_same(tmp_path):
    source = write(tmp_path / "in", {f"{i:02}_01.bvh": bvh(9, seed=i) for i in range(1, 18)})
    for name, workers in (("a", 1), ("b", 2)):
        arguments = ("--input", source, "--format", "bvh", "--output", tmp_path / name)
        assert prepare(*arguments, "--workers", workers) == 0
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


BVH = bvh()
AMC = amc()
MAPPING = {source: joint for joint, source in joint_maps.MOTIONBUILDER.drivers.items()}


def cut(text, fraction):
    return text[: int(len(text) * fraction)]


# What is wrong: the files, the format, more arguments, and what the error must say.
BAD_INPUTS = {
    "empty directory": ({}, "bvh", [], r"in: expected \*.bvh files in it"),
    "only skeletons": ({"02.asf": ASF}, "asf_amc", [], r"expected \*.amc files"),
    "bvh empty": ({"02_01.bvh": ""}, "bvh", [], "02_01.bvh: the file is empty"),
    "bvh binary": (
        {"02_01.bvh": b"\xff\xfe\0"},
        "bvh",
        [],
        "line 1: expected text, received a NUL",
    ),
    "bvh cut in hierarchy": (
        {"02_01.bvh": BVH[: BVH.index("LeftArm")]},
        "bvh",
        [],
        "is it cut off",
    ),
    "bvh cut before frames": (
        {"02_01.bvh": BVH[: BVH.index("Frames:")]},
        "bvh",
        [],
        'expected "Frames:", received the end of the file',
    ),
    "bvh cut in frames": ({"02_01.bvh": cut(BVH, 0.6)}, "bvh", [], "expected 84 numbers|41 frames"),
    "bvh wrong count": ({"02_01.bvh": bvh(frames=39)}, "bvh", [], "expected the end of the file"),
    "bvh nan": (
        {"02_01.bvh": re.sub(r"(Time: \S+\n\S+ )\S+", r"\1nan", BVH)},
        "bvh",
        [],
        "line 160: expected a finite number for frame 1 of 41, received 'nan'",
    ),
    "bvh unknown joints": (
        {"02_01.bvh": BVH.replace("LeftLeg", "Tail")},
        "bvh",
        [],
        "closest is MotionBuilder, but the file has no LeftLeg",
    ),
    "bvh joint twice": (
        {"02_01.bvh": BVH.replace("JOINT LeftLeg", "JOINT Hips")},
        "bvh",
        [],
        "expected each joint once, received 'Hips'",
    ),
    "bvh radians": (
        {"02_01.bvh": mocap_files.bvh_text(JOINTS, mocap_files.bvh_values(JOINTS, 9) / 57.3)},
        "bvh",
        [],
        "these look like radians",
    ),
    "bvh too slow": (
        {"02_01.bvh": bvh(frame_time="0.05")},
        "bvh",
        [],
        "expected at least 30 frames per second, .* received 20",
    ),
    "bvh lying down": (
        {"02_01.bvh": BVH.replace("2.6 -7.14 0", "2.6 0 -7.14")},
        "bvh",
        [],
        "expected a zero pose upright and facing .*--rest_pose FRAME",
    ),
    "bvh named like amc": ({"02_01.bvh": AMC}, "bvh", [], "expected HIERARCHY"),
    "asf missing": ({"02_01.amc": AMC}, "asf_amc", [], "expected a skeleton 02.asf, received none"),
    "asf cut": (
        {"02.asf": cut(ASF, 0.5), "02_01.amc": AMC},
        "asf_amc",
        [],
        "02.asf: expected .*, received the end of the file",
    ),
    "asf cyclic": (
        {"02.asf": ASF.replace("root lowerback", "head lowerback"), "02_01.amc": AMC},
        "asf_amc",
        [],
        "expected every bone to descend from root, received 'a cycle",
    ),
    "asf wrong unit": (
        {"02.asf": ASF.replace("length 0.45", "length 1.0"), "02_01.amc": AMC},
        "asf_amc",
        [],
        r"expected legs of 0.4 to 1.3 m, received 0.378 m \(is the skeleton's unit",
    ),
    "asf wrong angle": (
        {"02.asf": ASF.replace("angle deg", "angle grad"), "02_01.amc": AMC},
        "asf_amc",
        [],
        "02.asf, line 7: expected angle deg or rad, received 'grad'",
    ),
    "amc empty": (
        {"02.asf": ASF, "02_01.amc": "\n"},
        "asf_amc",
        [],
        "02_01.amc: the file is empty",
    ),
    "amc cut in header": (
        {"02.asf": ASF, "02_01.amc": AMC[:20]},
        "asf_amc",
        [],
        "02_01.amc: expected the number of the first frame, received the end",
    ),
    "amc cut in a frame": (
        {"02.asf": ASF, "02_01.amc": AMC[: AMC.rindex("lfemur")]},
        "asf_amc",
        [],
        "expected lfemur of frame 41, received the end of the file",
    ),
    "amc cut in a number": (
        {"02.asf": ASF, "02_01.amc": AMC[: AMC.rindex("lfemur") + 10]},
        "asf_amc",
        [],
        "expected 3 numbers for lfemur of frame 41, received '1: ",
    ),
    "amc nan": (
        {"02.asf": ASF, "02_01.amc": re.sub(r"head \S+", "head nan", AMC)},
        "asf_amc",
        [],
        "02_01.amc, line 11: expected a finite number for head, received 'nan'",
    ),
    "amc unknown bone": (
        {"02.asf": ASF, "02_01.amc": AMC.replace("lfemur", "tail")},
        "asf_amc",
        [],
        "expected a bone of the skeleton, received 'tail'",
    ),
    "amc wrong degrees of freedom": (
        {"02.asf": ASF.replace("dof ry rz", "dof ry"), "02_01.amc": AMC},
        "asf_amc",
        [],
        "expected 1 numbers for lclavicle, received",
    ),
    "amc frame missing": (
        {"02.asf": ASF, "02_01.amc": AMC.replace("\n7\n", "\n8\n")},
        "asf_amc",
        [],
        "expected frame number 7, received '8'",
    ),
    "npz not an archive": (
        {"02_01.npz": b"PK"},
        "amass",
        [],
        "02_01.npz: expected an .npz archive",
    ),
    "npz cut": ({"02_01.npz": amass()[:3000]}, "amass", [], "expected an .npz archive"),
    "npz without translation": ({"02_01.npz": amass(trans=None)}, "amass", [], "field 'trans'"),
    "npz wrong width": (
        {"02_01.npz": amass(poses=np.ones((41, 63)))},
        "amass",
        [],
        r"received shape \(41, 63\)",
    ),
    "npz nan": (
        {"02_01.npz": amass(trans=np.full((41, 3), np.nan))},
        "amass",
        [],
        "field 'trans': expected finite numbers",
    ),
    "npz without rate": (
        {"02_01.npz": amass(mocap_framerate=None)},
        "amass",
        [],
        "expected field mocap_framerate or mocap_frame_rate",
    ),
    "name without subject": ({"walk.bvh": BVH}, "bvh", [], "expected a name SUBJECT_TRIAL"),
    "one name twice": (
        {"a/02_01.bvh": BVH, "a/02_01.BVH": BVH},
        "bvh",
        [],
        "a/02_01.bvh: expected a name of its own",
    ),
    "unknown subject": (
        {"77_01.bvh": BVH, "s.csv": SPLITS},
        "bvh",
        ["--splits", "s.csv"],
        "77_01.bvh: expected subject '77' in the table of splits",
    ),
    "subject in two splits": (
        {"02_01.bvh": BVH, "s.csv": SPLITS + "02_02,02,train\n"},
        "bvh",
        ["--splits", "s.csv"],
        "s.csv, line 4: expected subject '02' in split 'test' as on line 2, received 'train'",
    ),
    "splits without column": (
        {"02_01.bvh": BVH, "s.csv": "clip,split\n02_01,test\n"},
        "bvh",
        ["--splits", "s.csv"],
        "s.csv, line 1: expected columns clip, subject, split, received clip, split",
    ),
    "more splits than subjects": (
        {"02_01.bvh": BVH, "02_02.bvh": BVH},
        "bvh",
        ["--splits", "train=0.8,val=0.1,test=0.1"],
        "--splits: expected a subject for each of train, val, test, received 1: 02",
    ),
    "shares that are none": (
        {"02_01.bvh": BVH},
        "bvh",
        ["--splits", "train=most"],
        "--splits: expected train=0.8,val=0.1,test=0.1 or the like, received 'train=most'",
    ),
    "shares and a default": (
        {"02_01.bvh": BVH},
        "bvh",
        ["--splits", "train=1", "--default_split", "val"],
        "--default_split: expected a table as --splits, received shares",
    ),
    "splits missing": (
        {"02_01.bvh": BVH},
        "bvh",
        ["--splits", "none.csv"],
        "none.csv: No such file",
    ),
    "split leads outside": (
        {"02_01.bvh": BVH},
        "bvh",
        ["--default_split", "../x"],
        "--default_split: expected a split such as train",
    ),
    "mapping is no mapping": (
        {"02_01.bvh": BVH, "m.json": "[1"},
        "bvh",
        ["--mapping", "m.json"],
        "m.json: expected a JSON object, received invalid JSON",
    ),
    "mapping lacks a joint": (
        {"02_01.bvh": BVH, "m.json": '{"Hips": "pelvis"}'},
        "bvh",
        ["--mapping", "m.json"],
        "m.json: expected a source joint for head",
    ),
    "mapping for another file": (
        {"02_01.bvh": BVH, "m.json": json.dumps(MAPPING).replace("LeftLeg", "Shin")},
        "bvh",
        ["--mapping", "m.json"],
        "02_01.bvh: expected joint 'Shin'",
    ),
    "wrong rate": ({"02_01.bvh": BVH}, "bvh", ["--fps", "0"], "--fps: expected from 1 to 10000"),
    "no workers": ({"02_01.bvh": BVH}, "bvh", ["--workers", "0"], "--workers: expected at least 1"),
    "rate without pattern": (
        {"02_01.bvh": BVH},
        "bvh",
        ["--source_fps", "60"],
        "--source_fps: expected CLIPS=FPS",
    ),
    "rate of nothing": (
        {"02_01.bvh": BVH},
        "bvh",
        ["--source_fps", "60_*=x"],
        "--source_fps 60_.=x: expected frames per second",
    ),
    "nothing but stills": (
        {"02_01.bvh": mocap_files.bvh_text(JOINTS, mocap_files.bvh_values(JOINTS, 1))},
        "bvh",
        [],
        "expected at least one clip to keep, received none of 1; 02_01: a calibration still",
    ),
}


@pytest.mark.parametrize("case", BAD_INPUTS)
def test_bad_input_is_one_line_and_leaves_nothing(case, tmp_path, capsys, monkeypatch):
    files, file_format, more, message = BAD_INPUTS[case]
    source = write(tmp_path / "in", files)
    source.mkdir(exist_ok=True)
    monkeypatch.chdir(source)
    before = listing(tmp_path)
    arguments = ("--input", source, "--format", file_format, "--output", tmp_path / "out")
    assert prepare(*arguments, *more) == 2
    assert_one_line(capsys.readouterr(), message)
    assert listing(tmp_path) == before


def assert_one_line(captured, message):
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("tools.prepare_mocap: error: ")
    assert re.search(message, lines[0]), lines[0]


def hostile_tar(path, name, kind=tarfile.REGTYPE):
    with tarfile.open(path, "w") as archive:
        data = BVH.encode()
        info = tarfile.TarInfo("02_01.bvh")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
        info = tarfile.TarInfo(name)
        info.type = kind
        info.linkname = "/etc/passwd"
        archive.addfile(info)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../02_02.bvh", tarfile.REGTYPE),
        ("/tmp/02_02.bvh", tarfile.REGTYPE),
        ("02_02.bvh", tarfile.SYMTYPE),
        ("02_02.bvh", tarfile.LNKTYPE),
        ("02_02.bvh", tarfile.CHRTYPE),
    ],
)
def test_hostile_archives_are_refused(name, kind, tmp_path, capsys):
    path = tmp_path / "in.tar"
    hostile_tar(path, name, kind)
    assert prepare("--input", path, "--format", "bvh", "--output", tmp_path / "out") == 2
    assert_one_line(capsys.readouterr(), f"in.tar, member '{name}': expected")
    assert listing(tmp_path) == ["in.tar"]


def test_a_cut_archive_is_refused(cmu, tmp_path, capsys):
    path = tmp_path / "cmu.tar.xz"
    with tarfile.open(path, "w:xz") as archive:
        archive.add(cmu, "cmu")
    path.write_bytes(path.read_bytes()[:-500])
    assert prepare(*asf_amc(path, tmp_path / "out")) == 2
    assert_one_line(capsys.readouterr(), "cmu.tar.xz: expected a directory or a tar archive")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("source", ["none", "none/deeper", "n" * 300, "in/02/02.asf"])
def test_an_impossible_input_is_refused(source, cmu, tmp_path, capsys):
    assert prepare(*asf_amc(tmp_path / source, tmp_path / "out")) == 2
    assert_one_line(capsys.readouterr(), "expected a directory or a tar archive|File name too long")


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("/proc/mocap", "/proc"),
        ("/dev/null", "/dev/null: expected a directory to write, received a file"),
        ("{}/in/02/02.asf", "02.asf: expected a directory to write, received a file"),
        ("{}/in/02/02.asf/out", "Not a directory|File exists"),
        ("{}/in", "in: expected prepared motion with a manifest.json, received none"),
        ("{}/" + "o" * 300, "File name too long"),
    ],
)
def test_an_impossible_output_is_refused(output, message, cmu, tmp_path, capsys):
    before = listing(tmp_path)
    assert prepare(*asf_amc(cmu, output.format(tmp_path))) == 2
    assert_one_line(capsys.readouterr(), message)
    assert listing(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("fps", ["--fps", "60"]),
        ("default_split", ["--default_split", "train"]),
        ("fallback_asf", ["--fallback_asf", "02"]),
        ("source_fps", ["--source_fps", "*=60"]),
        ("rest_pose", ["--rest_pose", "0"]),
        ("up", ["--up", "z"]),
        ("angles", ["--angles", "degrees"]),
    ],
)
def test_other_settings_need_another_directory(name, more, cmu, tmp_path, capsys):
    assert prepare(*asf_amc(cmu, tmp_path / "out")) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    capsys.readouterr()
    assert prepare(*asf_amc(cmu, tmp_path / "out", *more)) == 2
    message = f"out: expected motion with the same settings, received {name}"
    assert_one_line(capsys.readouterr(), message)
    assert before == {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}


@pytest.mark.parametrize("damage", ["manifest.json", "all-00000-of-00001.tfrecord"])
def test_a_damaged_output_is_refused(damage, cmu, tmp_path, capsys):
    assert prepare(*asf_amc(cmu, tmp_path / "out")) == 0
    path = tmp_path / "out" / damage
    path.write_bytes(path.read_bytes()[:-100])
    capsys.readouterr()
    assert prepare(*asf_amc(cmu, tmp_path / "out")) == 2
    assert_one_line(capsys.readouterr(), f"{damage}.*: expected")


@pytest.mark.parametrize("writer", ["records", "manifest"])
def test_a_full_disk_leaves_nothing(writer, cmu, tmp_path, capsys, monkeypatch):
    def full(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    def full_text(*_, **__):
        raise OSError(28, "No space left on device", "manifest.json")

    if writer == "records":
        monkeypatch.setattr(tf.io.TFRecordWriter, "write", full)
    else:
        monkeypatch.setattr(Path, "write_text", full_text)
    before = listing(tmp_path)
    assert prepare(*asf_amc(cmu, tmp_path / "out")) == 2
    assert_one_line(capsys.readouterr(), "No space left on device")
    assert listing(tmp_path) == before


def test_a_failed_update_leaves_what_stood_there(cmu, tmp_path, capsys):
    assert prepare(*asf_amc(cmu, tmp_path / "out")) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    write(cmu, {"05/05_02.amc": "nonsense\n"})
    capsys.readouterr()
    assert prepare(*asf_amc(cmu, tmp_path / "out")) == 2
    assert_one_line(capsys.readouterr(), "05/05_02.amc, line 1: expected")
    assert before == {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_as_a_program_it_exits_with_one_line_when_files_cannot_grow(cmu, tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))

    arguments = asf_amc(cmu, tmp_path / "out")
    result = subprocess.run(
        [sys.executable, "-m", "tools.prepare_mocap", *map(str, arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )
    assert result.returncode == 2
    # TensorFlow greets on stderr too, and its greeting speaks of round-off errors.
    errors = [line for line in result.stderr.splitlines() if line.startswith("tools.")]
    assert len(errors) == 1, result.stderr
    assert errors[0].startswith("tools.prepare_mocap: error: ")
    assert "Traceback" not in result.stderr
    assert "File too large" in errors[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_help_shows_a_command_to_copy(capsys):
    assert prepare("--help") == 0
    assert "python -m tools.prepare_mocap --input" in capsys.readouterr().out
