"""Motion capture as people have it: names, encodings, spellings, rest poses, axes, rates, units."""

import json
import shutil

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hps_tf.body import skeleton
from hps_tf.cli import command
from hps_tf.data.mocap import motion_manifest, motion_records
from hps_tf.data.mocap.motion import BodyMotion
from tests.data import mocap_files
from tests.data.conftest import rest  # noqa: F401
from tools import prepare_mocap

JOINTS, VALUES = mocap_files.walk()
FRAMES = "0.0333333"
WALK = mocap_files.bvh_text(JOINTS, VALUES, FRAMES)
MAPPING = json.dumps(mocap_files.PERSON_MAPPING)
ASF = mocap_files.asf_text()
AMC = mocap_files.amc_text(mocap_files.amc_values(12))
T_POSE = np.array([[0.0, 92, 0, *[0] * (VALUES.shape[1] - 3)]])
ALONG_X = mocap_files.along([1, 0, 0], mocap_files.PERSON)
LIMBS = {
    f"{side}_{joint}": f"{side}_{child}"
    for side in "lr"
    for joint, child in (
        ("hip", "knee"),
        ("knee", "ankle"),
        ("shoulder", "elbow"),
        ("elbow", "wrist"),
    )
}


@pytest.fixture
def prepare(tmp_path, capsys):
    """Prepares files, by path, with more arguments; returns code, clips by name and output."""

    def run(files, file_format="bvh", *more):
        for path, content in files.items():
            path = tmp_path / "in" / path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        arguments = ["--input", tmp_path / "in", "--format", file_format, "--workers", 1]
        arguments += ["--output", tmp_path / "out", *more]
        with pytest.raises(SystemExit) as stop:
            command.run(lambda: prepare_mocap.main([str(a) for a in arguments]), "prepare")
        said = "".join(capsys.readouterr())
        clips = {}
        if stop.value.code == 0:
            for split in motion_records.list_splits(tmp_path / "out"):
                clips |= {c.name: c for c in motion_records.read_clips(tmp_path / "out", split)}
        return stop.value.code, clips, said

    return run


@pytest.fixture
def mapping(tmp_path):
    def write(content=MAPPING):
        path = tmp_path / "map.json"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return ("--mapping", path)

    return write


def told(frames, world=None, values=VALUES):
    world = np.eye(3) if world is None else world
    other = mocap_files.told_by_other_frames(JOINTS, values, frames, world)
    return mocap_files.bvh_text(*other, FRAMES)


@pytest.fixture
def assert_is_the_walk(rest):  # noqa: F811
    """Checks limbs to 0.1 degrees, the pelvis to 0.1 degrees and the path to 1 mm."""

    def check(clip, values=VALUES):
        rotations, positions = mocap_files.read_bvh_slowly(JOINTS, values)
        source = {joint: name for name, joint in mocap_files.PERSON_MAPPING.items()}
        matrices = Rotation.from_rotvec(clip.pose.astype(float)).as_matrix()
        motion = BodyMotion(matrices, clip.translation.astype(float), clip.fps)
        places = rest.joint_positions(motion)
        for joint, child in LIMBS.items():
            wanted = np.array(positions[source[child]]) - positions[source[joint]]
            ends = [skeleton.JOINT_NAMES.index(name) for name in (joint, child)]
            found = places[:, ends[1]] - places[:, ends[0]]
            cosine = (wanted * found).sum(-1)
            cosine /= np.linalg.norm(wanted, axis=-1) * np.linalg.norm(found, axis=-1)
            assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() < 0.1, joint
        turns = np.swapaxes(np.array(rotations["Hips"]), -1, -2) @ matrices[:, 0]
        assert np.degrees(Rotation.from_matrix(turns).magnitude()).max() < 0.1
        leg = sum(np.linalg.norm(rest.offset(f"l_{name}")) for name in ("knee", "ankle"))
        hips = 0.5 * (np.array(positions["LeftUpLeg"]) + positions["RightUpLeg"]) * leg / 83
        shift = places[:, [1, 2]].mean(axis=1) - hips
        np.testing.assert_allclose(shift[:, [0, 2]], 0, atol=1e-3)
        np.testing.assert_allclose(shift[:, 1], shift[0, 1], atol=1e-3)

    return check


def test_joint_names_may_have_spaces(prepare, mapping, assert_is_the_walk):
    text = WALK.replace("JOINT ", "JOINT Bip01 L ").replace("ROOT ", "ROOT Bip01 ")
    mapped = {
        ("Bip01 " if name == "Hips" else "Bip01 L ") + name: joint
        for name, joint in mocap_files.PERSON_MAPPING.items()
    }
    code, clips, said = prepare({"p_01.bvh": text}, "bvh", *mapping(json.dumps(mapped)))
    assert code == 0, said
    assert_is_the_walk(clips["p_01"])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_may_begin_with_a_byte_order_mark(
    encoding, prepare, mapping, assert_is_the_walk, tmp_path
):
    (tmp_path / "clips.csv").write_bytes("clip,subject,split\np_01,p,test\n".encode(encoding))
    more = [*mapping(MAPPING.encode(encoding)), "--splits", tmp_path / "clips.csv"]
    code, clips, said = prepare({"p_01.bvh": WALK.encode(encoding)}, "bvh", *more)
    assert code == 0, said
    assert clips["p_01"].split == "test"
    assert_is_the_walk(clips["p_01"])


def test_a_skeleton_along_x_takes_its_t_pose_from_its_first_frame(
    prepare, mapping, assert_is_the_walk
):
    text = told(ALONG_X, values=np.concatenate([T_POSE, VALUES]))
    code, clips, said = prepare({"p_01.bvh": text}, "bvh", *mapping())
    assert code == 0, said
    assert "p_01: took frame 0 for the rest pose: it is a T-pose" in said
    assert_is_the_walk(clips["p_01"])


def test_a_skeleton_along_x_takes_its_t_pose_from_the_file_that_is_stated(
    prepare, mapping, assert_is_the_walk, tmp_path
):
    files = {"p_01.bvh": told(ALONG_X)}
    code, _, said = prepare(files, "bvh", *mapping())
    assert code == 2
    assert "--rest_pose FRAME (from 0; " in said
    assert "or --rest_pose FILE.bvh" in said
    (tmp_path / "t.bvh").write_text(told(ALONG_X, values=T_POSE))
    stated = ("--rest_pose", tmp_path / "t.bvh")
    code, clips, said = prepare(files, "bvh", *mapping(), *stated)
    assert code == 0, said
    assert_is_the_walk(clips["p_01"])
    code, _, said = prepare(files, "bvh", *mapping(), "--rest_pose", 3)
    assert code == 2
    assert "received rest_pose" in said


def test_a_rest_pose_that_is_none_is_refused(prepare, mapping):
    code, _, said = prepare({"p_01.bvh": told(ALONG_X)}, "bvh", *mapping(), "--rest_pose", 12)
    assert code == 2
    assert "p_01.bvh: expected more than 12 frames, as --rest_pose counts them from 0" in said
    code, _, said = prepare({"p_01.bvh": WALK}, "amass", "--rest_pose", 0)
    assert code == 2


@pytest.mark.parametrize("more", [(), ("--up", "z")])
def test_z_may_be_up(more, prepare, mapping, assert_is_the_walk):
    z_up = mocap_files.turn("X", 90)
    text = told(dict.fromkeys(mocap_files.PERSON, z_up.T), z_up)
    code, clips, said = prepare({"p_01.bvh": text}, "bvh", *mapping(), *more)
    assert code == 0, said
    assert "turned the zero pose upright, in which z is up and x on the left" in said
    assert_is_the_walk(clips["p_01"])


def test_a_zero_pose_may_face_away(prepare, mapping, assert_is_the_walk):
    text = told(dict.fromkeys(mocap_files.PERSON, mocap_files.turn("Y", 180)))
    code, clips, said = prepare({"p_01.bvh": text}, "bvh", *mapping())
    assert code == 0, said
    assert_is_the_walk(clips["p_01"])


def test_an_added_t_pose_that_faces_away_is_left_out(prepare, mapping, assert_is_the_walk):
    zeros = np.concatenate([T_POSE, VALUES])
    zeros[0, 4] = 180
    text = told(dict.fromkeys(mocap_files.PERSON, mocap_files.turn("Y", 180)), values=zeros)
    code, clips, said = prepare({"p_01.bvh": text}, "bvh", *mapping())
    assert code == 0, said
    assert "1 added T-poses" in said
    assert_is_the_walk(clips["p_01"])


@pytest.mark.parametrize("frame_time", ["0", "16.6667"])
def test_a_stated_rate_counts_whatever_the_file_states(
    frame_time, prepare, mapping, assert_is_the_walk
):
    text = mocap_files.bvh_text(JOINTS, np.repeat(VALUES, 2, axis=0), frame_time)
    code, _, said = prepare({"p_01.bvh": text}, "bvh", *mapping())
    assert code == 2
    assert "--source_fps" in said
    code, clips, said = prepare({}, "bvh", *mapping(), "--source_fps", "p_*=60")
    assert code == 0, said
    assert_is_the_walk(clips["p_01"])


def amass(num_frames=24, **fields):
    time = np.arange(num_frames)[:, None]
    poses = 0.2 * np.sin(0.1 * time + np.arange(156))
    poses[:, :3] = [np.pi / 2, 0, 0]  # upright in a world with z up
    trans = np.hstack([0.03 * time, 0 * time, 0.9 + 0 * time])
    return mocap_files.amass_bytes(poses, trans, **fields)


@pytest.mark.parametrize("fields", [{}, {"fps": 60}])
def test_a_stated_rate_counts_where_amass_states_none(fields, prepare):
    files = {"p_01_poses.npz": amass(**fields)}
    code, _, said = prepare(files, "amass")
    assert code == 2
    assert "--source_fps" in said
    code, clips, said = prepare(files, "amass", "--source_fps", "p_*=60")
    assert code == 0, said
    assert clips["p_01"].num_frames == 12


def standing(hanging):
    """Somebody who stands and breathes, each angle below 6 degrees; at zero, arms may hang."""
    shape = dict(mocap_files.PERSON)
    if hanging:
        shape |= {f"{side}ForeArm": (f"{side}Arm", (0, -28, 0)) for side in ("Left", "Right")}
        shape |= {f"{side}Hand": (f"{side}ForeArm", (0, -26, 0)) for side in ("Left", "Right")}
    joints = mocap_files.bvh_joints(shape)
    time = np.linspace(0, 8, 120)[:, None]
    values = 0.5 + 0.5 * np.sin(time + np.arange(3 * len(joints) + 3))
    values[:, :3] = [0, 92, 0]
    values[:, 3 + 3 * list(shape).index("LeftForeArm")] += 5
    return mocap_files.bvh_text(joints, values, FRAMES)


def test_small_angles_are_degrees_where_arms_hang(prepare, mapping):
    code, clips, said = prepare({"p_01.bvh": standing(hanging=True)}, "bvh", *mapping())
    assert code == 0, said
    assert clips["p_01"].num_frames == 120
    shoulder = skeleton.JOINT_NAMES.index("l_shoulder")
    turn = np.linalg.norm(clips["p_01"].pose[:, shoulder], axis=-1)
    np.testing.assert_allclose(np.degrees(turn), 90, atol=3)


def test_arms_held_out_all_the_time_look_like_radians(prepare, mapping):
    files = {"p_01.bvh": standing(hanging=False)}
    code, _, said = prepare(files, "bvh", *mapping())
    assert code == 2
    assert "arms held out as at rest all the time: these look like radians" in said
    code, clips, said = prepare(files, "bvh", *mapping(), "--angles", "degrees")
    assert code == 0, said
    assert clips["p_01"].num_frames == 120


def test_radians_are_refused_and_read_where_stated(prepare, mapping, assert_is_the_walk):
    values = np.radians(VALUES)
    values[:, :3] = VALUES[:, :3]
    files = {"p_01.bvh": mocap_files.bvh_text(JOINTS, values, FRAMES)}
    code, _, said = prepare(files, "bvh", *mapping())
    assert code == 2
    assert "these look like radians (state the unit: --angles degrees, or --angles radians)" in said
    code, clips, said = prepare(files, "bvh", *mapping(), "--angles", "radians")
    assert code == 0, said
    assert_is_the_walk(clips["p_01"])


def test_clips_of_one_name_are_told_apart_by_dots_and_directories(prepare, mapping, tmp_path):
    files = {
        "take.2021.03.05_01.bvh": WALK,
        "take.2021.03.06_01.bvh": WALK,
        "s1/walk_01.bvh": WALK,
        "s2/walk_01.bvh": WALK,
    }
    table = tmp_path / "clips.csv"
    table.write_text("clip,subject,split\ns1/walk_01,a,train\ns2/walk_01,b,test\n")
    more = ("--splits", table, "--default_split", "val")
    code, clips, said = prepare(files, "bvh", *mapping(), *more)
    assert code == 0, said
    assert {name: (clip.subject, clip.split) for name, clip in clips.items()} == {
        "s1/walk_01": ("a", "train"),
        "s2/walk_01": ("b", "test"),
        "take.2021.03.05_01": ("take.2021.03.05", "val"),
        "take.2021.03.06_01": ("take.2021.03.06", "val"),
    }


def test_an_amc_file_moves_the_skeleton_beside_it(prepare, tmp_path):
    wide = ASF.replace("length 2.5", "length 3.5")
    files = {"A/02.asf": ASF, "A/02_01.amc": AMC, "B/02.asf": wide, "B/02_02.amc": AMC}
    code, clips, said = prepare(files, "asf_amc")
    assert code == 0, said
    assert np.abs(clips["02_01"].translation - clips["02_02"].translation).max() > 0.005
    for directory, name in (("A", "02_01"), ("B", "02_02")):
        shutil.rmtree(tmp_path / "in")
        shutil.rmtree(tmp_path / "out")
        _, alone, _ = prepare({p: files[p] for p in files if p.startswith(directory)}, "asf_amc")
        np.testing.assert_array_equal(alone[name].translation, clips[name].translation)


def test_hdm05_is_read_under_its_own_names(prepare):
    latin = AMC.replace("person.ASF", "für Bonn.ASF").encode("latin-1")
    files = {
        "HDM_bd.asf": ASF,
        "HDM_bd_kickLFront1Reps_001_120.amc": latin,
        "tr/HDM_tr.asf": ASF,
        "tr/HDM_tr_kickLFront1Reps_001_120.amc": latin,
    }
    code, clips, said = prepare(files, "asf_amc")
    assert code == 0, said
    assert [clip.subject for clip in clips.values()] == ["HDM_bd", "HDM_tr"]


@pytest.mark.parametrize(
    "text",
    [
        AMC.replace("\n2\n", "\n# second\n2\n").encode(),
        AMC.replace("person.ASF", "für Bonn.ASF").encode("latin-1"),
        AMC.replace(":DEGREES\n", "").encode(),
        AMC.rstrip().encode(),
        AMC.replace("\n", "\r\n").encode("utf-8-sig"),
    ],
    ids=["comment", "latin-1", "no unit", "no line break at the end", "windows"],
)
def test_details_of_an_amc_file_do_not_matter(text, prepare):
    _, plain, _ = prepare({"02.asf": ASF, "02_01.amc": AMC}, "asf_amc")
    code, clips, said = prepare({"02_01.amc": text}, "asf_amc")
    assert code == 0, said
    np.testing.assert_array_equal(clips["02_01"].pose, plain["02_01"].pose)
    np.testing.assert_array_equal(clips["02_01"].translation, plain["02_01"].translation)


def test_keywords_of_a_bvh_file_may_be_spelled_in_other_ways(prepare, mapping, assert_is_the_walk):
    changes = [("End Site", "END SITE"), ("End Site", "End Site tip"), ("Frames: ", "Frames:")]
    changes += [("HIERARCHY", "hierarchy"), ("MOTION", "motion"), ("\n", "\r")]
    files = {f"p_{i}.bvh": WALK.replace(*change) for i, change in enumerate(changes)}
    code, clips, said = prepare(files, "bvh", *mapping())
    assert code == 0, said
    assert len(clips) == len(changes)
    for clip in clips.values():
        assert_is_the_walk(clip)


def test_joint_names_may_be_latin_1(prepare, mapping, assert_is_the_walk):
    mapped = MAPPING.replace('"Spine1"', '"Rücken"')
    text = WALK.replace("JOINT Spine1\n", "JOINT Rücken\n").encode("latin-1")
    code, clips, said = prepare({"p_01.bvh": text}, "bvh", *mapping(mapped))
    assert code == 0, said
    assert_is_the_walk(clips["p_01"])


def test_one_frame_more_than_stated_is_left_out_with_a_word(prepare, mapping, assert_is_the_walk):
    code, clips, said = prepare(
        {"p_01.bvh": WALK.replace("Frames: 12", "Frames: 11")}, "bvh", *mapping()
    )
    assert code == 0, said
    assert "p_01: left out the last frame: the file states 11 and holds one more" in said
    assert_is_the_walk(clips["p_01"], VALUES[:11])


def test_a_note_is_told_once_and_kept_for_each_clip(prepare, mapping, tmp_path):
    text = WALK.replace("Frames: 12", "Frames: 11")
    _, _, said = prepare({f"p_{i}.bvh": text for i in range(3)}, "bvh", *mapping())
    assert said.count("left out the last frame") == 1
    assert "p_0 and 2 more: left out" in said
    clips = motion_manifest.read(tmp_path / "out")["clips"]
    assert all(len(clip["notes"]) == 1 for clip in clips)


def test_links_to_directories_are_followed(prepare, mapping, tmp_path, assert_is_the_walk):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/p_01.bvh").write_text(WALK)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/ACCAD").symlink_to("../elsewhere")
    (tmp_path / "in/again").symlink_to("../elsewhere")
    code, clips, said = prepare({}, "bvh", *mapping())
    assert code == 0, said
    assert_is_the_walk(clips["p_01"])


def test_paths_may_begin_at_the_home_directory(tmp_path, monkeypatch, mapping):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/p_01.bvh").write_text(WALK)
    (tmp_path / "clips.csv").write_text("clip,subject,split\np_01,p,test\n")
    mapping()
    options = ["--input=~/in", "--format=bvh", "--output=~/out", "--mapping=~/map.json"]
    options += ["--splits=~/clips.csv", "--rest_pose=~/in/p_01.bvh", "--workers=1"]
    prepare_mocap.main(options)
    assert motion_records.list_splits(tmp_path / "out") == ["test"]
    assert not (tmp_path / "~").exists()


def test_files_that_are_no_clips_are_reported_and_left_out_when_asked(prepare, tmp_path):
    files = {"02.asf": ASF, "02_01.amc": AMC, "13_01.amc": AMC, "walk.amc": AMC}
    code, _, said = prepare(files, "asf_amc")
    assert code == 2
    code, clips, said = prepare({}, "asf_amc", "--skip_bad")
    assert code == 0, said
    assert set(clips) == {"02_01"}
    assert "dropped 13_01.amc: 13_01.amc: expected a skeleton 13.asf" in said
    assert "dropped walk.amc: walk.amc: expected a name SUBJECT_TRIAL" in said
    entries = motion_manifest.read(tmp_path / "out")["clips"]
    assert [entry["name"] for entry in entries] == ["02_01", "13_01.amc", "walk.amc"]
    code, _, said = prepare({}, "asf_amc", "--skip_bad")
    assert "all 1 clips are prepared already" in said


@pytest.mark.parametrize("more", [(), ("--up", "y")])
def test_amass_files_of_other_programs_may_have_y_up(more, prepare):
    time = np.arange(24)[:, None]
    poses = 0.2 * np.sin(0.1 * time + np.arange(156))
    poses[:, :3] = [0, 0.3, 0]
    trans = np.hstack([0.03 * time, 0.9 + 0 * time, 0 * time])
    files = {"p_01_poses.npz": mocap_files.amass_bytes(poses, trans, mocap_framerate=30.0)}
    code, clips, said = prepare(files, "amass", *more)
    assert code == 0, said
    np.testing.assert_allclose(clips["p_01"].pose[:, 0], [[0, 0.3, 0]] * 24, atol=1e-5)
    np.testing.assert_allclose(clips["p_01"].translation[:, 0], trans[:, 0], atol=1e-5)
