import shutil

import numpy as np
import pytest

from export import savedmodel
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
def _exported(prior, tmp_path_factory):
    directory = tmp_path_factory.mktemp("exported") / "1"
    directory.mkdir()
    savedmodel.write(prior, directory)
    return directory


@pytest.fixture
def exported(_exported, tmp_path):
    """A version directory of the prior, to be spoiled at will."""
    return shutil.copytree(_exported, tmp_path / "exported" / "1")
