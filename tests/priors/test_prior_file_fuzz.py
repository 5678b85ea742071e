import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from hps_tf.errors import InputError
from hps_tf.priors import GaussianMixture, prior_file
from tests import mutations


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzzed")


def _content() -> bytes:
    """A prior of the smallest flow, its weights few."""
    content = prior_file.PriorFile(
        preset="light",
        space="axis_angle",
        sigma=0.1,
        options={"num_steps": 1, "num_joint_steps": 0},
        weights={"whitening/0_mean": np.zeros((1, 63), np.float32)},
        references={"gaussian": GaussianMixture.gaussian(np.zeros(3), np.eye(3))},
        card={"seed": 1},
    )
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "prior.npz"
        prior_file.write(path, content)
        return path.read_bytes()


CONTENT = _content()


def _read(directory, data: bytes) -> None:
    path = directory / "prior.npz"
    path.write_bytes(data)
    found = mutations.read_or_refused(lambda: prior_file.read(path), InputError)
    if found is not None:
        assert all(np.isfinite(weight).all() for weight in found.weights.values())


@mutations.few(2_000)
@given(data=mutations.damaged_archive(CONTENT))
def test_damaged_files_are_read_or_refused(directory, data):
    _read(directory, data)


@mutations.many
@given(data=mutations.damaged_archive(CONTENT))
def test_many_damaged_files_are_read_or_refused(directory, part, data):
    _read(directory, data)
