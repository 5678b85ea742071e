import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from hps_tf import priors
from hps_tf.data.mocap import pose_data
from hps_tf.errors import InputError
from hps_tf.losses import pose_error
from hps_tf.priors import PoseVAE
from hps_tf.priors.pose_space import SIX_D
from trainers import train
from trainers.arguments import CONFIGS
from trainers.configs import base
from trainers.tasks.vae import VAETask


@pytest.fixture
def config(motion):
    config = base.vae()
    config.prior.update({"hidden_units": 16, "latent_dim": 4, "mesh_vertices": 50})
    config.data.path = str(motion)
    config.batch_size = 32
    return config


def _step(number):
    return tf.constant(number, tf.int64)


def _arguments(motion, run, **settings):
    settings = {
        "data.path": motion,
        "prior.hidden_units": 32,
        "prior.latent_dim": 4,
        "prior.mesh_vertices": 50,
        "steps": 20,
        "validate_every": 10,
        "checkpoint_every": 10,
        "batch_size": 32,
        "xla": "false",
        "optimizer.warmup_steps": 0,
        **settings,
    }
    overrides = [f"--config.{name}={value}" for name, value in settings.items()]
    return [f"--config={CONFIGS / 'prior_vposer.py'}", f"--workdir={run}", *overrides]


def test_batch_is_a_function_of_seed_and_step(config):
    task = VAETask(config)
    first = task.batch(_step(3))
    assert (first["x"].shape, first["noise"].shape) == ((32, 126), (32, 4))
    other, compiled = VAETask(config).batch(_step(3)), tf.function(task.batch)(_step(3))
    for name, value in first.items():
        np.testing.assert_array_equal(value, other[name])
        np.testing.assert_allclose(value, compiled[name], atol=1e-6)
        assert not np.allclose(value, task.batch(_step(4))[name])


def test_batch_holds_true_rotations(config):
    x = VAETask(config).batch(_step(0))["x"]
    np.testing.assert_allclose(SIX_D.project(x), x, atol=1e-5)


@pytest.mark.parametrize("space", ["6d", "axis_angle"])
@pytest.mark.parametrize("reconstruction", ["mesh", "rotations"])
def test_loss_is_error_over_tolerance_plus_divergence(config, space, reconstruction):
    config.prior.update({"space": space, "reconstruction": reconstruction, "dropout": 0.0})
    task = VAETask(config)
    vae = task.build()
    batch = task.batch(_step(0))
    loss, parts = task.loss(batch)
    pose = SIX_D.to_matrices(batch["x"])
    mean, log_variance = vae.posterior(vae.space.from_matrices(pose))
    found = vae.decode_matrices(mean + np.exp(0.5 * log_variance) * batch["noise"])
    mesh = pose_error.mesh_error(50)(pose, found)
    error = mesh if reconstruction == "mesh" else pose_error.rotation_error(pose, found)
    divergence = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).numpy().sum(-1)
    np.testing.assert_allclose(parts["error"], error, rtol=1e-4)
    np.testing.assert_allclose(parts["divergence"], divergence, rtol=1e-4)
    np.testing.assert_allclose(loss, error / config.prior.tolerance + divergence, rtol=1e-4)


def test_untrained_prior_is_standardised_by_the_training_poses(config, motion):
    config.data.mirror = False
    vae = VAETask(config).build()
    x = SIX_D.from_pose(pose_data.read([str(motion)]).train).numpy()
    mean, scale = (weight.numpy() for weight in vae.standardisation.weights)
    np.testing.assert_allclose(mean, x.mean(0), atol=1e-4)
    np.testing.assert_allclose(scale, np.maximum(x.std(0), 0.1), atol=1e-4)


@pytest.mark.parametrize("reconstruction", ["mesh", "rotations"])
def test_training_lowers_the_loss_and_leaves_a_prior(motion, tmp_path, reconstruction):
    run = tmp_path / "run"
    train.main(_arguments(motion, run, **{"prior.reconstruction": reconstruction, "steps": 60}))
    prior = priors.load(run / "prior.npz")
    assert isinstance(prior, PoseVAE)
    summary = json.loads((run / "summary.json").read_text())
    assert summary["train_poses"] == 1800
    assert prior.card["validation"] == summary["validation"]
    assert prior.card["config"]["data"]["path"] == "motion"
    assert str(motion.parent) not in json.dumps(prior.card)
    assert prior.sigma == pytest.approx(summary["validation"]["rms_6d"])
    records = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    losses = [record["validation/loss"] for record in records if "validation/loss" in record]
    assert min(losses) < 0.95 * losses[0]
    assert summary["validation"]["loss"] == pytest.approx(min(losses), rel=1e-5)


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
        ("prior.reconstruction", "skin", "expected one of mesh, rotations, received 'skin'"),
        (
            "prior.tolerance",
            0.0,
            r"config\.prior\.tolerance: expected a number above 0, received 0\.0",
        ),
        ("prior.dropout", 1.0, r"config\.prior\.dropout: expected a number from 0 to below 1"),
        ("prior.mesh_vertices", 4000, r"config\.prior\.mesh_vertices: expected from 1 to 3000"),
        (
            "data.limb_swapping",
            1.5,
            r"config\.data\.limb_swapping: expected from 0 to 1, received 1\.5",
        ),
        ("data.path", "", r"config\.data\.path: expected a directory"),
    ],
)
def test_wrong_setting_is_named(config, name, value, message):
    config.update_from_flattened_dict({name: value})
    with pytest.raises(InputError, match=message):
        VAETask(config)


def test_missing_section_is_named(config):
    del config.prior
    with pytest.raises(InputError, match=r"config\.prior\.dropout is missing"):
        VAETask(config)
