"""Damaged results of `hps photo`, fits and `hps prior`: read or refused, in little memory."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hps_tf.cli.prior import joints_file
from hps_tf.errors import InputError
from hps_tf.fitting.result import FitResult
from hps_tf.formats import result_file
from tests import mutations
from tests.formats.test_result_file import arrays


class Kinds(dict):
    """By the name of a kind, the damage to a file and what reads it; reports do not show them."""

    def __repr__(self):
        return "Kinds()"


@pytest.fixture(scope="module")
def damaged(body):
    rng = np.random.default_rng(0)
    detected = {
        "keypoints_2d": rng.uniform(0, 100, (3, 17, 2)),
        "fitted_keypoints_2d": rng.uniform(0, 100, (3, 17, 2)),
        "confidence": np.ones((3, 17)),
        "joint_std": np.full((3, 24), 0.1),
        "score": np.full(3, 0.9),
        "times": np.array([0, 0.04, 0.08]),
    }
    fields = [field.name for field in dataclasses.fields(FitResult) if field.name != "terms"]
    fit = {name: np.ones((2, 3)) for name in fields} | {"term_prior": np.ones(2)}
    poses = {"poses": 0.1 * np.ones((2, 72)), "trans": np.zeros((2, 3)), "betas": np.zeros(10)}
    contents = {
        "photographs": (arrays(body, ["a", "b", "c"], [4, 4, 9], **detected), _scenes(body)),
        "video": (arrays(body, ["a", "b", "a"], [0, 0, 2], **detected), _scenes(body)),
        "fit": (fit, FitResult.load),
        "poses": (poses | {"mocap_framerate": 30.0}, lambda path: joints_file.read(path, body)),
        "joints": ({"joints": np.ones((2, 24, 3))}, lambda path: joints_file.read(path, body)),
    }
    return Kinds(
        (name, (mutations.damaged_arrays(fields), read))
        for name, (fields, read) in contents.items()
    )


def _scenes(body):
    return lambda path: result_file.read(path, body)


def _read(damaged, directory, data) -> None:
    damage, read = damaged[data.draw(st.sampled_from(sorted(damaged)))]
    path = directory / "fuzzed.npz"
    path.write_bytes(data.draw(damage))
    mutations.read_or_refused(lambda: read(path), InputError)


@mutations.few(2_000)
@given(data=st.data())
def test_damaged_results_are_read_or_refused(damaged, tmp_path_factory, data):
    _read(damaged, tmp_path_factory.getbasetemp(), data)


@mutations.many
@given(data=st.data())
def test_many_damaged_results_are_read_or_refused(damaged, tmp_path_factory, part, data):
    _read(damaged, tmp_path_factory.getbasetemp(), data)
