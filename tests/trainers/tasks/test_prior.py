import json

import numpy as np
import pytest
import tensorflow as tf

from hps_tf import priors
from hps_tf.body.mirror import mirror_pose
from hps_tf.data.mocap import pose_data
from hps_tf.errors import InputError
from hps_tf.priors.pose_space import AXIS_ANGLE
from trainers import train
from trainers.arguments import CONFIGS
from trainers.configs import base
from trainers.tasks.prior import PriorTask


@pytest.fixture
def config(motion):
    config = base.prior("light", "axis_angle")
    config.prior.options.update({"num_steps": 1, "num_joint_steps": 1})
    config.data.update({"path": str(motion), "mixture_poses": 300})
    config.batch_size = 32
    return config


def _step(number):
    return tf.constant(number, tf.int64)


def test_batch_is_a_function_of_seed_and_step(config):
    task = PriorTask(config)
    first = task.batch(_step(3))["x"]
    assert first.shape == (32, 63)
    np.testing.assert_array_equal(first, PriorTask(config).batch(_step(3))["x"])
    np.testing.assert_allclose(first, tf.function(task.batch)(_step(3))["x"], atol=1e-6)
    assert not np.allclose(first, task.batch(_step(4))["x"])
    config.seed = 1
    assert not np.allclose(first, PriorTask(config).batch(_step(3))["x"])


def test_batch_carries_the_dequantisation_noise(config):
    config.prior.sigma = 0.5
    batch = np.concatenate([PriorTask(config).batch(_step(step))["x"] for step in range(20)])
    quiet = batch[:, np.ptp(AXIS_ANGLE.from_pose(pose_data.read([config.data.path]).train), 0) == 0]
    if quiet.size:
        assert quiet.std() == pytest.approx(0.5, rel=0.1)
    assert batch.std(0).min() > 0.4


@pytest.mark.parametrize("mirror", [True, False])
def test_untrained_prior_is_the_gaussian_of_the_training_poses(config, motion, mirror):
    config.data.mirror = mirror
    task = PriorTask(config)
    prior = task.build()
    pose = pose_data.read([str(motion)]).train
    poses = np.concatenate([pose, mirror_pose(pose)]) if mirror else pose
    x = AXIS_ANGLE.from_pose(poses).numpy().astype(np.float64)
    covariance = np.cov(x.T, bias=True) + config.prior.sigma**2 * np.eye(63)
    point = x[0] + 0.1
    offset = point - x.mean(0)
    _, log_det = np.linalg.slogdet(2 * np.pi * covariance)
    expected = -0.5 * (offset @ np.linalg.solve(covariance, offset) + log_det)
    assert float(prior.log_prob(point.astype(np.float32))) == pytest.approx(expected, rel=1e-3)


def test_loss_is_the_negative_log_likelihood(config):
    task = PriorTask(config)
    prior = task.build()
    batch = task.batch(_step(0))
    loss, metrics = task.loss(batch)
    np.testing.assert_allclose(loss, -prior.log_prob(batch["x"]), rtol=1e-5)
    np.testing.assert_allclose(metrics["nll_per_dim"], loss / 63)


def test_run_leaves_a_prior_with_references_and_card(motion, tmp_path, capsys):
    run = tmp_path / "run"
    train.main(
        [
            f"--config={CONFIGS / 'prior_light.py'}",
            f"--workdir={run}",
            f"--config.data.path={motion}",
            "--config.data.mixture_poses=300",
            "--config.prior.options.num_steps=1",
            "--config.prior.options.num_joint_steps=1",
            "--config.steps=20",
            "--config.validate_every=10",
            "--config.batch_size=32",
            "--config.xla=false",
        ]
    )
    prior = priors.load(run / "prior.npz")
    assert set(prior.references) == {"gaussian", "gmm8"}
    summary = json.loads((run / "summary.json").read_text())
    assert summary["train_poses"] == 1800
    assert summary["validation_poses"] == 200
    assert prior.card["validation"] == summary["validation"]
    assert prior.card["config"]["data"]["path"] == "motion"
    assert str(motion.parent) not in json.dumps(prior.card)
    records = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    best = min(record["validation/loss"] for record in records if "validation/loss" in record)
    assert summary["validation"]["prior"]["loss"] == pytest.approx(best, rel=1e-5)
    gaussian = summary["validation"]["gaussian"]["loss"]
    assert records[0]["validation/loss"] == pytest.approx(gaussian, rel=1e-3)
    assert "validation.gmm8.nll_per_dim" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("prior.preset", "nvp", "expected one of realnvp, light, maf, iaf, received 'nvp'"),
        ("prior.space", "7d", "pose space: expected one of axis_angle, 6d, received '7d'"),
        ("prior.preset", "maf", r"config\.prior\.options\.hidden_units is missing"),
        ("prior.sigma", 0.0, r"config\.prior\.sigma: expected a number above 0"),
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
        PriorTask(config)


def test_missing_section_is_named(config):
    del config.prior
    with pytest.raises(InputError, match=r"config\.prior\.preset is missing"):
        PriorTask(config)
