import pytest
from hypothesis import given
from hypothesis import strategies as st

from hps_tf.errors import InputError
from hps_tf.models import PRESETS, StagedNetwork, network_file
from hps_tf.priors import FlowPrior, pose_space
from tests import mutations


@pytest.fixture(scope="module")
def content(tmp_path_factory) -> bytes:
    """A network of the smallest sizes."""
    prior = FlowPrior(pose_space.AXIS_ANGLE, 0.1, "light", num_steps=1, num_joint_steps=0)
    sizes = {"image_size": 16, "blocks": ((2, 1), (2, 1), (2, 1)), "feature_maps": 2}
    network = StagedNetwork(PRESETS["tiny"].replaced(**sizes), prior, 2)
    path = tmp_path_factory.mktemp("network") / "network.npz"
    network.save(path)
    return path.read_bytes()


def _read(content, directory, data) -> None:
    path = directory / "fuzzed.npz"
    path.write_bytes(data.draw(mutations.damaged_archive(content)))
    mutations.read_or_refused(lambda: network_file.read(path), InputError)


@mutations.few(60)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(content, tmp_path_factory, data):
    _read(content, tmp_path_factory.getbasetemp(), data)


@mutations.many
@given(data=st.data())
def test_many_damaged_files_are_read_or_refused(content, tmp_path_factory, part, data):
    _read(content, tmp_path_factory.getbasetemp(), data)
