import json
import threading
import time
import types

import numpy as np
import pytest
import tensorflow as tf

from hps_tf import models
from hps_tf.data.images.augmentation import Augmentation
from hps_tf.data.images.image_batches import ImageBatches
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.images.image_sources import Mix, Source
from hps_tf.errors import InputError
from hps_tf.models import PRESETS
from hps_tf.models.front_end import FrontEnd
from trainers import tasks, train
from trainers.configs import base
from trainers.tasks import network_settings
from trainers.tasks.seen_images import SeenBatches, SeenSource

COUNT = 6
OPTIONS = PRESETS["photo"]


@pytest.fixture(scope="module")
def images(write_images, tmp_path_factory):
    directory = tmp_path_factory.mktemp("images") / "synthetic"
    return write_images(directory, train=COUNT, val=4)


@pytest.fixture(scope="module")
def front():
    return FrontEnd()


def _seen(images, cache, front, views=1, augmentation=None, labels="all", share=1.0):
    source = Source(ImageDataset(images, "train"), labels, share)
    seen = SeenSource(source, views, augmentation, OPTIONS)
    seen.make(cache, front)
    seen.open(cache, front)
    return seen


@pytest.fixture(scope="module")
def seen(images, front, tmp_path_factory):
    return _seen(images, tmp_path_factory.mktemp("cache"), front)


def _batch(batches, step=0, rows=slice(None)):
    return batches.batch(tf.constant(step, tf.int64), rows)


def test_batches_are_those_of_the_images_with_what_is_found_in_them(seen, front):
    mixes = [Mix(0, (1.0,))]
    batch = _batch(SeenBatches([seen], mixes, COUNT, seed=0))
    by_image = _batch(ImageBatches([seen.source], mixes, COUNT, 256, 64, None, seed=0))
    found = front(by_image.inputs)
    for name, tensor in batch.inputs._asdict().items():
        np.testing.assert_allclose(tensor, found[name], rtol=2e-3, atol=2e-2, err_msg=name)
    tf.nest.map_structure(
        lambda kept, wanted: np.testing.assert_allclose(kept, wanted, atol=1e-5),
        batch._replace(inputs=()),
        by_image._replace(inputs=()),
    )


def test_some_rows_are_those_of_the_whole_batch(seen):
    batches = SeenBatches([seen], [Mix(0, (1.0,))], 4, seed=0)
    whole, some = _batch(batches, 1), _batch(batches, 1, slice(2, 4))
    tf.nest.map_structure(
        lambda rows, every: np.testing.assert_array_equal(rows, every[2:4]), some, whole
    )


def test_each_epoch_has_the_next_view(images, front, tmp_path):
    augmentation = Augmentation(colour=0.0, occluders=0.0, background=0.0)
    seen = _seen(images, tmp_path, front, views=2, augmentation=augmentation)
    everybody = np.arange(COUNT)
    views = [seen.rows(everybody, np.full(COUNT, epoch))["keypoints_2d"] for epoch in range(3)]
    assert np.abs(views[1] - views[0]).max(axis=(1, 2)).min() > 1.0
    np.testing.assert_array_equal(views[2], views[0])


def test_what_is_there_is_not_computed_again(images, front, tmp_path):
    _seen(images, tmp_path, front)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")}
    for uses in ({}, {"labels": "2d"}, {"labels": "3d", "share": 0.5}):
        _seen(images, tmp_path, front, **uses)
    assert times == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")}
    assert len(list(tmp_path.iterdir())) == 1


def test_of_two_runs_at_once_one_computes_and_the_other_waits(images, tmp_path, monkeypatch):
    written = []

    def write(self, directory, front):
        written.append(directory)
        time.sleep(0.3)

    monkeypatch.setattr(SeenSource, "_write", write)
    front = types.SimpleNamespace(digest="front")
    sources = [
        SeenSource(Source(ImageDataset(images, "train"), labels), 1, None, OPTIONS)
        for labels in ("all", "2d")
    ]
    runs = [threading.Thread(target=each.make, args=(tmp_path, front)) for each in sources]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(written) == 1


def test_labels_that_are_not_used_are_as_if_there_were_none(images, front, tmp_path):
    everybody, first = np.arange(COUNT), np.zeros(COUNT, int)
    rows = _seen(images, tmp_path, front, labels="2d").rows(everybody, first)
    assert not rows["has_pose"].any()
    assert not rows["pose"].any()
    assert rows["has_keypoints"].all()
    some = _seen(images, tmp_path, front, share=0.5)
    rows = some.rows(everybody, first)
    assert 0 < sum(some.source.supervision) < COUNT
    np.testing.assert_array_equal(rows["has_pose"], some.source.supervision)
    assert rows["has_keypoints"].all()


@pytest.fixture
def config(images):
    config = base.network("photo")
    config.network.trained = ("parts",)
    config.data.labelled.path = str(images)
    config.phases.supervised.weights = {"part_maps": 1.0}
    config.phases.supervised.ground_truth_evidence = 0.0
    config.views = 1
    config.steps = 2
    config.batch_size = config.validation_batch_size = 4
    config.steps_per_call = config.log_every = config.validate_every = 2
    config.checkpoint_every = 2
    config.optimizer.warmup_steps = 0
    return config


@pytest.mark.slow
def test_a_network_over_movenet_is_trained_from_a_lifting_file(config, tmp_path):
    sizes = models.LiftingOptions(width=16, blocks=1)
    lifting = models.LiftingNetwork(sizes, np.linspace(-1.0, 1.0, 126))
    models.lifting_file.save(lifting, tmp_path / "lifting.npz")
    config.network.lifting = str(tmp_path / "lifting.npz")
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()))
    train.main([f"--config={tmp_path / 'config.json'}", f"--workdir={tmp_path / 'run'}"])
    network = models.load(tmp_path / "run" / "network.npz")
    np.testing.assert_array_equal(network.lifting.mode, lifting.mode)
    for mine, theirs in zip(network.pose.weights, lifting.module.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_the_lifting_module_may_start_from_a_network_with_a_name():
    config = base.network("photo")
    config.network.lifting = "photo"
    lifting = network_settings.lifting_of(config)
    named = models.load_lifting("photo")
    np.testing.assert_array_equal(lifting.mode, named.mode)
    for mine, theirs in zip(lifting.module.weights, named.module.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    options = network_settings.options_of(config, None)
    assert (options.lifting_width, options.lifting_blocks) == (named.options.width, 3)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody", r"config\.network\.lifting: nobody: .*photo"),
        ("synthetic-small", r"config\.network\.lifting: .*small\.npz: expected a lifting network"),
    ],
)
def test_names_without_a_lifting_module_are_refused(name, message):
    config = base.network("photo")
    config.network.lifting = name
    with pytest.raises(InputError, match=message):
        network_settings.lifting_of(config)


def test_pose_and_shape_learn_from_what_is_found(config, tmp_path):
    config.network.trained = ("parts", "pose")
    config.phases.supervised.weights = base.weights(supervised=True)
    del config.phases.supervised.weights.heatmaps
    task = tasks.create(config)
    task.prepare(tmp_path, is_chief=True)
    network = task.build()
    batch = task.batch(tf.constant(0, tf.int64))
    with tf.GradientTape() as tape:
        losses, _ = task.loss(batch)
    assert np.isfinite(losses).all()
    weights = [weight.value for weight in network.trainable_variables]
    gradients = tape.gradient(losses, weights)
    assert all(np.isfinite(each).all() for each in gradients if each is not None)
    moved = {id(w): g for w, g in zip(weights, gradients, strict=True) if g is not None}
    head = network.pose.get_layer("pose").kernel.value
    assert float(tf.reduce_max(tf.abs(moved[id(head)]))) > 0
