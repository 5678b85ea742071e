import json

import numpy as np
import pytest
import tensorflow as tf

from hps_tf import models
from hps_tf.body import load_default
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.errors import InputError
from hps_tf.evaluation import errors_of, predict_split
from hps_tf.models import Predictor
from trainers import tasks, train
from trainers.configs import base
from trainers.tasks.network_settings import loss_names


@pytest.fixture(scope="module")
def images(write_images, tmp_path_factory):
    return write_images(tmp_path_factory.mktemp("images") / "synthetic", train=32, val=16)


@pytest.fixture
def config(images):
    """The tiny network, a few steps on the images."""
    return _config(images)


def _config(images):
    config = base.network("tiny")
    config.data.labelled.path = str(images)
    config.steps = 4
    config.batch_size = config.validation_batch_size = 8
    config.steps_per_call = 2
    config.log_every = config.validate_every = config.checkpoint_every = 4
    config.optimizer.warmup_steps = 0
    return config


def _train(config, workdir, tmp_path, *overrides):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config.to_dict()))
    train.main([f"--config={path}", f"--workdir={workdir}", *overrides])
    return json.loads((workdir / "summary.json").read_text())


def _losses_here():
    return [name for name in loss_names() if not name.startswith("fitted_") and name != "surprise"]


@pytest.fixture(scope="module")
def finished(images, tmp_path_factory):
    """The run directory of a finished run."""
    directory = tmp_path_factory.mktemp("finished")
    _train(_config(images), directory / "run", directory)
    return directory / "run"


def test_a_run_delivers_network_figures_pictures_and_saved_model(finished):
    summary = json.loads((finished / "summary.json").read_text())
    figures = summary["validation"]["labelled"]
    assert set(figures) == {
        "mpjpe_mm", "pa_mpjpe_mm", "mpvpe_mm", "keypoint_error_px", "detection_error_px",
        "part_iou", "part_map_iou",
    }  # fmt: skip
    assert all(np.isfinite(value) for value in figures.values())
    network = models.load(finished / "network.npz")
    assert network.card["validation"] == summary["validation"]
    assert (finished / "pictures" / "labelled.png").stat().st_size > 10_000
    assert (finished / "saved_model" / "saved_model.pb").is_file()


def _batch(task, **flags):
    batch = task.batch(tf.constant(0, tf.int64))
    flags = {name: tf.constant(value, tf.float32) for name, value in flags.items()}
    return batch._replace(examples=batch.examples._replace(**flags))


@pytest.fixture(scope="module")
def task(images):
    """A task with all losses but those of fits in the loop and of lifting modules."""
    config = _config(images)
    names = _losses_here()
    config.phases.supervised.weights = dict.fromkeys(names, 1.0)
    config.augmentation.rotated = config.augmentation.occluders = 0.0
    task = tasks.create(config)
    task.build()
    return task


def test_every_mix_of_missing_labels_gives_finite_losses_and_gradients(task):
    mixes = np.array([[row >> bit & 1 for row in range(8)] for bit in range(3)])
    batch = _batch(task, has_keypoints=mixes[0], has_parts=mixes[1], has_pose=mixes[2])
    with tf.GradientTape() as tape:
        losses, means = task.loss(batch)
    assert set(means) == set(_losses_here())
    assert np.isfinite(losses).all()
    weights = task.network.trainable_variables
    gradients = tape.gradient(losses, [weight.value for weight in weights])
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_a_loss_is_of_the_examples_that_have_its_label_alone(task):
    none = np.zeros(8)
    _, means = task.loss(_batch(task, has_keypoints=none, has_parts=none, has_pose=none))
    labelled = (
        "heatmaps", "part_maps", "vertices", "pose", "shape", "keypoint_alignment",
        "part_alignment",
    )  # fmt: skip
    assert all(float(means[name]) == 0 for name in labelled)
    assert float(means["self_keypoint_alignment"]) > 0


@pytest.mark.parametrize(("share", "expected"), [(0.5, 0.0), (1.0, 1.0)])
def test_validation_uses_ground_truth_where_training_sees_nothing_else(config, share, expected):
    config.phases.supervised.ground_truth_evidence = share
    task = tasks.create(config)
    task.build()
    seen = []

    def step(batch):
        seen.append(batch.uses_ground_truth.numpy())
        return tf.zeros(8), {}

    task._validation_step = step
    task.validate()
    np.testing.assert_array_equal(np.concatenate(seen), np.full(16, expected))


@pytest.mark.slow
def test_frozen_modules_stay_as_they_are(config, finished, tmp_path):
    config.network.start_from = str(finished / "network.npz")
    config.network.trained = ("pose",)
    # Small steps surely lower the loss: else the weights before them are the best.
    config.optimizer.learning_rate = 1e-4
    config.optimizer.average_decay = 0.0
    _train(config, tmp_path / "second", tmp_path)
    first, second = (models.load(run / "network.npz") for run in (finished, tmp_path / "second"))
    for name, module in first.modules.items():
        pairs = zip(module.weights, second.modules[name].weights, strict=True)
        same = all(np.array_equal(mine, theirs) for mine, theirs in pairs)
        assert same == (name != "pose")


def test_a_network_of_other_sizes_is_no_start(config, finished):
    config.network.start_from = str(finished / "network.npz")
    config.network.pose_output = "6d"
    config.network.preset = "small"
    message = r"config\.network\.start_from: expected a network of the same"
    with pytest.raises(InputError, match=message):
        tasks.create(config).build()


def test_what_a_network_starts_from_keeps_its_connections(config, tmp_path):
    earlier = models.load("synthetic-small")
    assert not earlier.options.residual
    assert models.PRESETS["small"].residual
    config.network.preset = "small"
    config.network.start_from = "synthetic-small"
    network = tasks.create(config).build()
    image = np.random.default_rng(0).uniform(size=(1, 128, 128, 3)).astype(np.float32)
    expected, found = earlier(image), network(image)
    np.testing.assert_array_equal(found["pose_2"], expected["pose_2"])


def test_phases_follow_each_other_with_their_own_data_and_weights(config, images):
    config.data.weak = base.source()
    config.data.weak.path = str(images)
    config.data.weak.labels = "2d"
    config.curriculum = ("weak", "supervised")
    config.phases.weak = {
        "share_of_steps": 1.0,
        "ground_truth_evidence": 0.0,
        "data": {"labelled": 0.25, "weak": 0.75},
        "weights": base.weights(supervised=False),
    }
    task = tasks.create(config)
    before, after = (task.batch(tf.constant(step, tf.int64)) for step in (1, 2))
    assert (before.phase.numpy() == 0).all()
    assert (after.phase.numpy() == 1).all()
    assert before.examples.has_pose.numpy().sum() == 2
    assert before.uses_ground_truth.numpy().sum() == 0
    assert after.examples.has_pose.numpy().sum() == 8


def test_workers_parts_make_up_the_batch(config):
    task = tasks.create(config)
    step = tf.constant(3, tf.int64)
    whole = task.batch(step)
    parts = [task.worker_batch(step, worker, 2) for worker in range(2)]
    joined = tf.nest.map_structure(lambda *rows: tf.concat(rows, 0), *parts)
    tf.nest.map_structure(
        lambda found, wanted: np.testing.assert_allclose(found, wanted, atol=1e-4), joined, whole
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "network.preset",
            "huge",
            "config.network.preset: expected one of paper, small, photo, tiny",
        ),
        ("network.pose_output", "euler", "config.network: `pose_output`: expected one of"),
        ("network.trained", ("hands",), "config.network.trained: expected modules of"),
        ("network.lifting", "l.npz", "config.network.lifting: expected empty with pose 'conv"),
        (
            "network.keypoints",
            "none",
            "config.network: `keypoints`: expected one of trained, movenet",
        ),
        ("network.keypoints", "movenet", "config.network.trained: expected modules of parts, pose"),
        ("views", 2, "config.views: expected 0 with network.keypoints 'trained'"),
        ("views", -1, "config.views: expected at least 0, received -1"),
        ("data.labelled.path", "", "config.data.labelled.path: expected a directory"),
        ("data.labelled.path", "/nowhere", "/nowhere: expected prepared images"),
        ("data.labelled.split", "other", "expected the split 'other', received train, val"),
        ("data.labelled.labels", "4d", "config.data.labelled: `labels`: expected one of all, 3d"),
        (
            "data.labelled.supervised",
            2.0,
            "config.data.labelled: `supervised`: expected from 0 to 1",
        ),
        ("augmentation.flip", 2.0, "config.augmentation: `flip`: expected from 0 to 1"),
        ("phases.supervised.share_of_steps", -1.0, "config.phases: expected at least one"),
        (
            "curriculum",
            ("supervised", "weak"),
            "config.curriculum: expected phases of supervised, each",
        ),
        ("curriculum", ("supervised", "supervised"), "each once, received supervised, supervised"),
        ("phases.supervised.data", {"other": 1.0}, "config.data: expected a source that a phase"),
        ("phases.supervised.weights", {"vertex": 1.0}, "expected names of heatmaps"),
        ("phases.supervised.weights", {"pose": "much"}, "weights.pose: expected a number"),
        (
            "phases.supervised.weights",
            {"surprise": 1.0},
            "surprise: expected none with pose 'conv",
        ),
    ],
)
def test_settings_that_cannot_be_used_are_named(config, name, value, message):
    *groups, last = name.split(".")
    target = config
    for group in groups:
        target = target[group]
    del target[last]
    target[last] = value
    with pytest.raises(InputError, match=message):
        tasks.create(config)


@pytest.mark.slow
def test_sixteen_images_are_learned_to_15_mm(config, images, tmp_path):
    config.data.labelled.validation_split = "train"
    config.data.labelled.split = "val"
    del config.augmentation
    config.augmentation = {
        "scale": 1.0, "rotation": 0.0, "rotated": 0.0, "shift": 0.0, "flip": 0.0, "colour": 0.0,
        "occluders": 0.0, "background": 0.0,
    }  # fmt: skip
    config.steps, config.batch_size = 1500, 16
    config.log_every = config.validate_every = config.checkpoint_every = 500
    config.optimizer.learning_rate = 3e-3
    config.phases.supervised.ground_truth_evidence = 0.0
    config.phases.supervised.weights.update(pose_prior=0.0, shape_prior=0.0, pose=5.0)
    _train(config, tmp_path / "run", tmp_path)
    body = load_default(3000)
    network = models.load(tmp_path / "run" / "network.npz")
    people = predict_split(Predictor(network, body), ImageDataset(images, "val"))
    assert errors_of(people, body, map_stride=4).means()["mpjpe_mm"] < 15
