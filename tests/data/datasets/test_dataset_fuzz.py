"""Damaged files of 3DPW and Human3.6M: read or refused, soon, in little memory."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("cdflib")

from hps_tf.data.datasets import threedpw
from hps_tf.data.datasets.human36m import index_list, metadata, positions
from hps_tf.errors import InputError
from tests import mutations
from tests.data import human36m_files, threedpw_files


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """By the name of a file, the damage to it and what reads it."""
    path = tmp_path_factory.mktemp("whole") / "a.cdf"
    joints = np.random.default_rng(0).normal(0, 500, (3, 17, 3))
    human36m_files.write_cdf(path, human36m_files.all_joints(joints))
    video = threedpw_files.Video(count=2, num_people=1)
    contents = {
        "a.cdf": (path.read_bytes(), positions.read_3d),
        "a.pkl": (pickle.dumps(video.fields, 2), threedpw.read),
        "metadata.xml": (
            human36m_files.metadata_xml().encode(),
            lambda path: metadata.read(path.read_bytes(), path.name),
        ),
        "a.csv": (
            b"subject,action,camera,frame\nS1,Directions 1,54138969,6\n",
            lambda path: index_list.read(path.read_bytes(), path.name),
        ),
    }
    return {name: (mutations.damaged(data), read) for name, (data, read) in contents.items()}


def read(damaged, directory, data):
    name = data.draw(st.sampled_from(sorted(damaged)))
    damage, reader = damaged[name]
    path = directory / name
    path.write_bytes(data.draw(damage))
    mutations.read_or_refused(lambda: reader(path), InputError)


@mutations.few(2_000)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(damaged, tmp_path_factory, data):
    read(damaged, tmp_path_factory.getbasetemp(), data)


@mutations.many
@given(data=st.data())
def test_many_damaged_files_are_read_or_refused(damaged, tmp_path_factory, part, data):
    read(damaged, tmp_path_factory.getbasetemp(), data)
