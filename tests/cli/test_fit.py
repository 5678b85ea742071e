import dataclasses
import json
import re

import numpy as np
import pytest
import trimesh
from hypothesis import given
from PIL import Image
from pycocotools import mask as coco_mask

from hps_tf.body import load_default
from hps_tf.cli import command, fit
from hps_tf.cli.fitting import batches, pictures, solver
from hps_tf.fitting import FitResult
from hps_tf.visualization import palette
from tests import mutations
from tests.data import detection_files
from tests.data.keypoint_files import (
    annotation,
    annotations,
    image,
    openpose,
    openpose_person,
    points,
    result,
)

CONTRACT = {
    "pose": (24, 3),
    "shape": (16,),
    "translation": (3,),
    "joints_3d": (24, 3),
    "joints_2d": (17, 2),
    "loss": (),
    "prior_nll": (),
    "converged": (),
    "person_ids": (),
}
LENGTH = 200.0


class Calls(list):
    """The evidence that the stand-in for the fitter was given, and the models."""

    def __init__(self):
        super().__init__()
        self.models = []
        self.moments = []


@pytest.fixture
def calls(monkeypatch):
    """Replaces the fitter by one that puts a T-pose where the keypoints are."""
    calls = Calls()

    def fit_stub(evidence, model, progress):
        calls.append(evidence)
        calls.models.append(model)
        count = len(evidence)
        progress(1, 2)
        pose = np.zeros((count, 24, 3), np.float32)
        pose[:, 0, 0] = np.pi
        seen = evidence.confidence[..., None] > 0
        middle = np.where(seen, evidence.keypoints, 0).sum(1) / seen.sum(1)
        focal, centre = evidence.intrinsics[:, 0, 0], evidence.intrinsics[:, :2, 2]
        depth = 1.8 * focal / LENGTH
        place = np.concatenate([(middle - centre) / focal[:, None], np.ones((count, 1))], axis=1)
        return FitResult(
            pose=pose,
            pose_variables=np.zeros((count, 1), np.float32),
            shape=np.zeros((count, 16), np.float32),
            translation=(place * depth[:, None]).astype(np.float32),
            focal_scale=np.ones(count, np.float32),
            joints_3d=np.zeros((count, 24, 3), np.float32),
            keypoints_2d=evidence.keypoints + 1,
            residuals=np.where(evidence.confidence > 0, 1.5, np.nan),
            loss=np.arange(count, dtype=np.float32),
            terms={"keypoints": np.arange(count, dtype=np.float32)},
            prior_nll=np.zeros(count, np.float32),
            converged=np.ones(count, bool),
            start=np.zeros(count, int),
            start_losses=np.zeros((count, 4), np.float32),
        )

    monkeypatch.setattr(solver, "fit_images", fit_stub)

    def fit_video_stub(evidence, model, progress, moments):
        calls.moments.append(moments)
        return fit_stub(evidence, model, progress)

    monkeypatch.setattr(solver, "fit_video", fit_video_stub)
    return calls


def run(*arguments):
    """Runs the command in this process; returns its exit code."""
    with pytest.raises(SystemExit) as stop:
        command.run(lambda: fit.main([str(argument) for argument in arguments]), "tools.fit")
    return stop.value.code


def save(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def listing(directory):
    return sorted(
        path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()
    )


def summary(directory):
    return json.loads((directory / "summary.json").read_text())


def two_images():
    people = [annotation(1, 9, 1), annotation(2, 785, 2), annotation(3, 9, 3)]
    return annotations(people, [image(9), image(785)])


def photographs(directory, names=("000000000009.jpg", "000000000785.jpg"), size=(480, 640)):
    directory.mkdir()
    for name in names:
        Image.fromarray(np.full((*size, 3), 90, np.uint8)).save(directory / name)
    return directory


def test_writes_all_that_is_promised(calls, tmp_path, capsys):
    keypoints = save(tmp_path / "people.json", two_images())
    out = tmp_path / "out"
    images = photographs(tmp_path / "images")
    assert run("--keypoints", keypoints, "--image_dir", images, "--output", out) == 0
    assert listing(out) == [
        "meshes/1.glb",
        "meshes/2.glb",
        "meshes/3.glb",
        "overlays/000000000009.png",
        "overlays/000000000785.png",
        "result.npz",
        "summary.json",
    ]
    with np.load(out / "result.npz", allow_pickle=False) as arrays:
        for name, shape in CONTRACT.items():
            assert arrays[name].shape == (3, *shape), name
        assert arrays["person_ids"].tolist() == ["1", "2", "3"]
        assert arrays["frames"].tolist() == [0, 1, 0]
        np.testing.assert_array_equal(arrays["keypoints"][1], points(2).astype(np.float32))
        np.testing.assert_array_equal(arrays["joints_2d"], arrays["keypoints"] + 1)
        np.testing.assert_allclose(
            arrays["intrinsics"][0], [[800, 0, 319.5], [0, 800, 239.5], [0, 0, 1]]
        )
    content = summary(out)
    assert (content["num_fitted"], content["num_images"], content["mean_residual_px"]) == (
        3,
        2,
        1.5,
    )
    assert content["people"][1]["image"] == "000000000785.jpg"
    assert "1.50 pixels on average" in capsys.readouterr().out


def test_a_body_of_few_keypoints_is_named_as_doubtful(calls, tmp_path, capsys):
    few = np.insert(points(), 2, 2, axis=1)
    few[5:, 2] = 0
    people = [annotation(1), annotation(2, seed=2, keypoints=few.ravel().tolist())]
    out = tmp_path / "out"
    assert (
        run("--keypoints", save(tmp_path / "people.json", annotations(people)), "--output", out)
        == 0
    )
    content = summary(out)
    assert [person["doubtful"] for person in content["people"]] == [[], ["5 of 17 keypoints"]]
    assert content["num_doubtful"] == 1
    with np.load(out / "result.npz") as arrays:
        assert arrays["doubtful"].tolist() == [False, True]
    assert "1, drawn paler; person 2 in 000000000785.jpg: 5 of 17" in capsys.readouterr().out


def test_overlays_show_bodies_where_people_are_and_the_photograph_elsewhere(calls, tmp_path):
    keypoints = save(tmp_path / "people.json", two_images())
    images = photographs(tmp_path / "images")
    run("--keypoints", keypoints, "--image_dir", images, "--output", tmp_path / "out")
    drawn = np.asarray(Image.open(tmp_path / "out/overlays/000000000785.png")).astype(int)
    assert drawn.shape == (480, 640, 3)
    differs = (abs(drawn - 90) > 8).any(axis=2)
    assert differs[180:220, 280:320].mean() > 0.5
    assert not differs[:, :100].any()
    # Lines between the keypoints tell the sides: blue on the left, orange on the right.
    colours = (255 * np.array([palette.LEFT, palette.RIGHT])).round()
    for colour in colours:
        assert (abs(drawn - colour).max(axis=2) < 8).sum() > 20


def test_without_photographs_overlays_are_white(calls, tmp_path):
    keypoints = save(tmp_path / "people.json", two_images())
    run("--keypoints", keypoints, "--output", tmp_path / "out")
    drawn = np.asarray(Image.open(tmp_path / "out/overlays/000000000785.png"))
    assert (drawn[:, :100] == 255).all()
    assert (drawn != 255).any()


def test_meshes_stand_upright_before_the_camera(calls, tmp_path):
    keypoints = save(tmp_path / "people.json", two_images())
    run("--keypoints", keypoints, "--output", tmp_path / "out")
    mesh = trimesh.load(tmp_path / "out/meshes/2.glb", force="mesh")
    assert len(mesh.vertices) == 3000
    assert mesh.vertices[:, 2].max() < -1
    assert np.ptp(mesh.vertices[:, 1]) > 1.4
    assert mesh.is_watertight == (mesh.volume > 0)


def test_a_stopped_run_goes_on_where_it_was(calls, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "PEOPLE_A_BATCH", 2)
    people = [annotation(i, seed=i) for i in range(5)]
    keypoints = save(tmp_path / "people.json", annotations(people))
    out = tmp_path / "out"
    stub, fitted = solver.fit_images, []

    def stopping(evidence, model, progress):
        if len(fitted) == 2:
            raise KeyboardInterrupt
        fitted.append(len(evidence))
        return stub(evidence, model, progress)

    monkeypatch.setattr(solver, "fit_images", stopping)
    assert run("--keypoints", keypoints, "--output", out) == 130
    assert fitted == [2, 2]
    assert not (out / "result.npz").exists()
    monkeypatch.setattr(solver, "fit_images", stub)
    calls.clear()
    assert run("--keypoints", keypoints, "--output", out) == 0
    assert [len(evidence) for evidence in calls] == [1]
    with np.load(out / "result.npz") as arrays:
        assert arrays["person_ids"].tolist() == [str(i) for i in range(5)]
        np.testing.assert_array_equal(arrays["keypoints"][3], points(3).astype(np.float32))
        np.testing.assert_array_equal(arrays["term_keypoints"], arrays["loss"])
    assert "progress" not in {path.name for path in out.iterdir()}


def test_a_finished_run_is_not_done_again(calls, tmp_path, capsys):
    keypoints = save(tmp_path / "people.json", two_images())
    for _ in range(2):
        assert run("--keypoints", keypoints, "--output", tmp_path / "out") == 0
    assert len(calls) == 1
    assert "all 3 bodies are fitted already" in capsys.readouterr().out


def test_an_output_of_other_input_is_refused(calls, tmp_path, capsys):
    keypoints = save(tmp_path / "people.json", two_images())
    run("--keypoints", keypoints, "--output", tmp_path / "out")
    save(keypoints, annotations([annotation(1)]))
    assert run("--keypoints", keypoints, "--output", tmp_path / "out") == 2
    assert "received input sha256" in capsys.readouterr().err
    assert len(calls) == 1


def test_prior_and_body_may_be_named(calls, tmp_path, monkeypatch, capsys):
    keypoints = save(tmp_path / "people.json", two_images())
    own = load_default(6890)
    monkeypatch.setattr(solver.body, "load", lambda path: own)
    model = save(tmp_path / "model.npz", "read by a stand-in")
    arguments = ("--keypoints", keypoints, "--output", tmp_path / "out")
    named = ("--prior", "cmu-aa-light", "--body", model)
    assert run(*arguments, *named) == 0
    assert calls.models[0].prior.space.name == "axis_angle"
    assert calls.models[0].body is own
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert "expected a fit with the same settings, received" in error
    assert "prior 'cmu-aa-light' there, 'cmu-6d-light' here" in error
    assert run(*arguments, "--body", tmp_path / "none.npz") == 2
    assert "none.npz: expected a body model file, received none" in capsys.readouterr().err
    assert run(*arguments, "--prior", "cmu-hmr") == 2
    assert "expected a prior with a latent space" in capsys.readouterr().err


def test_who_cannot_be_fitted_is_skipped_and_told(calls, tmp_path, capsys):
    xy = points().copy()
    xy[3] = np.nan
    people = [
        annotation(1),
        annotation(2, keypoints=[0] * 51),
        annotation(3, bbox=[900, 0, 10, 10]),
        annotation(4, keypoints=[1] * 50),
        annotation(5, keypoints=np.insert(xy, 2, 2, axis=1).ravel().tolist()),
        annotation(6, bbox=[0, 0, 0, 0]),
    ]
    keypoints = save(tmp_path / "people.json", annotations(people))
    assert run("--keypoints", keypoints, "--output", tmp_path / "out") == 0
    reasons = {
        entry["person_id"]: entry["reason"] for entry in summary(tmp_path / "out")["skipped"]
    }
    assert reasons == {
        "2": "no keypoint is visible",
        "3": "the box [900, 0, 10, 10] lies outside the image of 640 x 480 pixels",
        "4": "expected keypoints of 51 numbers, received 50",
    }
    with np.load(tmp_path / "out/result.npz") as arrays:
        assert arrays["person_ids"].tolist() == ["1", "5", "6"]
        assert arrays["confidence"][1].tolist() == [1, 1, 1, 0] + [1] * 13
    assert "skipped 3: the box" in capsys.readouterr().out


def test_damaged_annotations_are_skipped_by_where_they_stand(calls, tmp_path):
    people = [annotation(1), annotation(1), annotation(3, 4), annotation(4, keypoints="x")]
    keypoints = save(tmp_path / "people.json", annotations(people))
    assert run("--keypoints", keypoints, "--output", tmp_path / "out") == 0
    skipped = summary(tmp_path / "out")["skipped"]
    assert [entry["person_id"].removeprefix(str(keypoints)) for entry in skipped] == [
        ", annotations[1].id",
        ", annotations[2].image_id",
        ", annotations[3].keypoints",
    ]
    assert skipped[1]["reason"] == "expected the id of one of the images, received 4"


def test_a_missing_or_damaged_photograph_leaves_its_overlay_white(calls, tmp_path, capsys):
    people = [annotation(1, 1), annotation(2, 2), annotation(3, 3)]
    keypoints = save(tmp_path / "people.json", annotations(people, [image(i) for i in (1, 2, 3)]))
    directory = photographs(tmp_path / "images", ("000000000001.jpg", "000000000003.jpg"))
    damaged = directory / "000000000003.jpg"
    damaged.write_bytes(damaged.read_bytes()[:-500])
    out = tmp_path / "out"
    assert run("--keypoints", keypoints, "--image_dir", directory, "--output", out) == 0
    corners = {
        path.stem: np.asarray(Image.open(path))[0, 0, 0] for path in (out / "overlays").iterdir()
    }
    assert corners == {"000000000001": 90, "000000000002": 255, "000000000003": 255}
    missing, broken = summary(out)["without_photograph"]
    assert missing == f"{directory}: expected the image '000000000002.jpg', received none"
    assert broken.startswith(f"{damaged}: expected an image, received")
    assert f"drawn on white: {missing}" in capsys.readouterr().out


def test_frames_without_a_photograph_are_as_large_as_the_others(calls, tmp_path):
    people = [result(f"{i}.jpg", i) for i in range(3)]
    keypoints = save(tmp_path / "results.json", people)
    directory = photographs(tmp_path / "images", ("0.jpg", "2.jpg"), (300, 500))
    arguments = ("--keypoints", keypoints, "--image_dir", directory, "--output", tmp_path / "out")
    assert run(*arguments, "--video") == 0
    np.testing.assert_array_equal(calls[0].intrinsics[:, :2, 2], [[249.5, 149.5]] * 3)


def test_two_people_of_alphapose_are_told_apart(calls, tmp_path):
    people = [result(f"{i}.jpg", i + k, idx=[[float(k)]]) for i in range(6) for k in (1, 2)]
    keypoints = save(tmp_path / "alphapose-results.json", people)
    assert run("--keypoints", keypoints, "--video", "--output", tmp_path / "out") == 0
    with np.load(tmp_path / "out/result.npz") as arrays:
        assert arrays["person_ids"].tolist() == ["1"] * 6 + ["2"] * 6


def test_fractions_of_an_image_need_its_size(calls, tmp_path, capsys):
    person = detection_files.people()[0]
    content = {"landmarks": [detection_files.landmarks(person)]}
    arguments = ("--keypoints", save(tmp_path / "photo.json", content), "--output", tmp_path / "o")
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "expected the size of the image 'photo.jpg'" in error
    assert not (tmp_path / "o").exists()
    assert run(*arguments, "--image_size", "480", "640") == 0
    np.testing.assert_allclose(calls[0].keypoints[0], person[:, :2], rtol=1e-5)
    np.testing.assert_allclose(calls[0].intrinsics[0, :2, 2], [319.5, 239.5])


def test_the_layout_of_25_keypoints_may_be_given(calls, tmp_path):
    person = detection_files.standing()
    people = [{"pose_keypoints_2d": detection_files.body_25(person, is_25b=True)}]
    keypoints = save(tmp_path / "a_keypoints.json", {"version": 1.3, "people": people})
    for name, layout in (("told", ()), ("given", ("--keypoint_set", "body_25b"))):
        assert run("--keypoints", keypoints, *layout, "--output", tmp_path / name) == 0
    for evidence in calls:
        np.testing.assert_allclose(evidence.keypoints[0], person[:, :2], rtol=1e-6)


def test_a_damaged_result_is_skipped_and_the_others_fitted(calls, tmp_path):
    entries = [result(785), result(9) | {"keypoints": ["x"] * 51}, 3, result(9, seed=1)]
    keypoints = save(tmp_path / "results.json", entries)
    assert run("--keypoints", keypoints, "--output", tmp_path / "out") == 0
    skipped = {s["person_id"]: s["reason"] for s in summary(tmp_path / "out")["skipped"]}
    assert skipped == {
        f"{keypoints}[1].keypoints[0]": "expected a number, received 'x'",
        f"{keypoints}[2]": "expected an object, received 3",
    }
    assert len(calls[0]) == 2


@mutations.few(12)
@given(damaged=mutations.damaged(json.dumps([result(785), result(9, seed=1)]).encode()))
def test_a_damaged_file_leaves_nothing_half_written(calls, tmp_path_factory, damaged):
    directory = tmp_path_factory.mktemp("fuzz")
    (directory / "people.json").write_bytes(damaged)
    code = run("--keypoints", directory / "people.json", "--output", directory / "out")
    written = {path.name for path in directory.iterdir()}
    if code == 0:
        assert (directory / "out" / "result.npz").is_file()
    else:
        assert (code, written) == (2, {"people.json"})


def test_a_fit_that_diverged_does_not_spoil_the_others(calls, tmp_path, monkeypatch):
    stub = solver.fit_images

    def diverging(evidence, model, progress):
        found = stub(evidence, model, progress)
        found.translation[1] = found.loss[1] = found.residuals[1] = np.nan
        return found

    monkeypatch.setattr(solver, "fit_images", diverging)
    keypoints = save(tmp_path / "people.json", two_images())
    out = tmp_path / "out"
    assert run("--keypoints", keypoints, "--output", out) == 0
    assert [name for name in listing(out) if name.endswith(("glb", "png"))] == [
        "meshes/1.glb",
        "meshes/3.glb",
        "overlays/000000000009.png",
    ]
    assert summary(out)["people"][1]["loss"] is None
    assert summary(out)["mean_residual_px"] == 1.5


def test_a_video_is_fitted_person_by_person(calls, tmp_path):
    frames = tmp_path / "frames"
    for index in (9, 10, 11):
        people = [openpose_person(np.tile(points(index), (2, 1))[:25], person_id=k) for k in (4, 7)]
        people = people[:1] if index == 10 else people[::-1]
        save(frames / f"v_{index}_keypoints.json", openpose(*people))
    out = tmp_path / "out"
    assert run("--keypoints", frames, "--video", "--output", out) == 0
    assert sorted(len(evidence) for evidence in calls) == [2, 3]
    with np.load(out / "result.npz") as arrays:
        ids, order = arrays["person_ids"].tolist(), arrays["frames"].tolist()
        assert len(np.unique(arrays["intrinsics"], axis=0)) == 1
    assert list(zip(ids, order, strict=True)) == [("7", 0), ("7", 2), ("4", 0), ("4", 1), ("4", 2)]
    assert "meshes/4_000001.glb" in listing(out)
    assert "overlays/v_10.png" in listing(out)
    assert sorted(calls.moments) == [[0, 1, 2], [0, 2]]
    assert summary(out)["gaps"] == [
        {"person_id": "7", "after": "v_9.jpg", "before": "v_11.jpg", "num_frames": 1}
    ]


def test_images_that_a_file_of_results_leaves_out_are_missing_frames(calls, tmp_path, capsys):
    people = [result(f"{frame}.jpg", frame) for frame in (7, 8, 9, 40, 41)]
    keypoints = save(tmp_path / "results.json", people)
    assert run("--keypoints", keypoints, "--video", "--output", tmp_path / "out") == 0
    assert calls.moments == [[0, 1, 2, 33, 34]]
    assert summary(tmp_path / "out")["gaps"] == [
        {"person_id": "0", "after": "9.jpg", "before": "40.jpg", "num_frames": 30}
    ]
    assert "30, the first 30 after 9.jpg of person 0" in capsys.readouterr().out


def test_frames_whose_person_cannot_be_fitted_are_missing(calls, tmp_path):
    seen = np.ones((6, 17))
    seen[2:4] = 0
    keypoints = tmp_path / "walk.npz"
    xy = np.stack([points(i) / 8 for i in range(6)])
    np.savez(keypoints, keypoints=xy, confidence=seen, image_sizes=[60, 80])
    assert run("--keypoints", keypoints, "--video", "--output", tmp_path / "out") == 0
    assert calls.moments == [[0, 1, 4, 5]]
    assert [gap["num_frames"] for gap in summary(tmp_path / "out")["gaps"]] == [2]


def test_a_long_video_has_few_meshes(calls, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_MESHES_OF_VIDEO", 3)
    keypoints = tmp_path / "walk.npz"
    np.savez(keypoints, keypoints=np.stack([points(i) / 8 for i in range(5)]), image_sizes=[60, 80])
    assert run("--keypoints", keypoints, "--video", "--output", tmp_path / "out") == 0
    names = listing(tmp_path / "out")
    assert sum(name.endswith(".glb") for name in names) == 3
    assert sum(name.endswith(".png") for name in names) == 5
    assert {"meshes/0_000000.glb", "meshes/0_000004.glb"} <= set(names)


def test_a_video_must_tell_who_is_who(calls, tmp_path, capsys):
    keypoints = save(tmp_path / "people.json", two_images())
    assert run("--keypoints", keypoints, "--video", "--output", tmp_path / "out") == 2
    assert "video: expected who is who in all images" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_label_images_become_part_maps(calls, tmp_path):
    keypoints = save(tmp_path / "people.json", two_images())
    parts = tmp_path / "parts"
    parts.mkdir()
    labels = np.zeros((480, 640), np.uint8)
    labels[100:200, 300:320] = 5
    Image.fromarray(labels).save(parts / "1.png")
    Image.fromarray(labels).save(parts / "000000000785.png")
    Image.fromarray(labels[:5]).save(parts / "3.png")
    out = tmp_path / "out"
    assert run("--keypoints", keypoints, "--parts", parts, "--output", out) == 0
    (evidence,) = calls
    assert evidence.part_labels.shape == (2, 128, 128)
    assert (evidence.part_labels == 5).all()
    np.testing.assert_array_equal(evidence.part_boxes, [[300, 100, 20, 100]] * 2)
    (skipped,) = summary(out)["skipped"]
    assert skipped["person_id"] == "3"
    assert "expected 640 x 480 of the image or" in skipped["reason"]


def test_densepose_masks_become_part_maps_and_people_without_are_fitted_too(calls, tmp_path):
    mask = np.zeros((256, 256), np.uint8)
    mask[64:128] = 1
    rle = coco_mask.encode(np.asfortranarray(mask))
    rle = {"size": [256, 256], "counts": rle["counts"].decode()}
    content = two_images()
    content["annotations"][1]["dp_masks"] = [rle, *([[]] * 13)]
    keypoints = save(tmp_path / "people.json", content)
    out = tmp_path / "out"
    assert run("--keypoints", keypoints, "--parts", keypoints, "--output", out) == 0
    (evidence,) = calls
    assert not evidence.part_labels[[0, 2]].any()
    assert (evidence.part_labels[1, 32:64] == 1).all()
    assert evidence.part_labels[1].sum() == 32 * 128
    np.testing.assert_allclose(evidence.part_boxes[1], content["annotations"][1]["bbox"], rtol=1e-6)
    assert summary(out)["num_with_parts"] == 1


@pytest.mark.parametrize(
    "content",
    [
        {"fx": 500, "fy": 510, "cx": 320, "cy": 240},
        [[500, 0, 320], [0, 510, 240], [0, 0, 1]],
        {
            "000000000009.jpg": {"fx": 500, "fy": 510, "cx": 320, "cy": 240},
            "000000000785.jpg": [[500, 0, 320], [0, 510, 240], [0, 0, 1]],
        },
    ],
)
def test_intrinsics_may_be_given(content, calls, tmp_path):
    keypoints = save(tmp_path / "people.json", two_images())
    camera = save(tmp_path / "camera.json", content)
    run("--keypoints", keypoints, "--intrinsics", camera, "--output", tmp_path / "out")
    expected = [[500, 0, 320], [0, 510, 240], [0, 0, 1]]
    np.testing.assert_array_equal(calls[0].intrinsics, [expected] * 3)


def test_results_find_images_by_cocos_names_and_sizes_in_them(calls, tmp_path):
    keypoints = save(tmp_path / "results.json", [result(785), result(9, seed=1)])
    images = photographs(
        tmp_path / "images", ("000000000009.jpg", "COCO_val2014_000000000785.jpg"), (300, 500)
    )
    out = tmp_path / "out"
    assert run("--keypoints", keypoints, "--image_dir", images, "--output", out) == 0
    np.testing.assert_array_equal(calls[0].intrinsics[:, :2, 2], [[249.5, 149.5]] * 2)


def test_images_are_named_as_their_photographs_are_called(calls, tmp_path):
    keypoints = save(tmp_path / "results.json", [result(785), result(9, seed=1)])
    photographs(tmp_path / "images", ("COCO_val2014_000000000785.JPG",), (300, 500))
    out = tmp_path / "out"
    assert run("--keypoints", keypoints, "--image_dir", tmp_path / "images", "--output", out) == 0
    # The other photograph is missing.
    with np.load(out / "result.npz") as stored:
        names = stored["image_names"].tolist()
    assert sorted(names) == ["000000000009.jpg", "COCO_val2014_000000000785.JPG"]
    overlays = sorted(path.name for path in (out / "overlays").iterdir())
    assert overlays == ["000000000009.png", "COCO_val2014_000000000785.png"]


def test_without_any_size_the_people_are_in_the_middle(calls, tmp_path):
    keypoints = save(tmp_path / "results.json", [result(785)])
    assert run("--keypoints", keypoints, "--output", tmp_path / "out") == 0
    xy = points()
    middle = (xy.min(axis=0) + xy.max(axis=0)) / 2
    np.testing.assert_allclose(calls[0].intrinsics[0, :2, 2], middle, atol=1)


def test_several_files_are_one(calls, tmp_path, capsys):
    first = save(tmp_path / "a.json", annotations([annotation(1)]))
    second = save(tmp_path / "b.json", annotations([annotation(2)]))
    out = tmp_path / "out"
    assert run("--keypoints", first, second, "--output", out) == 0
    assert len(calls[0]) == 2
    assert len([name for name in listing(out) if name.startswith("overlays")]) == 2
    assert run("--keypoints", first, first, "--output", tmp_path / "b") == 2
    assert "received '1' again" in capsys.readouterr().err


def malformed():
    good = annotations([annotation()])
    text = json.dumps(good)
    return {
        "cut": (text[:300], "expected JSON"),
        "empty": ("", "expected JSON"),
        "number": ("3", "expected COCO's annotations, a list of COCO's results, or OpenPose's"),
        "other": ('{"a": 1}', "received fields 'a'"),
        "nobody": ("[]", "expected at least one person to fit, received none of 0"),
        "all bad": (
            json.dumps(annotations([annotation(keypoints=[0] * 51)])),
            "received none of 1; 1: no keypoint is visible",
        ),
        "deep": ("[" * 100_000, "nested too deeply"),
        "list of lists": ("[[]]", "expected at least one person to fit, received none of 0"),
        "huge": (
            json.dumps(annotations([annotation()], [image(width=10**6, height=10**6)])),
            "expected a whole number from 1",
        ),
    }


@pytest.mark.parametrize("name", malformed())
def test_malformed_files_are_one_line_and_exit_code_2(name, calls, tmp_path, capsys):
    text, message = malformed()[name]
    keypoints = tmp_path / "people.json"
    keypoints.write_text(text)
    assert run("--keypoints", keypoints, "--output", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("tools.fit: error: ")
    assert message in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--image_dir", "{tmp}/none"], "none: expected a directory of photographs"),
        (["--image_dir", "{tmp}"], "expected the image '000000000785.jpg', received none"),
        (["--parts", "{tmp}/none"], "none: No such file or directory"),
        (["--parts", "{tmp}"], "expected maps of the people with keypoints"),
        (["--parts", "{tmp}/people.json"], "expected annotations with dp_masks, received none"),
        (["--intrinsics", "{tmp}/none"], "none: No such file or directory"),
        (["--intrinsics", "{tmp}/people.json"], "expected field 'fx', received fields"),
        (["--intrinsics", "{tmp}/zero.json"], "in pixels, fx and fy at least 10, received"),
        (["--intrinsics", "{tmp}/other.json"], "expected intrinsics of '000000000785.jpg'"),
        (
            ["--keypoints", "{tmp}/none"],
            "--keypoints .*none: expected a file or directory, received none",
        ),
        (
            ["--keypoints", "{tmp}/empty"],
            r"empty: expected \*.json files, or \*.txt, .*, received none",
        ),
        (["--output", "{tmp}/people.json"], "expected a directory to write, received a file"),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_code_2(arguments, message, calls, tmp_path, capsys):
    keypoints = save(tmp_path / "people.json", annotations([annotation()]))
    (tmp_path / "empty").mkdir()
    save(tmp_path / "zero.json", {"fx": 0, "fy": 1, "cx": 0, "cy": 0})
    save(tmp_path / "other.json", {"a.jpg": {"fx": 50, "fy": 50, "cx": 0, "cy": 0}})
    given = [argument.format(tmp=tmp_path) for argument in arguments]
    assert run("--keypoints", keypoints, "--output", tmp_path / "out", *given) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert re.search(message, error), error


def test_npz_joints_of_smpl_are_fitted_as_such(calls, tmp_path):
    keypoints = tmp_path / "people.npz"
    joints = np.random.default_rng(0).uniform(100, 300, (2, 24, 3))
    np.savez(keypoints, keypoints=joints, image_sizes=[480, 640])
    assert run("--keypoints", keypoints, "--output", tmp_path / "out") == 0
    assert calls[0].keypoint_set == "smpl24"
    assert dataclasses.asdict(calls[0])["keypoints"].shape == (2, 24, 2)
