import copy
import json
import random
import re
import shutil

import numpy as np
import pytest

from hps_tf.cli import command
from hps_tf.data.datasets import coco_images
from hps_tf.data.images import image_records
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.images.image_manifest import read_manifest
from tests.data import coco_files
from tools import prepare_coco

IMAGE_IDS = (785, 9, 40083)
SIZE = 48


@pytest.fixture
def coco(tmp_path):
    return coco_files.write(tmp_path / "in", *coco_files.contents(IMAGE_IDS), IMAGE_IDS)


def prepare(*arguments):
    """Runs the command in this process; returns its exit code."""
    with pytest.raises(SystemExit) as stop:
        command.run(
            lambda: prepare_coco.main([str(argument) for argument in arguments]),
            "tools.prepare_coco",
        )
    return stop.value.code


def arguments(source, *more):
    files = ("--images", source / "images", "--keypoints", source / "keypoints.json")
    output = ("--output", source.parent / "out", "--image_size", SIZE, "--workers", 1)
    return (*files, "--densepose", source / "densepose.json", *output, *more)


def listing(directory):
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*"))


def assert_one_line(captured, message):
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("tools.prepare_coco: error: ")
    assert re.search(message, lines[0]), lines[0]


def batches(directory):
    """All examples of a dataset, by split."""
    parsed = {}
    for split in read_manifest(directory)["splits"]:
        dataset = ImageDataset(directory, split)
        records = dataset.records(np.arange(len(dataset)))
        parsed[split] = image_records.parse(records, dataset.image_size, dataset.num_shape)
    return parsed


def names(directory):
    return {
        split: [name.decode() for name in batch["name"].numpy()]
        for split, batch in batches(directory).items()
    }


def test_prepares_everybody_with_keypoints_and_parts(coco, tmp_path, capsys):
    assert prepare(*arguments(coco, "--test", 1)) == 0
    output = capsys.readouterr().out
    found = names(tmp_path / "out")
    first = min(IMAGE_IDS, key=lambda image_id: coco_place(image_id))
    assert found["test"] == [f"{first}_{first}1", f"{first}_{first}2"]
    assert len(found["train"]) == 4
    manifest = read_manifest(tmp_path / "out")
    assert manifest["splits"]["train"] == {
        "examples": 4,
        "keypoints": 4,
        "parts": 2,
        "pose": 0,
        "markers": 0,
        "subjects": [""],
    }
    assert manifest["dropped"] == {}
    assert manifest["settings"]["test"] == 1
    batch = batches(tmp_path / "out")["train"]
    has_parts = batch["has_parts"].numpy()
    assert sorted(has_parts) == [0, 0, 1, 1]
    assert (batch["part_labels"].numpy().any(axis=(1, 2)) == has_parts).all()
    assert batch["has_keypoints"].numpy().all()
    assert f"{tmp_path / 'out'}: written" in output


def coco_place(image_id):
    return coco_images.CocoPhotograph(str(image_id), None, [], None).place


def test_shares_joined_are_what_one_machine_makes(coco, tmp_path, capsys):
    min((coco / "images").iterdir()).write_bytes(b"damaged")
    options = ("--test", 1, "--skip_bad")
    assert prepare(*arguments(coco, *options)) == 0
    single = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    shutil.rmtree(tmp_path / "out")
    for index in (3, 1, 0, 2):  # One of four has nothing to do.
        assert prepare(*arguments(coco, *options, "--share", f"{index}/4")) == 0
    assert not (tmp_path / "out").exists()
    capsys.readouterr()
    assert prepare(*arguments(coco, *options, "--join", 4)) == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == single
    dropped = read_manifest(tmp_path / "out")["dropped"]
    assert dropped == {coco_images.NO_PHOTOGRAPH: 2}
    assert "written" in capsys.readouterr().out


def test_shares_of_other_settings_are_not_joined(coco, tmp_path, capsys):
    assert prepare(*arguments(coco, "--test", 1, "--share", "0/2")) == 0
    assert prepare(*arguments(coco, "--test", 2, "--share", "1/2")) == 0
    capsys.readouterr()
    assert prepare(*arguments(coco, "--test", 1, "--join", 2)) == 2
    assert_one_line(capsys.readouterr(), "1-of-2: expected settings .*'test': 1, .* received .*: 2")
    assert not (tmp_path / "out").exists()


def test_the_papers_split_is_of_people_with_parts(coco, tmp_path, capsys):
    assert prepare(*arguments(coco, "--parts_only", "--test", 1, "--train", 1)) == 0
    found = names(tmp_path / "out")
    order = sorted(IMAGE_IDS, key=coco_place)
    assert found == {
        "test": [f"{order[0]}_{order[0]}1"],
        "train": [f"{order[1]}_{order[1]}1"],
    }
    dropped = read_manifest(tmp_path / "out")["dropped"]
    assert dropped == {coco_images.NO_PARTS: 3, coco_images.NOT_CHOSEN: 1}
    assert f"dropped 3: {coco_images.NO_PARTS}" in capsys.readouterr().out


def test_keypoints_alone_are_enough(coco, tmp_path):
    files = ("--images", coco / "images", "--keypoints", coco / "keypoints.json")
    assert prepare(*files, "--output", tmp_path / "out", "--workers", 1) == 0
    manifest = read_manifest(tmp_path / "out")
    assert manifest["image_size"] == 256
    assert sum(sums["keypoints"] for sums in manifest["splits"].values()) == 6
    assert sum(sums["parts"] for sums in manifest["splits"].values()) == 0


def test_densepose_files_hold_the_keypoints_too(coco, tmp_path):
    more = ("--keypoints", coco / "densepose.json", "--train", 0, "--test", 9)
    assert prepare(*arguments(coco, *more)) == 0
    assert read_manifest(tmp_path / "out")["splits"]["test"]["parts"] == 3


def test_what_is_bad_is_an_error_or_counted(coco, tmp_path, capsys):
    (coco / "images" / "COCO_train2014_000000000785.jpg").unlink()
    keypoints = json.loads((coco / "keypoints.json").read_text())
    keypoints["annotations"][5]["bbox"] = "wide"
    (coco / "keypoints.json").write_text(json.dumps(keypoints))
    before = listing(tmp_path)
    assert prepare(*arguments(coco)) == 2
    assert_one_line(capsys.readouterr(), r"annotations\[5\]\.bbox: expected a list")
    assert listing(tmp_path) == before
    assert prepare(*arguments(coco, "--skip_bad")) == 0
    dropped = read_manifest(tmp_path / "out")["dropped"]
    assert dropped == {coco_images.DAMAGED: 1, coco_images.NO_PHOTOGRAPH: 2}
    printed = capsys.readouterr().out
    assert re.search(r"the first with a damaged annotation: .*annotations\[5\]\.bbox", printed)


BAD_SETTINGS = {
    "size": (["--image_size", "8"], "--image_size: expected from 16 to 2048, received 8"),
    "workers": (["--workers", "0"], "--workers: expected at least 1, received 0"),
    "count": (["--test", "-1"], "--test: expected at least 0, received -1"),
    "images": (["--images", "none"], "none: expected a directory of photographs"),
    "keypoints": (["--keypoints", "none.json"], r"none\.json: No such file"),
    "densepose": (["--densepose", "none.json"], r"none\.json: No such file"),
    "output": (["--output", "/dev/null"], "/dev/null: expected a directory to write"),
    "nobody": (["--test", "0", "--train", "0"], "expected at least one example, .* 6 beyond the"),
}


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_bad_settings_are_one_line_and_leave_nothing(case, coco, tmp_path, capsys):
    more, message = BAD_SETTINGS[case]
    before = listing(tmp_path)
    assert prepare(*arguments(coco, *more)) == 2
    assert_one_line(capsys.readouterr(), message)
    assert listing(tmp_path) == before


def test_parts_only_needs_masks(coco, tmp_path, capsys):
    files = ("--images", coco / "images", "--keypoints", coco / "keypoints.json")
    assert prepare(*files, "--output", tmp_path / "out", "--parts_only") == 2
    assert_one_line(capsys.readouterr(), "--parts_only: expected --densepose with it")


def test_nothing_but_prepared_images_is_replaced(coco, tmp_path, capsys):
    assert prepare(*arguments(coco, "--output", coco / "images")) == 2
    assert_one_line(capsys.readouterr(), "images: expected prepared images with a manifest.json")
    assert len(list((coco / "images").iterdir())) == 3
    assert prepare(*arguments(coco)) == 0
    assert prepare(*arguments(coco, "--test", 1)) == 0
    assert len(names(tmp_path / "out")["test"]) == 2


# 200 damaged files. Each choice is a random place and one of these values.
VALUES = (
    *(None, True, "", "x", [], {}, -1, 0, 1.5, 10**400, 10**12, 1e300, -1e300),
    *(float("nan"), float("inf"), 785, 7851, [1, 2], [float("nan")] * 4, [5000, 5000, 40, 40]),
    *([-1e9, 0, 2e9, 50], {"size": [256, 255], "counts": [65280]}, {"size": [256, 256]}),
)


def places(content):
    """Every (container, key) of JSON, of long lists of numbers the first three."""
    keys = list(content) if isinstance(content, dict) else list(range(len(content)))
    if keys and isinstance(content, list) and isinstance(content[0], int | float):
        keys = keys[:3]
    for key in keys:
        yield content, key
        if isinstance(content[key], dict | list):
            yield from places(content[key])


def damage(content, rng):
    """Changes, deletes or doubles something in the content."""
    container, key = rng.choice(list(places(content)))
    kind = rng.choice(["change", "change", "delete", "double"])
    if kind == "delete":
        del container[key]
    elif kind == "double" and isinstance(container, list):
        container.insert(key, copy.deepcopy(container[key]))
    else:
        container[key] = rng.choice(VALUES)


def damaged_text(text, rng):
    kind = rng.choice(["cut", "byte", "counts"])
    if kind == "cut":
        return text[: rng.randrange(len(text))]
    start = text.rindex('"counts"') if kind == "counts" and '"counts"' in text else 0
    place = rng.randrange(start, len(text))
    return text[:place] + chr(rng.randrange(32, 127)) + text[place + 1 :]


def damaged_files(seed):
    """The keypoint file and the DensePose file, one of them damaged."""
    rng = random.Random(seed)
    contents = copy.deepcopy(list(coco_files.contents((785, 9))))
    which = rng.randrange(2)
    if seed % 4 < 3:
        for _ in range(rng.randint(1, 3)):
            damage(contents[which], rng)
    texts = [json.dumps(content) for content in contents]
    if seed % 4 == 3:
        texts[which] = damaged_text(texts[which], rng)
    return texts


@pytest.mark.parametrize("skip_bad", [False, True])
def test_100_damaged_files_end_in_an_error_or_in_counts(skip_bad, tmp_path, capsys):
    source = coco_files.write(tmp_path / "in", *coco_files.contents((785, 9)))
    before = listing(tmp_path)
    num_refused = num_dropped = 0
    for seed in range(100):
        texts = damaged_files(seed + 1000 * skip_bad)
        for name, text in zip(("keypoints.json", "densepose.json"), texts, strict=True):
            (source / name).write_text(text)
        code = prepare(*arguments(source, *(["--skip_bad"] if skip_bad else [])))
        captured = capsys.readouterr()
        if code == 2:
            assert_one_line(captured, r"error: .*expected .*|error: .*annotation \d+")
            assert listing(tmp_path) == before, seed
            num_refused += 1
            continue
        assert code == 0
        manifest = read_manifest(tmp_path / "out")
        dropped = manifest["dropped"]
        count = sum(len(batch["name"]) for batch in batches(tmp_path / "out").values())
        assert count == sum(sums["examples"] for sums in manifest["splits"].values())
        assert 1 <= count <= 4, seed
        num_dropped += bool(dropped)
        for path in (tmp_path / "out").iterdir():
            path.unlink()
        (tmp_path / "out").rmdir()
        assert listing(tmp_path) == before, seed
    if skip_bad:
        assert num_dropped > 25
        assert num_refused > 10
    else:
        assert num_refused > 50


def test_help_states_the_rule_and_a_command_to_copy(capsys):
    assert prepare("--help") == 0
    printed = capsys.readouterr().out
    assert "python -m tools.prepare_coco --images" in printed
    assert "--parts_only --test 1000 --train 14000" in printed
    assert f"at least {coco_images.MIN_KEYPOINTS} labelled keypoints" in printed
    assert f"a box of at least {coco_images.MIN_BOX} pixels" in printed
