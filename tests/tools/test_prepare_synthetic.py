import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from hps_tf.body import load_small
from hps_tf.cli import command
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.images.image_records import parse
from hps_tf.data.mocap import motion_records
from hps_tf.data.synthetic import generator
from hps_tf.models import PRESETS
from hps_tf.priors import FlowPrior
from hps_tf.priors.pose_space import SIX_D
from tests.data.synthetic.conftest import clip
from tools import prepare_synthetic
from trainers import settings
from trainers.arguments import CONFIGS, load
from trainers.tasks import network_data

FAST = ("--image_size", 32, "--body", 3000, "--workers", 1)


def prepare(*arguments):
    """Runs the command in this process; returns its exit code."""
    with pytest.raises(SystemExit) as stop:
        command.run(lambda: prepare_synthetic.main([*map(str, arguments)]), "tools.prepare")
    return stop.value.code


def read(directory, split):
    dataset = ImageDataset(directory, split)
    records = dataset.records(np.arange(len(dataset)))
    return {
        field: values.numpy()
        for field, values in parse(records, dataset.image_size, dataset.num_shape).items()
    }


@pytest.fixture(scope="module")
def prior(tmp_path_factory):
    path = tmp_path_factory.mktemp("prior") / "prior.npz"
    untrained = FlowPrior(SIX_D, 0.1, "light", num_steps=1, num_joint_steps=1)
    poses = np.random.default_rng(0).normal(scale=0.2, size=(300, 24, 3)).astype(np.float32)
    vectors = SIX_D.from_pose(poses).numpy()
    untrained.adapt(vectors.mean(axis=0), np.cov(vectors.T))
    untrained.save(path)
    return path


@pytest.fixture(scope="module")
def motion(tmp_path_factory):
    directory = tmp_path_factory.mktemp("mocap")
    for split, name in (("train", "walk"), ("val", "run"), ("test", "dance")):
        clips = [clip(f"{name}_{number}", 12, name, split) for number in (1, 2)]
        motion_records.write_shards(directory, split, clips)
    return directory


def test_images_of_a_prior(capsys, tmp_path, prior):
    arguments = ("--prior", prior, "--num_images", 40, "--splits", "train=0.8,val=0.1,test=0.1")
    assert prepare("--output", tmp_path / "new" / "out", *arguments, *FAST) == 0
    manifest = json.loads((tmp_path / "new" / "out" / "manifest.json").read_text())
    assert {name: sums["examples"] for name, sums in manifest["splits"].items()} == {
        "train": 32,
        "val": 4,
        "test": 4,
    }
    assert (manifest["body"], manifest["num_shape"], manifest["image_size"]) == ("default", 16, 32)
    train = read(tmp_path / "new" / "out", "train")
    assert train["has_pose"].all()
    assert train["has_markers"].all()
    assert train["is_silhouette"].all()
    assert (train["part_labels"] > 0).any(axis=(1, 2)).all()
    val = read(tmp_path / "new" / "out", "val")
    assert not np.isclose(val["pose"][:, None, 1], train["pose"][None, :, 1]).all(axis=-1).any()
    printed = capsys.readouterr().out
    assert "train              32         32         32         32         32" in printed
    assert "written, with manifest.json" in printed


@pytest.mark.slow
def test_run_again_gives_the_same_examples_however_many_and_by_however_many(
    monkeypatch, tmp_path, motion
):
    monkeypatch.setattr(generator, "_GROUPS_PER_PROCESS", 1)
    sizes = (*FAST[:4], "--data", motion, "--splits", "train=1")
    assert prepare("--output", tmp_path / "a", "--num_images", 40, *sizes, "--workers", 2) == 0
    assert prepare("--output", tmp_path / "b", "--num_images", 50, *sizes, "--workers", 1) == 0
    first, second = (ImageDataset(tmp_path / name, "train") for name in "ab")
    numbers = np.arange(40)
    assert list(first.records(numbers)) == list(second.records(numbers))


def test_splits_of_motion_do_not_mix(tmp_path, motion):
    arguments = ("--data", motion, "--num_images", 30, "--splits", "train=1,val=1,test=1")
    assert prepare("--output", tmp_path, *arguments, *FAST) == 0
    for split, subject in (("train", b"walk"), ("val", b"run"), ("test", b"dance")):
        batch = read(tmp_path, split)
        assert set(batch["subject"]) == {subject}
        assert set(batch["action"]) <= {subject + b"_1", subject + b"_2"}


def test_directories_of_motion_are_different_people(tmp_path, motion):
    other = tmp_path / "other"
    other.mkdir()
    # There "walk" is someone else, and of another split.
    motion_records.write_shards(other, "val", [clip("walk_1", 12, "walk", "val")])
    motion_records.write_shards(other, "train", [clip("jump_1", 12, "jump", "train")])
    arguments = ("--data", f"{motion},{other}", "--num_images", 60, "--splits", "train=1,val=1")
    assert prepare("--output", tmp_path / "out", *arguments, *FAST) == 0
    name = motion.name.encode()
    assert set(read(tmp_path / "out", "train")["subject"]) == {name + b"/walk", b"other/jump"}
    assert set(read(tmp_path / "out", "val")["subject"]) == {name + b"/run", b"other/walk"}


def test_directory_without_a_split_is_passed_over(tmp_path, motion):
    other = tmp_path / "other"
    other.mkdir()
    motion_records.write_shards(other, "train", [clip("jump_1", 12, "jump", "train")])
    arguments = ("--data", f"{other},{motion}", "--num_images", 60, "--splits", "train=1,val=1")
    assert prepare("--output", tmp_path / "out", *arguments, *FAST) == 0
    name = motion.name.encode()
    assert set(read(tmp_path / "out", "train")["subject"]) == {name + b"/walk", b"other/jump"}
    assert set(read(tmp_path / "out", "val")["subject"]) == {name + b"/run"}


def test_sequences_are_whole_videos(tmp_path, motion):
    arguments = ("--data", motion, "--num_images", 40, "--sequences", 6)
    assert prepare("--output", tmp_path, *arguments, "--splits", "train=2,test=1", *FAST) == 0
    train, test = read(tmp_path, "train"), read(tmp_path, "test")
    assert (len(train["frame"]), len(test["frame"])) == (24, 12)
    np.testing.assert_array_equal(train["frame"], np.tile(np.arange(6), 4))
    assert len(set(train["sequence"])) == 4
    assert not set(train["sequence"]) & set(test["sequence"])


def test_weak_labels_have_no_third_dimension(tmp_path, motion):
    arguments = ("--data", motion, "--num_images", 8, "--splits", "train=1", "--labels", "2d")
    assert prepare("--output", tmp_path, *arguments, *FAST) == 0
    batch = read(tmp_path, "train")
    assert batch["has_keypoints"].all()
    assert batch["has_parts"].all()
    assert not batch["has_pose"].any()
    assert not batch["has_markers"].any()


def test_styles_and_photographs_change_the_pictures(tmp_path, motion):
    (tmp_path / "photographs").mkdir()
    Image.new("RGB", (50, 50), (10, 200, 30)).save(tmp_path / "photographs" / "green.jpg")
    arguments = ("--data", motion, "--num_images", 12, "--splits", "train=1", *FAST)
    looks = {
        "plain": (),
        "night": ("--style", "b"),
        "green": ("--backgrounds", tmp_path / "photographs"),
    }
    images = {}
    for name, options in looks.items():
        assert prepare("--output", tmp_path / name, *arguments, *options) == 0
        images[name] = read(tmp_path / name, "train")["image"]
    assert np.abs(images["plain"] - images["night"]).mean() > 0.1
    corners = images["green"][:, :4, :4].mean(axis=(1, 2))
    assert np.mean(corners[:, 1] > corners[:, [0, 2]].max(axis=1) + 0.3) > 0.6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--num_images", 0), "--num_images: expected at least 1, received 0"),
        (("--num_images", 8, "--image_size", 8), "--image_size: expected at least 16, received 8"),
        (("--num_images", 8, "--image_size", 4096), "--image_size: expected at most 1024"),
        (("--num_images", 8, "--seed", -1), "--seed: expected at least 0, received -1"),
        (("--num_images", 8, "--workers", 0), "--workers: expected at least 1, received 0"),
        (("--num_images", 8, "--sequences", 4), "--sequences: expected --data with it"),
        (("--num_images", 8, "--splits", "train"), "--splits: expected train=0.8,val=0.1"),
        (("--num_images", 8, "--splits", "train=0,val=0"), "--splits: expected a share above 0"),
        (("--num_images", 8, "--splits", "a=1,a=1"), "--splits: expected train=0.8,val=0.1"),
        (("--num_images", 8, "--splits", "../x=1"), "--splits: expected a split such as train"),
        (("--num_images", 8, "--splits", "a=nan"), "--splits: expected train=0.8,val=0.1"),
        (("--num_images", 8, "--prior", "none"), "none: no such prior"),
        (("--num_images", 8, "--prior", "cmu-hmr"), "cmu-hmr: expected a prior with samples"),
        (("--num_images", 8, "--data", "nowhere"), "nowhere: expected a directory of prepared"),
        (("--num_images", 8, "--backgrounds", "nowhere"), "nowhere: expected a directory of photo"),
    ],
)
def test_bad_arguments_are_one_line(monkeypatch, capsys, tmp_path, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert prepare("--output", "out", *arguments) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()[-1:]
    assert line.startswith("tools.prepare: error: ")
    assert message in line
    assert not (tmp_path / "out").exists()


def test_videos_longer_than_clips_or_images_are_refused(capsys, tmp_path, motion):
    arguments = ("--output", tmp_path / "out", "--data", motion, "--splits", "train=1", *FAST)
    assert prepare(*arguments, "--num_images", 50, "--sequences", 13) == 2
    assert "split 'train': expected a clip of at least 13 frames, received 12" in (
        capsys.readouterr().err
    )
    assert prepare(*arguments, "--num_images", 5, "--sequences", 6) == 2
    assert "--num_images: expected at least one video of 6 frames" in capsys.readouterr().err


def test_split_that_the_motion_lacks_is_refused(capsys, tmp_path, motion):
    arguments = ("--data", motion, "--num_images", 9, "--splits", "all=1")
    assert prepare("--output", tmp_path / "out", *arguments, *FAST) == 2
    assert "expected all-*.tfrecord, received splits test, train, val" in capsys.readouterr().err


def test_file_in_the_place_of_the_output_is_kept(capsys, tmp_path):
    (tmp_path / "out").write_text("mine")
    assert prepare("--output", tmp_path / "out", "--num_images", 4) == 2
    assert "expected a directory to write, received a file" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "mine"


def test_the_config_of_synthetic_images_takes_what_was_prepared_as_it_is(
    tmp_path, prior, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    arguments = ("--prior", prior, "--num_images", 20, "--body", 3000, "--workers", 1)
    assert prepare("--output", "data/synthetic", *arguments) == 0
    config = load(CONFIGS / "synthetic.py")
    settings.check(config)
    options = PRESETS[config.network.preset]
    batch = network_data.training_batches(config, options, load_small()).batch(
        tf.constant(0, tf.int64)
    )
    assert batch.inputs.shape == (config.batch_size, options.image_size, options.image_size, 3)
    assert set(network_data.curriculum(config)) == {"supervised", "weak"}
    (_, count) = network_data.validation_batches(config, options, load_small())["synthetic"]
    assert count == 1


def test_too_few_images_for_a_split_are_told(capsys, tmp_path, prior):
    arguments = ("--prior", prior, "--num_images", 4, *FAST)
    assert prepare("--output", tmp_path / "out", *arguments) == 0
    assert "no example of val, test: more images (--num_images) or other" in capsys.readouterr().out
    arguments = (*arguments, "--splits", "train=1,val=0")
    assert prepare("--output", tmp_path / "out", *arguments) == 0
    assert "no example" not in capsys.readouterr().out
