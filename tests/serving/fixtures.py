"""The smallest network and prior, exported and served: fixtures that conftests import."""

import contextlib
import fcntl
import os
import shutil

import numpy as np
import pytest
import tensorflow as tf

from export import fit_signatures, savedmodel, served_model, warmup
from hps_tf.body import load_default
from hps_tf.models import PRESETS, StagedNetwork
from hps_tf.priors import PosePrior
from hps_tf.priors.pose_space import AXIS_ANGLE
from tests.serving.model_server import serving


@pytest.fixture(scope="session")
def prior():
    """A small prior that is not the identity."""
    prior = PosePrior(AXIS_ANGLE, 0.1, "light", num_steps=1, num_joint_steps=1)
    rng = np.random.default_rng(0)
    for weight in prior.trainable_weights:
        weight.assign_add(0.1 * rng.normal(size=weight.shape))
    return prior


@pytest.fixture(scope="session")
def body():
    return load_default(3000)


@pytest.fixture(scope="session")
def network(prior, body):
    """The smallest network, not trained."""
    options = PRESETS["tiny"].replaced(
        image_size=32, blocks=((4, 1), (8, 1), (8, 1)), feature_maps=8, pose_maps=8,
        keypoint_stages=1, keypoint_layers=1, part_layers=1, pose_stages=1, pose_layers=1,
    )  # fmt: skip
    tf.keras.utils.set_random_seed(0)
    return StagedNetwork(options, prior, body.num_shape)


@contextlib.contextmanager
def few_calls():
    """Fits stop soon, and warm-up is of one size: it is graphs that are tested."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_KEYPOINT_CALLS", "_ALIGNED_CALLS", "_REFINING_CALLS"):
            patch.setattr(fit_signatures, name, 3)
        for name in ("BATCH_SIZES", "ITERATIVE_BATCH_SIZES"):
            patch.setattr(warmup, name, (2,))
        yield


@pytest.fixture(scope="session")
def exported_network(network, tmp_path_factory):
    """A version directory of the network, not to be changed."""
    return _exported(tmp_path_factory, "network", lambda: served_model.of_network(network))


@pytest.fixture(scope="session")
def exported_prior(prior, tmp_path_factory):
    """A version directory of the prior, not to be changed."""
    return _exported(tmp_path_factory, "prior", lambda: served_model.of_prior(prior))


def _exported(tmp_path_factory, name, make):
    """Exports once for all of pytest-xdist's workers; it takes half a minute."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "exported"
    root.mkdir(exist_ok=True)
    directory = root / name / "1"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            scratch = root / f"{name}-scratch"
            scratch.mkdir()
            with few_calls():
                savedmodel.write(make(), scratch, name)
            directory.parent.mkdir()
            scratch.rename(directory)
    return directory


@pytest.fixture(scope="session")
def server(exported_network, tmp_path_factory):
    """A server of the smallest network, which is called `network`."""
    directory = tmp_path_factory.mktemp("served") / "network"
    shutil.copytree(exported_network, directory / "1")
    with serving({"network": directory}) as served:
        served.wait_for("network")
        yield served
