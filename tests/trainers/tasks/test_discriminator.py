import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from hps_tf import priors
from hps_tf.errors import InputError
from hps_tf.priors import PoseDiscriminator
from trainers import train
from trainers.arguments import CONFIGS
from trainers.configs import base
from trainers.tasks.discriminator import DiscriminatorTask


@pytest.fixture
def config(motion):
    config = base.discriminator()
    config.prior.update({"joint_units": 4, "hidden_units": 16})
    config.generator.update({"latent_dim": 3, "hidden_units": 8})
    config.data.path = str(motion)
    config.batch_size = 32
    return config


def _step(number):
    return tf.constant(number, tf.int64)


def _arguments(motion, run, **settings):
    settings = {
        "data.path": motion,
        "prior.joint_units": 8,
        "prior.hidden_units": 32,
        "generator.hidden_units": 8,
        "steps": 20,
        "validate_every": 10,
        "checkpoint_every": 10,
        "batch_size": 32,
        "xla": "false",
        "optimizer.warmup_steps": 0,
        "optimizer.learning_rate": 1e-2,
        **settings,
    }
    overrides = [f"--config.{name}={value}" for name, value in settings.items()]
    return [f"--config={CONFIGS / 'prior_hmr.py'}", f"--workdir={run}", *overrides]


def test_batch_is_a_function_of_seed_and_step(config):
    task = DiscriminatorTask(config)
    first = task.batch(_step(3))
    shapes = {name: tuple(value.shape) for name, value in first.items()}
    assert shapes == {
        "real": (32, 24, 3, 3),
        "wrong": (32, 24, 3, 3),
        "is_wrong": (32, 22),
        "noise": (32, 3),
    }
    other, compiled = DiscriminatorTask(config).batch(_step(3)), tf.function(task.batch)(_step(3))
    for name, value in first.items():
        np.testing.assert_array_equal(value, other[name])
        np.testing.assert_allclose(value, compiled[name], atol=1e-6)
        assert not np.allclose(value, task.batch(_step(4))[name])


def test_heads_are_told_only_what_is_wrong(config):
    batch = DiscriminatorTask(config).batch(_step(0))
    is_wrong = batch["is_wrong"].numpy()
    exchanged, turned, random = (is_wrong[kind::3] for kind in range(3))
    assert is_wrong[:, -1].all(), "the whole pose is wrong in every way"
    assert not exchanged[:, :-1].any()
    assert 0.2 < turned[:, :-1].mean() < 0.4
    assert random.all()


def _gradients(task, models, batch, part):
    with tf.GradientTape(persistent=True) as tape:
        loss, parts = task.loss(batch)
        value = tf.reduce_sum(loss if part is None else parts[part])
    return [tape.gradient(value, model.trainable_variables) for model in models]


def test_each_side_follows_its_own_loss_alone(config):
    task = DiscriminatorTask(config)
    both = task.build()
    models = (*both.discriminators, both.generator)
    # So checkpoints of earlier versions have them.
    in_order = [weight for model in models for weight in model.trainable_variables]
    assert [id(weight) for weight in both.trainable_variables] == [id(each) for each in in_order]
    batch = task.batch(_step(0))
    of_discriminator, of_generator = _gradients(task, models, batch, None)
    told_discriminator, told_generator = _gradients(task, models, batch, "discriminator")
    deceived_discriminator, deceived_generator = _gradients(task, models, batch, "generator")
    assert all(gradient is None for gradient in told_generator)
    assert all(gradient is None for gradient in deceived_discriminator)
    for whole, own in ((of_discriminator, told_discriminator), (of_generator, deceived_generator)):
        for gradient, expected in zip(whole, own, strict=True):
            np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-5)
            assert np.abs(expected).max() > 0


def test_loss_is_that_of_least_squares(config):
    task = DiscriminatorTask(config)
    both = task.build()
    batch = task.batch(_step(0))
    _, parts = task.loss(batch)
    (discriminator,) = both.discriminators
    generated = discriminator(both.generator(batch["noise"])).numpy()
    real, wrong = (discriminator(batch[name]).numpy() for name in ("real", "wrong"))
    told = ((real - 1) ** 2).sum(1)
    told += 0.5 * ((wrong**2 * batch["is_wrong"]).numpy().sum(1) + (generated**2).sum(1))
    np.testing.assert_allclose(parts["discriminator"], told, rtol=1e-4)
    np.testing.assert_allclose(parts["generator"], ((generated - 1) ** 2).sum(1), rtol=1e-4)


@pytest.mark.parametrize("strategy", ["none", "mirrored"])
def test_training_lowers_the_loss_and_leaves_a_prior(motion, tmp_path, strategy):
    run = tmp_path / "run"
    train.main(_arguments(motion, run, strategy=strategy, steps=60))
    prior = priors.load(run / "prior.npz")
    assert isinstance(prior, PoseDiscriminator)
    summary = json.loads((run / "summary.json").read_text())
    assert summary["train_poses"] == 1800
    assert summary["num_parameters"] == prior.num_parameters
    assert prior.card["validation"] == summary["validation"]
    assert str(motion.parent) not in json.dumps(prior.card)
    records = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    losses = [record["validation/loss"] for record in records if "validation/loss" in record]
    assert min(losses) < 0.8 * losses[0]
    assert summary["validation"]["separation"]["random"] > 0.8


def test_sigma_makes_the_energies_of_validation_people_half_a_nat_a_head(config, tmp_path):
    task = DiscriminatorTask(config)
    task.build()
    task.finish(tmp_path)
    prior = priors.load(tmp_path / "prior.npz")
    pose = task._poses.validation
    energy = prior.energy(prior.space.from_pose(pose)).numpy().mean()
    assert energy == pytest.approx(22 / 2, rel=1e-3)


def test_resumed_run_ends_at_the_same_prior(motion, tmp_path):
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    train.main(_arguments(motion, whole))
    shutil.copytree(whole, resumed)
    for name in ("summary.json", "prior.npz"):
        (resumed / name).unlink()
    for path in (resumed / "checkpoints").glob("ckpt-20*"):
        path.unlink()
    train.main(_arguments(motion, resumed))
    first, second = (dict(np.load(run / "prior.npz")) for run in (whole, resumed))
    assert first.keys() == second.keys()
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name], err_msg=name)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("prior.space", "7d", "pose space: expected one of axis_angle, 6d, received '7d'"),
        (
            "prior.hidden_units",
            0,
            r"config\.prior\.hidden_units: expected a number above 0, received 0",
        ),
        ("generator.latent_dim", -1, r"config\.generator\.latent_dim: expected a number above 0"),
        (
            "data.joint_mixing",
            1.5,
            r"config\.data\.joint_mixing: expected from 0 to 1, received 1\.5",
        ),
        ("data.path", "", r"config\.data\.path: expected a directory"),
    ],
)
def test_wrong_setting_is_named(config, name, value, message):
    config.update_from_flattened_dict({name: value})
    with pytest.raises(InputError, match=message):
        DiscriminatorTask(config)


def test_missing_section_is_named(config):
    del config.generator
    with pytest.raises(InputError, match=r"config\.generator\.hidden_units is missing"):
        DiscriminatorTask(config)
