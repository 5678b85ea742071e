"""The program on a small 3DPW in the official format, painted by a body whose pose is known."""

import json
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf

from hps_tf import body as bodies
from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.cli import command
from hps_tf.data.images import camera_frame, image_records
from hps_tf.data.images.image_dataset import ImageDataset
from tests.data import threedpw_files as files
from tools import prepare_threedpw

COUNT = 4


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_:
        command.run(
            lambda: prepare_threedpw.main([str(argument) for argument in arguments]),
            "tools.prepare_threedpw",
        )
    return exit_.value.code, capsys.readouterr()


def arguments(source, output, *more):
    options = ("--image_size", 192, "--workers", 1, *more)
    return ("--input", source, "--output", output, *options)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A person to train with, whose camera is lost once, and another to test with."""
    root = tmp_path_factory.mktemp("3dpw")
    video = files.Video(COUNT)
    video.fields["campose_valid"] = [np.array([1, 1, 0, 1])]
    video.write(root)
    files.Video(2, name="downtown_bus_00").write(root, "test")
    return root


@pytest.fixture(scope="module")
def prepared(source, tmp_path_factory):
    output = tmp_path_factory.mktemp("prepared") / "3dpw"
    prepare_threedpw.main([str(argument) for argument in arguments(source, output)])
    return output


def batch(output, split):
    dataset = ImageDataset(output, split)
    records = dataset.records(np.arange(len(dataset)))
    found = image_records.parse(tf.constant(list(records)), dataset.image_size, dataset.num_shape)
    return {name: value.numpy() for name, value in found.items()}


def overlaps(found):
    """Intersection over union of each part map with the white person of the picture."""
    person = found["image"].mean(axis=-1) > (files.PERSON + files.GROUND) / 2 / 255
    labelled = found["part_labels"] > 0
    return (person & labelled).sum(axis=(1, 2)) / (person | labelled).sum(axis=(1, 2))


def joints(found, body):
    arguments = {key: found[key] for key in ("pose", "shape", "translation")}
    return body.joints(**arguments).numpy()


def expected_joints(video, frames):
    points = video.bodies[0].joints(**video.arguments(0)).numpy()
    return camera_frame.transform(points, video.cameras)[frames]


def test_the_manifest_accounts_for_all(prepared):
    manifest = json.loads((prepared / "manifest.json").read_text())
    sums = manifest["splits"]
    assert {split: sums[split]["examples"] for split in sums} == {"train": 3, "test": 2}
    assert manifest["dropped"] == {"camera not aligned": 1}
    assert sums["train"]["subjects"] == ["courtyard_walk_00_0"]
    assert [sums["train"][label] for label in ("keypoints", "parts", "pose", "markers")] == [
        *(3, 3, 3),
        0,
    ]
    assert (manifest["body"], manifest["num_shape"]) == ("default", 16)


def test_bodies_fitted_are_those_of_the_picture(prepared):
    found = batch(prepared, "train")
    assert found["frame"].tolist() == [0, 1, 3]
    assert found["name"][2] == b"courtyard_walk_00_0_00003"
    assert overlaps(found).min() > 0.95
    video = files.Video(COUNT)
    errors = joints(found, video.bodies[0]) - expected_joints(video, [0, 1, 3])
    assert np.linalg.norm(errors, axis=2).mean() < 0.005


def test_detected_keypoints_are_moved_into_the_crop(prepared):
    found = batch(prepared, "train")
    seen = files.Video(COUNT).coco(0)[[0, 1, 3]] @ np.swapaxes(found["intrinsics"], 1, 2)
    is_found = np.array([name != "left_wrist" for name in COCO17_NAMES])
    errors = seen[..., :2] / seen[..., 2:] - found["keypoints_2d"]
    assert np.abs(errors[:, is_found]).max() < 0.01
    np.testing.assert_allclose(found["keypoint_weights"], np.tile(0.8 * is_found, (3, 1)))


def test_smpls_own_parameters_are_moved_exactly(tmp_path, capsys):
    smpl_path = tmp_path / "basicmodel_m.npz"
    files.write_smpl(smpl_path)
    smpl = bodies.load(smpl_path, 10)
    assert np.abs(smpl.joints()[0, 0]).max() > 0.2
    video = files.Video(2, bodies=[smpl], num_shape=10)
    video.write(tmp_path / "in")
    pattern = str(tmp_path / "basicmodel_{gender}.npz")
    code, captured = run(capsys, *arguments(tmp_path / "in", tmp_path / "out", "--body", pattern))
    assert code == 0
    assert "poses and shapes are of SMPL: trainers.train" in captured.out
    found = batch(tmp_path / "out", "train")
    assert found["shape"].shape == (2, 10)
    np.testing.assert_allclose(joints(found, smpl), expected_joints(video, [0, 1]), atol=1e-5)
    np.testing.assert_allclose(found["pose"][:, 1:], video.poses[0][:, 1:], atol=1e-6)
    assert overlaps(found).min() > 0.97
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["body"] == "smpl"


def test_two_people_are_two_examples(tmp_path, capsys):
    files.Video(1, num_people=2).write(tmp_path / "in", people=(0, 1))
    code, _ = run(capsys, *arguments(tmp_path / "in", tmp_path / "out"))
    assert code == 0
    found = batch(tmp_path / "out", "train")
    assert found["name"].tolist() == [b"courtyard_walk_00_0_00000", b"courtyard_walk_00_1_00000"]
    assert found["translation"][1, 0] - found["translation"][0, 0] > 0.5


def changed(source, tmp_path, change):
    root = tmp_path / "in"
    shutil.copytree(source, root)
    change(root)
    return root


PKL = "sequenceFiles/train/courtyard_walk_00.pkl"
IMAGE = "imageFiles/courtyard_walk_00/image_00001.jpg"


def cut(name):
    def change(root):
        content = (root / name).read_bytes()
        (root / name).write_bytes(content[: len(content) // 2])

    return change


def with_smpl(root):
    files.write_smpl(root / "smpl_m.npz")
    files.write_smpl(root / "smpl_f.npz")


BAD = {
    "cut pickle": (cut(PKL), [], r"courtyard_walk_00\.pkl: expected a whole pickle"),
    "hostile pickle": (
        lambda root: (root / PKL).write_bytes(b"cos\nsystem\n(S'touch hostile'\ntR."),
        [],
        r"courtyard_walk_00\.pkl: expected a pickle of arrays, received one that"
        r" refers to os.system",
    ),
    "cut image": (cut(IMAGE), [], r"image_00001\.jpg: expected an image"),
    "missing image": (
        lambda root: (root / IMAGE).unlink(),
        [],
        r"courtyard_walk_00: expected the image 'image_00001\.jpg', received none",
    ),
    "no sequences": (
        lambda root: shutil.rmtree(root / "sequenceFiles"),
        [],
        "expected sequenceFiles/train",
    ),
    "no images": (
        lambda root: shutil.rmtree(root / "imageFiles"),
        [],
        "expected a directory imageFiles",
    ),
    "body without gender": (lambda root: None, ["--body", "a.pkl"], r"a path with {gender}"),
    "body missing": (lambda root: None, ["--body", "no_{gender}.pkl"], "no_m.pkl: No such file"),
    "body of others": (
        with_smpl,
        ["--body", "smpl_{gender}.npz"],
        r"person 0: expected jointPositions to be those of smpl_m\.npz, received them \d+ mm away",
    ),
    "no workers": (lambda root: None, ["--workers", "0"], "--workers: expected at least 1"),
    "tiny": (lambda root: None, ["--image_size", "3"], "--image_size: expected from 16 to 2048"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_leaves_nothing(case, source, tmp_path, capsys, monkeypatch):
    change, more, message = BAD[case]
    root = changed(source, tmp_path, change)
    monkeypatch.chdir(root)
    code, captured = run(capsys, *arguments(root, tmp_path / "out", *more))
    assert code == 2
    lines = captured.err.splitlines()
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("tools.prepare_threedpw: error: ")
    assert re.search(message, lines[0]), lines[0]
    assert captured.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert not (root / "hostile").exists()


def test_what_is_bad_can_be_skipped_and_is_counted(source, tmp_path, capsys):
    def change(root):
        (root / IMAGE).unlink()
        cut("sequenceFiles/test/downtown_bus_00.pkl")(root)

    root = changed(source, tmp_path, change)
    code, captured = run(capsys, *arguments(root, tmp_path / "out", "--skip_bad"))
    assert code == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["splits"].keys() == {"train"}
    assert manifest["dropped"] == {
        "camera not aligned": 1,
        "image or video missing or damaged": 1,
        "sequence file damaged": 1,
    }
    assert "dropped 1: sequence file damaged" in captured.out


def test_people_out_of_sight_are_counted(tmp_path, capsys):
    video = files.Video(2)
    video.fields["cam_poses"] = video.cameras.copy()
    video.fields["cam_poses"][1, 0, 3] += 3.0
    video.write(tmp_path / "in")
    code, _ = run(capsys, *arguments(tmp_path / "in", tmp_path / "out"))
    assert code == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["splits"]["train"]["examples"] == 1
    assert manifest["dropped"] == {"mostly outside the image": 1}


def test_help_shows_a_command_to_copy(capsys):
    code, captured = run(capsys, "--help")
    assert code == 0
    assert "python -m tools.prepare_threedpw --input" in captured.out
