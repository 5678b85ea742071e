import contextlib
import shutil

import numpy as np
import pytest
import tensorflow as tf

from export import fit_signatures, savedmodel, served_model, warmup
from hps_tf.body import load_default
from hps_tf.models import PRESETS, StagedNetwork
from hps_tf.priors import PosePrior
from hps_tf.priors.pose_space import AXIS_ANGLE


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
    """Fits stop soon, and warm-up is of one size: graphs are what is tested."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_KEYPOINT_CALLS", "_ALIGNED_CALLS", "_REFINING_CALLS"):
            patch.setattr(fit_signatures, name, 3)
        for name in ("BATCH_SIZES", "ITERATIVE_BATCH_SIZES"):
            patch.setattr(warmup, name, (2,))
        yield


@pytest.fixture(scope="session")
def served(network):
    with few_calls():
        return served_model.of_network(network)


@pytest.fixture(scope="session")
def exported_network(served, tmp_path_factory):
    """A version directory of the network, not to be changed."""
    directory = tmp_path_factory.mktemp("exported_network") / "1"
    directory.mkdir()
    with few_calls():
        savedmodel.write(served, directory, "network")
    return directory


@pytest.fixture(scope="session")
def _exported(prior, tmp_path_factory):
    directory = tmp_path_factory.mktemp("exported") / "1"
    directory.mkdir()
    with few_calls():
        savedmodel.write(served_model.of_prior(prior), directory, "prior")
    return directory


@pytest.fixture
def exported(_exported, tmp_path):
    """A version directory of the prior, to be spoiled at will."""
    return shutil.copytree(_exported, tmp_path / "exported" / "1")
