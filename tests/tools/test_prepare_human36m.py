"""The program on a small Human3.6M in the official formats, painted by bodies that are known."""

import io
import json
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

pytest.importorskip("cdflib")
pytest.importorskip("av")

from hps_tf.cli import command
from hps_tf.data.images import image_records
from hps_tf.data.images.image_dataset import ImageDataset
from tests.data import human36m_files as files
from tools import prepare_human36m

NUM_FRAMES, EVERY = 7, 3
KEPT = (0, 3, 6)
TAKES = {("S1", "Directions 1"): 0, ("S9", "TakingPhoto"): 1}


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_:
        command.run(
            lambda: prepare_human36m.main([str(argument) for argument in arguments]),
            "tools.prepare_human36m",
        )
    return exit_.value.code, capsys.readouterr()


@pytest.fixture(scope="module")
def takes():
    return {view: files.Take(NUM_FRAMES, seed) for view, seed in TAKES.items()}


@pytest.fixture(scope="module")
def source(takes, tmp_path_factory):
    """Joints, extracted images of the frames kept, and a video of one view, else the ground."""
    root = tmp_path_factory.mktemp("human36m")
    (root / "metadata.xml").write_text(files.metadata_xml())
    ground = Image.new("RGB", files.SIZE, (files.GROUND,) * 3)
    for (subject, name), take in takes.items():
        files.write_joints(root, subject, name, take, mono=subject == "S9")
        files.write_images(root / "images", subject, name, take, KEPT)
        for number, camera in enumerate(files.CAMERAS):
            pictures = [
                take.photograph(frame, number) if frame in KEPT and number == 1 else ground
                for frame in range(NUM_FRAMES)
            ]
            files.write_video(root / subject / "Videos" / f"{name}.{camera}.mp4", pictures)
    return root


def arguments(source, output, *more):
    return (
        *("--input", source, "--metadata", source / "metadata.xml", "--output", output),
        *("--every", EVERY, "--image_size", 192, "--workers", 1, *more),
    )


@pytest.fixture(scope="module")
def prepared(source, tmp_path_factory):
    output = tmp_path_factory.mktemp("prepared") / "h36m"
    prepare_human36m.main(
        [str(a) for a in arguments(source, output, "--images", source / "images")]
    )
    return output


def batch(output, split):
    dataset = ImageDataset(output, split)
    records = dataset.records(np.arange(len(dataset)))
    found = image_records.parse(tf.constant(list(records)), dataset.image_size, dataset.num_shape)
    return {name: value.numpy() for name, value in found.items()}


def overlaps(found):
    """Intersection over union of each part map with the white person of the picture."""
    person = found["image"].mean(axis=-1) > (files.PERSON + files.GROUND) / 2 / 255
    labelled = ~np.isin(found["part_labels"], (0, *files.UNTOLD))
    return (person & labelled).sum(axis=(1, 2)) / (person | labelled).sum(axis=(1, 2))


def test_the_manifest_accounts_for_all(prepared):
    manifest = json.loads((prepared / "manifest.json").read_text())
    assert {split: sums["examples"] for split, sums in manifest["splits"].items()} == {
        "train": 12,
        "test": 12,
    }
    assert manifest["splits"]["train"]["subjects"] == ["S1"]
    assert manifest["dropped"] == {}
    assert (manifest["body"], manifest["num_shape"]) == ("default", 16)
    for label in ("keypoints", "parts", "pose", "markers"):
        assert manifest["splits"]["test"][label] == 12


@pytest.mark.parametrize("split", ["train", "test"])
def test_part_maps_cover_the_person_of_the_picture(split, prepared):
    assert overlaps(batch(prepared, split)).min() > 0.95


@pytest.mark.parametrize("view", TAKES)
def test_labels_are_those_of_the_captured_body(view, prepared, takes):
    subject, name = view
    take = takes[view]
    found = batch(prepared, "train" if subject == "S1" else "test")
    assert set(found["action"]) == {b"Directions" if subject == "S1" else b"Photo"}
    for row, frame in enumerate(found["frame"]):
        key = found["sequence"][row].decode()
        assert found["name"][row].decode() == f"{key}_{frame + 1:06d}"
        camera = files.CAMERAS.index(key.split(".")[1])
        matrix = files.extrinsics(camera)
        expected = take.joints[frame] @ matrix[:3, :3].T + matrix[:3, 3]
        np.testing.assert_allclose(found["markers_3d"][row], expected, atol=1e-4)
        body = {key: found[key][row : row + 1] for key in ("pose", "shape", "translation")}
        joints = take.body.keypoints("h36m17", **body)[0].numpy()
        assert np.linalg.norm(joints - expected, axis=1).mean() < 0.005
        coco = take.body.keypoints("coco17", **take.arguments)[frame].numpy()
        coco = (coco @ matrix[:3, :3].T + matrix[:3, 3]) @ found["intrinsics"][row].T
        errors = np.linalg.norm(coco[:, :2] / coco[:, 2:] - found["keypoints_2d"][row], axis=1)
        assert errors.mean() < 1.5
    assert (found["keypoint_weights"] == 1).all()
    assert name.replace(" ", "_") in found["sequence"][0].decode()


def test_videos_give_the_same_frames(source, prepared, tmp_path, capsys):
    listed = tmp_path / "list.csv"
    lines = [f"S9,TakingPhoto,{files.CAMERAS[1]},{frame + 1}" for frame in KEPT]
    listed.write_text("subject,action,camera,frame\n" + "\n".join(lines))
    output = tmp_path / "out"
    code, _ = run(capsys, *arguments(source, output, "--index_list", listed))
    assert code == 0
    found = batch(output, "test")
    assert found["frame"].tolist() == list(KEPT)
    assert overlaps(found).min() > 0.95
    assert json.loads((output / "manifest.json").read_text())["splits"].keys() == {"test"}


def changed(source, tmp_path, change):
    root = tmp_path / "in"
    shutil.copytree(source, root)
    change(root)
    return root


def cut(name):
    def change(root):
        path = next(root.glob(name))
        path.write_bytes(path.read_bytes()[:-60])

    return change


def removed(name):
    return lambda root: next(root.glob(name)).unlink()


def replaced(name, content):
    return lambda root: next(root.glob(name)).write_bytes(content)


def wrong_lens(root):
    text = (root / "metadata.xml").read_text()
    (root / "metadata.xml").write_text(text.replace("1145.05", "1000.0"))


BAD = {
    "metadata cut": (cut("metadata.xml"), [], "metadata.xml: expected XML, received"),
    "metadata missing": (removed("metadata.xml"), [], "metadata.xml: No such file"),
    "lens of another camera": (wrong_lens, [], "expected the joints where the camera of metadata"),
    "cdf cut": (cut("S1/*/D3_Positions/*.cdf"), [], r"Directions 1\.cdf: expected a CDF file"),
    "cdf hostile": (
        replaced("S1/*/D3_Positions/*.cdf", b"\xff" * 500),
        [],
        r"Directions 1\.cdf: expected a CDF file",
    ),
    "2d of another length": (
        lambda root: files.write_cdf(
            root / "S1/MyPoseFeatures/D2_Positions/Directions 1.54138969.cdf", np.ones((3, 64))
        ),
        [],
        r"Directions 1\.54138969\.cdf: expected 7 frames, received 3",
    ),
    "no subjects": (
        lambda root: [shutil.rmtree(root / name) for name in ("S1", "S9")],
        [],
        "expected directories S1, S5, .* received none",
    ),
    "index of nobody": (
        lambda root: (root / "l.csv").write_text("subject,action,camera,frame\nS1,Eating,5,1\n"),
        ["--index_list", "l.csv"],
        "l.csv: expected recordings of .*, received S1, Eating, 5",
    ),
    "index beyond the end": (
        lambda root: (root / "l.csv").write_text(
            "subject,action,camera,frame\nS1,Directions 1,54138969,8\n"
        ),
        ["--index_list", "l.csv"],
        "--index_list: expected frames of S1, Directions 1 up to 7, received 8",
    ),
    "every none": (lambda root: None, ["--every", "0"], "--every: expected at least 1"),
    "tiny": (lambda root: None, ["--image_size", "3"], "--image_size: expected from 16 to 2048"),
    "images missing": (lambda root: None, ["--images", "none"], "none: expected a directory"),
    "image missing": (
        removed("images/S1*_000004.jpg"),
        ["--images", "images"],
        r"expected the image 'S1_Directions_1\.\d+_000004.jpg', received none",
    ),
    "image cut": (cut("images/S1*_000004.jpg"), ["--images", "images"], "expected an image"),
    "video hostile": (
        replaced("S1/Videos/*.mp4", b"\0\0\0\x18ftypisom" + b"\xff" * 300),
        [],
        r"\.mp4: expected a video, received",
    ),
    "video missing": (removed("S1/Videos/*.mp4"), [], r"\.mp4: expected a video, received none"),
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
    assert lines[0].startswith("tools.prepare_human36m: error: ")
    assert re.search(message, lines[0]), lines[0]
    assert captured.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_what_is_bad_can_be_skipped_and_is_counted(source, tmp_path, capsys):
    def change(root):
        cut(f"S9/*/D3_Positions_mono/*.{files.CAMERAS[0]}.cdf")(root)
        for path in sorted(root.glob("images/S1*_000004.jpg"))[:2]:
            path.unlink()

    root = changed(source, tmp_path, change)
    more = ("--images", root / "images", "--skip_bad")
    code, captured = run(capsys, *arguments(root, tmp_path / "out", *more))
    assert code == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["splits"]["train"]["examples"] == 10
    assert manifest["dropped"] == {
        "recording with joints missing or damaged": 1,
        "image or video missing or damaged": 2,
    }
    assert "dropped 2: image or video missing or damaged" in captured.out


def test_short_videos_are_counted(source, tmp_path, capsys):
    def change(root):
        ground = Image.new("RGB", files.SIZE)
        files.write_video(
            root / "S1" / "Videos" / f"Directions 1.{files.CAMERAS[0]}.mp4", [ground] * 4
        )
        shutil.rmtree(root / "S9")

    root = changed(source, tmp_path, change)
    code, _ = run(capsys, *arguments(root, tmp_path / "out"))
    assert code == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["splits"]["train"]["examples"] == 11
    assert manifest["dropped"] == {"after the end of the video": 1}


def test_crops_are_whole_jpegs_of_the_size_asked_for(prepared):
    dataset = ImageDataset(prepared, "train")
    example = tf.train.Example.FromString(dataset.records(np.array([0]))[0])
    image = Image.open(io.BytesIO(example.features.feature["image"].bytes_list.value[0]))
    assert (image.format, image.size) == ("JPEG", (192, 192))


def test_help_shows_a_command_to_copy(capsys):
    code, captured = run(capsys, "--help")
    assert code == 0
    assert "python -m tools.prepare_human36m --input" in captured.out
