import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from hps_tf import priors
from hps_tf.body import load_default
from hps_tf.errors import InputError
from hps_tf.geometry import axis_angle
from hps_tf.models import lifting_file
from hps_tf.priors.pose_space import SIX_D
from tests import loaded_once
from trainers import train
from trainers.arguments import CONFIGS
from trainers.configs import base
from trainers.tasks.lifting import LiftingTask


def _config(motion):
    config = base.lifting()
    config.network.update({"width": 16, "blocks": 1})
    config.data.path = str(motion)
    config.batch_size = 16
    config.validation_people = 30
    config.xla = False
    return config


@pytest.fixture(scope="module", autouse=True)
def _prior_loaded_once():
    """Every task asks the same prior for its likeliest pose, by a graph that takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(priors, "load", loaded_once.prior)
        priors.load("cmu-6d-light", "latent")  # So that no network's first weights depend on it.
        yield


@pytest.fixture
def config(motion):
    return _config(motion)


@pytest.fixture(scope="module")
def task(motion):
    """A task with a network that nobody trained; tests must not change it."""
    task = LiftingTask(_config(motion))
    task.build()
    return task


@pytest.fixture(scope="module")
def arguments(motion):
    """The arguments of a short run in a directory."""

    def give(run, **settings):
        settings = {
            "data.path": motion,
            "network.width": 32,
            "network.blocks": 1,
            "validation_people": 40,
            "steps": 40,
            "validate_every": 20,
            "checkpoint_every": 20,
            "batch_size": 64,
            "xla": "false",
            "optimizer.warmup_steps": 0,
            "optimizer.learning_rate": 3e-3,
            **settings,
        }
        overrides = [f"--config.{name}={value}" for name, value in settings.items()]
        return [f"--config={CONFIGS / 'lifting.py'}", f"--workdir={run}", *overrides]

    return give


@pytest.fixture(scope="module")
def run(arguments, tmp_path_factory):
    """The directory of a short run."""
    directory = tmp_path_factory.mktemp("lifting") / "run"
    train.main(arguments(directory))
    return directory


def _step(number):
    return tf.constant(number, tf.int64)


def test_batch_is_a_function_of_seed_and_step(task, config):
    first, other = task.batch(_step(3)), LiftingTask(config).batch(_step(3))
    in_graph, later = tf.function(task.batch)(_step(3)), task.batch(_step(4))
    for name, value in first.items():
        assert value.shape[0] == 16
        np.testing.assert_array_equal(value, other[name])
        np.testing.assert_allclose(value, in_graph[name], atol=1e-4)
        assert not np.allclose(value, later[name])


def test_batch_holds_people_and_what_is_seen_of_them(task):
    batch = task.batch(_step(0))
    body = load_default(num_vertices=3000)
    shape = tf.pad(batch["shape"], [[0, 0], [0, body.num_shape - 10]])
    arguments = {"rotation_matrices": batch["rotation_matrices"], "shape": shape}
    joints = body.joints(**arguments)
    np.testing.assert_allclose(batch["joints"], joints - joints[:, :1], atol=1e-5)
    points = body.keypoints("coco17", **arguments)
    np.testing.assert_allclose(batch["keypoints"], points - joints[:, :1], atol=1e-5)
    seen = (points + batch["translation"][:, None]).numpy()
    np.testing.assert_allclose(batch["seen"], seen[..., :2] / seen[..., 2:], atol=1e-4)
    np.testing.assert_array_equal(batch["log_size_error"][1::2], 0)
    assert np.std(batch["log_size_error"][::2]) > 0.05


def test_the_network_starts_at_the_priors_most_likely_pose(task):
    prior = priors.load("cmu-6d-light")
    likely = prior.space.to_matrices(prior.decode(tf.zeros((1, prior.latent_dim))))
    np.testing.assert_allclose(task._network.mode, SIX_D.from_matrices(likely)[0], atol=1e-5)


def test_loss_weighs_its_parts_and_has_a_gradient_for_every_weight(config):
    config.weights.update({"joints": 3.0, "rotations": 0.5, "shape": 0.25, "surprise": 0.125})
    task = LiftingTask(config)
    model = task.build()
    batch = task.batch(_step(0))
    with tf.GradientTape() as tape:
        loss, parts = task.loss(batch)
    expected = sum(config.weights[name] * part.numpy() for name, part in parts.items())
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    for weight, gradient in zip(
        model.trainable_variables, tape.gradient(loss, model.trainable_variables), strict=True
    ):
        assert gradient is not None, weight.path
        assert np.isfinite(gradient).all(), weight.path


def test_loss_of_a_known_prediction(task):
    batch = task.batch(_step(0))
    _, parts = task.loss(batch)
    lifted = task._lift(batch)
    joints = lifted.joints - lifted.joints[:, :1]
    points = lifted.keypoints - lifted.joints[:, :1]
    off = np.concatenate([joints - batch["joints"], points - batch["keypoints"]], axis=1)
    np.testing.assert_allclose(parts["joints"], np.linalg.norm(off, axis=2).mean(axis=1), rtol=1e-3)
    squares = np.square(lifted.rotation_matrices - batch["rotation_matrices"]).sum(axis=(2, 3))
    expected = squares[:, 0] + squares[:, 1:22].mean(axis=1)
    np.testing.assert_allclose(parts["rotations"], expected, rtol=1e-4)


def test_surprise_moves_the_spreads_alone(task):
    batch = task.batch(_step(0))
    with tf.GradientTape() as tape:
        surprise = task.loss(batch)[1]["surprise"]
    weights = task._network.module.trainable_variables
    gradients = tape.gradient(surprise, weights)
    for weight, gradient in zip(weights, gradients, strict=True):
        assert (gradient is not None) == ("spread" in weight.path), weight.path


def test_validation_is_of_the_same_people_exact_and_noisy(task):
    values = task.validate()
    assert set(values) == {
        "loss", "exact_mpjpe_mm", "exact_pa_mpjpe_mm", "noisy_mpjpe_mm", "noisy_pa_mpjpe_mm",
    }  # fmt: skip
    mean = 0.5 * (values["exact_mpjpe_mm"] + values["noisy_mpjpe_mm"])
    assert values["loss"] == pytest.approx(mean)
    assert task.validate() == values


def test_training_learns_and_leaves_a_network(run):
    records = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    errors = [record["validation/loss"] for record in records if "validation/loss" in record]
    assert errors[-1] < 0.8 * errors[0]
    summary = json.loads((run / "summary.json").read_text())
    network = lifting_file.read(run / "lifting.npz")
    assert network.card["validation"] == summary["validation"]
    assert network.card["config"]["data"]["path"] == "motion"
    assert summary["num_parameters"] == network.module.count_params()


def test_the_saved_network_has_the_errors_of_the_summary(run, config):
    network = lifting_file.read(run / "lifting.npz")
    config.network.width = 32
    config.validation_people = 40
    task = LiftingTask(config)
    task.build().set_weights(network.module.get_weights())
    for name, value in task.validate().items():
        assert value == pytest.approx(network.card["validation"][name], rel=1e-4), name


def test_a_resumed_run_ends_with_the_same_weights(run, arguments, tmp_path):
    resumed = shutil.copytree(run, tmp_path / "resumed")
    for name in ("summary.json", "lifting.npz"):
        (resumed / name).unlink()
    for path in (resumed / "checkpoints").glob("ckpt-40*"):
        path.unlink()
    train.main(arguments(resumed))
    once, twice = (lifting_file.read(each / "lifting.npz") for each in (run, resumed))
    for one, other in zip(once.module.get_weights(), twice.module.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_run_starts_from_an_earlier_network(run, config):
    config.network.update({"width": 32, "blocks": 1, "start_from": str(run / "lifting.npz")})
    task = LiftingTask(config)
    earlier = lifting_file.read(run / "lifting.npz")
    for mine, theirs in zip(task.build().weights, earlier.module.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_an_earlier_network_of_other_sizes_is_refused(run, config):
    config.network.start_from = str(run / "lifting.npz")
    message = r"start_from: expected a network of .*width=16.*, received .*lifting\.npz of .*=32"
    with pytest.raises(InputError, match=message):
        LiftingTask(config).build()


def test_two_replicas_train_as_one_does(run, arguments, tmp_path):
    train.main(arguments(tmp_path / "mirrored", strategy="mirrored"))
    one, other = (
        json.loads((each / "summary.json").read_text())["validation"]
        for each in (run, tmp_path / "mirrored")
    )
    for name, value in one.items():
        assert value == pytest.approx(other[name], rel=1e-3), name


@pytest.mark.parametrize(
    ("section", "name", "value", "message"),
    [
        ("network", "width", 0, "config.network.width: expected a number above 0, received 0"),
        ("network", "blocks", -1, "config.network.blocks: expected a number above 0, received -1"),
        (
            "weights",
            "joints",
            -1.0,
            "config.weights.joints: expected a number not below 0, received -1.0",
        ),
        (
            "data",
            "limb_swapping",
            2.0,
            "config.data.limb_swapping: expected from 0 to 1, received 2.0",
        ),
    ],
)
def test_wrong_settings_are_named(config, section, name, value, message):
    config[section][name] = value
    with pytest.raises(InputError, match=message):
        LiftingTask(config)


def test_hardly_a_person_to_validate_is_refused(config):
    config.validation_people = 0
    with pytest.raises(InputError, match=r"config\.validation_people: expected a number above 0"):
        LiftingTask(config)


def test_poses_of_validation_are_those_of_the_data(task):
    rotations = task._validation["exact"]["rotation_matrices"].numpy()
    expected = axis_angle.to_matrix(task._poses.validation).numpy()
    first, last = rotations[[0, -1], 1:22], expected[[0, -1], 1:22]
    np.testing.assert_allclose(first, last, atol=1e-5)
