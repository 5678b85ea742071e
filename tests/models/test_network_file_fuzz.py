"""Damaged networks, staged and lifting: read or refused, soon, in little memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hps_tf.errors import InputError
from hps_tf.models import PRESETS, StagedNetwork, lifting_file, network_file
from hps_tf.models.lifting_network import LiftingNetwork, LiftingOptions
from hps_tf.priors import FlowPrior, pose_space
from tests import mutations

SMALLEST = {
    "image_size": 16,
    "blocks": ((2, 1), (2, 1), (2, 1)),
    "feature_maps": 2,
    "keypoint_stages": 1,
    "pose_stages": 1,
    "pose_layers": 1,
    "pose_kernel": 1,
    "pose_maps": 2,
    "output_maps": 2,
}


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    """The damage to a network of the smallest sizes."""
    prior = FlowPrior(pose_space.AXIS_ANGLE, 0.1, "light", num_steps=1, num_joint_steps=0)
    network = StagedNetwork(PRESETS["tiny"].replaced(**SMALLEST), prior, 2)
    path = tmp_path_factory.mktemp("network") / "network.npz"
    network.save(path)
    return mutations.damaged_archive(path.read_bytes())


@pytest.fixture(scope="module")
def lifting(tmp_path_factory):
    """The damage to a lifting network."""
    network = LiftingNetwork(LiftingOptions(width=2, blocks=1), np.zeros(126, np.float32))
    path = tmp_path_factory.mktemp("lifting") / "lifting.npz"
    lifting_file.save(network, path)
    return mutations.damaged_archive(path.read_bytes())


@pytest.fixture(scope="module")
def built_once(staged, lifting):
    """Builds networks of equal sizes once, which takes most of a second, and reads into them."""
    kept = {}

    def once(make, key):
        if key not in kept:
            if len(kept) == 8:
                kept.clear()
            kept[key] = make()
        return kept[key]

    def build_staged(options, prior, num_shape, mode, body):
        key = (options, prior.architecture, prior.space, prior.options, num_shape, mode, body)
        return once(lambda: StagedNetwork(options, prior, num_shape, mode, body), repr(key))

    def build_lifting(options, mode, card):
        return once(lambda: LiftingNetwork(options, mode, card), repr((options, mode.shape)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network_file, "StagedNetwork", build_staged)
        patch.setattr(lifting_file, "LiftingNetwork", build_lifting)
        yield


def _read(damaged, reader, directory, data) -> None:
    path = directory / "fuzzed.npz"
    path.write_bytes(data.draw(damaged))
    mutations.read_or_refused(lambda: reader.read(path), InputError)


@mutations.few(400)  # One takes 17 ms.
@given(data=st.data())
def test_damaged_networks_are_read_or_refused(staged, built_once, tmp_path_factory, data):
    _read(staged, network_file, tmp_path_factory.getbasetemp(), data)


@mutations.few(400)  # One takes 17 ms.
@given(data=st.data())
def test_damaged_lifting_networks_are_read_or_refused(lifting, built_once, tmp_path_factory, data):
    _read(lifting, lifting_file, tmp_path_factory.getbasetemp(), data)


@mutations.many
@given(data=st.data())
def test_many_damaged_networks_are_read_or_refused(
    staged, built_once, tmp_path_factory, part, data
):
    _read(staged, network_file, tmp_path_factory.getbasetemp(), data)


@mutations.many
@given(data=st.data())
def test_many_damaged_lifting_networks_are_read_or_refused(
    lifting, built_once, tmp_path_factory, part, data
):
    _read(lifting, lifting_file, tmp_path_factory.getbasetemp(), data)
