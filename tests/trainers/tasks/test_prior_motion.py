import numpy as np
import pytest

from hps_tf.data.mocap import pose_data
from hps_tf.priors import load
from trainers.tasks import prior_motion


@pytest.fixture(scope="module")
def prior():
    return load("cmu-6d-light")


def test_samples_are_read_as_prepared_motion(prior, tmp_path):
    prior_motion.write(tmp_path / "poses", prior, {"train": 40, "val": 10}, seed=0)
    data = pose_data.read([str(tmp_path / "poses")])
    assert data.train.shape == (40, 24, 3)
    assert data.validation.shape == (10, 24, 3)
    assert np.abs(data.train[:10] - data.validation).max() > 0.1


def test_the_seed_decides(prior, tmp_path):
    seeds = {"first": 0, "again": 0, "other": 1}
    for name, seed in seeds.items():
        prior_motion.write(tmp_path / name, prior, {"train": 4, "val": 4}, seed)
    first, again, other = (pose_data.read([str(tmp_path / name)]).train for name in seeds)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1
