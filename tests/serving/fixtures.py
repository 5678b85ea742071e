"""The smallest networks and prior, exported and served: fixtures that conftests import."""

import contextlib
import dataclasses
import fcntl
import os
import shutil

import numpy as np
import pytest
import tensorflow as tf

from export import fit_signatures, plain_graphs, refine_signatures, served_model, warmup, writing
from hps_tf.body import load_default
from hps_tf.models import PRESETS, StagedNetwork
from hps_tf.priors import FlowPrior
from hps_tf.priors.pose_space import AXIS_ANGLE
from tests.serving.model_server import serving

__all__ = [
    "body",
    "exported_network",
    "exported_photo",
    "network",
    "photo_network",
    "photo_server",
    "prior",
    "served_photo",
    "server",
]


@pytest.fixture(scope="session")
def prior():
    """A small prior that is not the identity."""
    prior = FlowPrior(AXIS_ANGLE, 0.1, "light", num_steps=1, num_joint_steps=1)
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


@pytest.fixture(scope="session")
def photo_network(prior, body):
    """A network over MoveNet with a lifting module that nobody trained."""
    options = PRESETS["photo"].replaced(lifting_width=16, lifting_blocks=1)
    tf.keras.utils.set_random_seed(0)
    return StagedNetwork(options, prior, body.num_shape)


@pytest.fixture(scope="session")
def served_photo(photo_network):
    """Those of its signatures that other networks do not have."""
    served = served_model.of_network(photo_network)
    names = ("predict_photo", "predict_jpeg", "fit_keypoints")
    return dataclasses.replace(
        served,
        signatures={name: served.signatures[name] for name in names},
        requests={name: served.requests[name] for name in names},
        default="fit_keypoints",
    )


@contextlib.contextmanager
def few_calls():
    """Fits stop soon, and warm-up is of one size: it is graphs that are tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_signatures, "_KEYPOINT_EVALUATIONS", 3)
        patch.setattr(fit_signatures, "_ALIGNED_EVALUATIONS", 3)
        patch.setattr(refine_signatures, "_EVALUATIONS", 3)
        for name in ("BATCH_SIZES", "SLOW_BATCH_SIZES"):
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


@pytest.fixture(scope="session")
def exported_photo(served_photo, tmp_path_factory):
    """A version directory of the network over MoveNet, not to be changed."""
    return _exported(tmp_path_factory, "photo", lambda: served_photo)


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
                writing.write(make(), scratch, name)
            directory.parent.mkdir()
            scratch.rename(directory)
    return directory


@pytest.fixture(scope="session")
def server(exported_network, tmp_path_factory):
    """A server of the smallest network, which is called `network`."""
    with _serving("network", exported_network, tmp_path_factory) as served:
        yield served


@pytest.fixture(scope="session")
def photo_server(exported_photo, tmp_path_factory):
    """A server of the network over MoveNet, which is called `photo`."""
    with _serving("photo", exported_photo, tmp_path_factory) as served:
        yield served


@contextlib.contextmanager
def _serving(name, version, tmp_path_factory):
    directory = tmp_path_factory.mktemp("served") / name
    shutil.copytree(version, directory / "1")
    # As graphs were traced: `tests.export.test_c_program` asks one that is optimized.
    config = plain_graphs.session_config()
    with serving({name: directory}, config=config) as served:
        served.wait_for(name)
        yield served
