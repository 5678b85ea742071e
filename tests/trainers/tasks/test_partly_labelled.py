import json

import numpy as np
import pytest
import tensorflow as tf

from hps_tf import priors
from hps_tf.errors import InputError
from hps_tf.geometry import axis_angle
from hps_tf.models import LiftingNetwork, LiftingOptions, lifting_file
from tests import loaded_once
from trainers import tasks, train
from trainers.arguments import CONFIGS
from trainers.configs import base
from trainers.tasks import partly_labelled
from trainers.tasks.lifting_weak import WeakLiftingTask

METHODS = ("weak", "hmr", "spin", "vibe")
SMALL = {
    "network.width": 16,
    "network.blocks": 1,
    "labels.subjects": 1,
    "batch_size": 16,
    "validation_people": 16,
    "xla": False,
}
OF_METHOD = {
    "weak": {},
    "hmr": {"discriminator.joint_units": 4, "discriminator.hidden_units": 8},
    "spin": {"fit_steps": 1},
    "vibe": {"window": 4, "network.units": 4, "discriminator.units": 4},
}


@pytest.fixture(scope="module", autouse=True)
def _prior_loaded_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(priors, "load", loaded_once.prior)
        yield


@pytest.fixture
def config(motion):
    def make(method, **settings):
        config = getattr(base, f"lifting_{method}")()
        config.data.path = str(motion)
        config.update_from_flattened_dict({**SMALL, **OF_METHOD[method], **settings})
        return config

    return make


@pytest.fixture
def plain(config):
    """The paper's way with few labels, of poses as they are recorded."""
    return config(
        "weak", **{"data.mirror": False, "data.limb_swapping": 0.0, "data.joint_mixing": 0.0}
    )


def _step(number):
    return tf.constant(number, tf.int64)


@pytest.mark.parametrize(("count", "share", "places"), [(8, 0.25, [3, 7]), (3, 1.0, [0, 1, 2])])
def test_labels_are_spread_over_the_batch(count, share, places):
    found = np.flatnonzero(partly_labelled.spread_out(count, share))
    np.testing.assert_array_equal(found, places)


def test_labelled_people_are_of_the_chosen_subjects(plain):
    task = WeakLiftingTask(plain)
    [subject] = task._subjects
    data = task._poses._data
    own = axis_angle.to_matrix(data.train[data.train_subjects == subject]).numpy()
    batch = task.batch(_step(0))
    assert batch["is_labelled"].numpy().sum() == 4
    for labelled, pose in zip(
        batch["is_labelled"], batch["rotation_matrices"].numpy(), strict=True
    ):
        if labelled:
            distances = np.abs(own[:, 1:22] - pose[1:22]).max(axis=(1, 2, 3))
            assert distances.min() < 1e-4


def test_the_seed_chooses_the_subjects(plain):
    chosen = set()
    for seed in range(8):
        plain.seed = seed
        chosen |= set(WeakLiftingTask(plain)._subjects)
    assert chosen == {"01", "02"}


def test_reprojection_of_the_true_people_is_next_to_none(plain):
    task = WeakLiftingTask(plain)
    task.build()
    batch = task._validation["exact"]
    lifted = task._lift(batch)
    true = lifted._replace(keypoints=batch["keypoints"])
    assert partly_labelled.reprojection(true, batch).numpy().max() < 2e-3
    shifted = batch["keypoints"] + batch["translation"][:, None] + [0.1, 0.0, 0.0]
    error = partly_labelled.reprojection_at(shifted, true, batch).numpy()
    depth = (batch["keypoints"] + batch["translation"][:, None]).numpy()[..., 2]
    expected = (0.1 / depth).mean(axis=1) / (2 * lifted.frame.half_size.numpy())
    np.testing.assert_allclose(error, np.minimum(expected, 0.5), rtol=0.05)


@pytest.mark.parametrize("method", METHODS)
def test_labels_count_for_those_who_have_them_alone(config, method):
    task = tasks.create(config(method))
    task.build()
    batch = task.batch(_step(0))
    loss, parts = task.loss(batch)
    assert loss.shape == (16,)
    is_labelled = batch["is_labelled"].numpy() > 0
    for name in ("joints", "rotations", "shape", "surprise"):
        assert (parts[name].numpy()[~is_labelled] == 0).all()
        assert (parts[name].numpy()[is_labelled] != 0).all()
    assert (parts["reprojection"].numpy() > 0).all()
    assert np.isfinite(loss).all()


@pytest.mark.parametrize("method", METHODS)
def test_every_weight_of_every_side_has_a_gradient(config, method):
    task = tasks.create(config(method))
    weights = task.build().trainable_variables
    batch = task.batch(_step(0))
    with tf.GradientTape() as tape:
        loss, _ = task.loss(batch)
    for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
        assert gradient is not None, weight.path
        assert np.isfinite(gradient).all(), weight.path


@pytest.mark.parametrize(
    "method",
    ["weak", "vibe", *(pytest.param(name, marks=pytest.mark.slow) for name in ("hmr", "spin"))],
)
def test_a_run_leaves_a_network_that_loads(motion, method, tmp_path):
    settings = {**SMALL, **OF_METHOD[method], "data.path": motion, "steps": 2}
    settings |= {"steps_per_call": 2, "validate_every": 2, "checkpoint_every": 2}
    overrides = [f"--config.{name}={value}" for name, value in settings.items()]
    file = CONFIGS / f"lifting_{method}.py"
    train.main([f"--config={file}", f"--workdir={tmp_path / 'run'}", *overrides])
    read = lifting_file.read_motion if method == "vibe" else lifting_file.read
    network = read(tmp_path / "run" / "lifting.npz")
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert network.card["validation"] == summary["validation"]
    assert network.options.rounds == (0 if method == "weak" else 3)


def test_windows_go_on_from_a_network_of_frames(config, tmp_path):
    start = LiftingNetwork(LiftingOptions(width=16, blocks=1, rounds=3), np.ones(126))
    start.save(tmp_path / "lifting.npz")
    settings = {"network.start_from": str(tmp_path / "lifting.npz")}
    task = tasks.create(config("vibe", **settings))
    task.build()
    inputs = np.random.default_rng(0).normal(size=(8, 52)).astype(np.float32)
    found, expected = task._network(inputs), start(inputs)
    np.testing.assert_allclose(found.rotation_matrices, expected.rotation_matrices, atol=1e-5)
    with pytest.raises(InputError, match=r"start_from: expected a network of .*width=8, .*=16"):
        tasks.create(config("vibe", **settings, **{"network.width": 8})).build()


@pytest.mark.parametrize(
    ("method", "setting", "value", "message"),
    [
        ("weak", "labels.share", 0.0, "config.labels.share: expected a number above 0 and not abo"),
        ("weak", "labels.subjects", 3, "at most the 2 training subjects, received 3"),
        ("weak", "labels.subjects", -1, "config.labels.subjects: expected a number not below 0"),
        ("weak", "network.rounds", -1, "config.network.rounds: expected a number not below 0, rec"),
        ("weak", "weights.pose_prior", -1.0, "config.weights.pose_prior: expected a number not be"),
        ("hmr", "discriminator.hidden_units", 0, "config.discriminator.hidden_units: expected a n"),
        ("spin", "fit_steps", 0, "config.fit_steps: expected a number above 0, received 0"),
        ("vibe", "window", 0, "config.window: expected a number above 0, received 0"),
        ("vibe", "network.units", 0, "config.network.units: expected a number above 0"),
        ("vibe", "batch_size", 18, "config.batch_size: expected a multiple of the 4 frames of a w"),
        ("vibe", "validation_people", 2, "config.validation_people: expected a multiple of the 4"),
        ("vibe", "window", 16_000, "config.batch_size: expected a multiple of the 16000 frames"),
    ],
)
def test_wrong_settings_are_named(config, method, setting, value, message):
    with pytest.raises(InputError, match=message):
        tasks.create(config(method, **{setting: value}))
