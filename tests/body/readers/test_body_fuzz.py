"""Damaged body models: archives, archives of pickles, and pickles of every protocol."""

import io
import pickle

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

import hps_tf.body
from hps_tf.errors import InputError
from tests import mutations


class Forms:
    """Strategies of the damage to a body in every form; reports name it, not its bytes."""

    def __init__(self, damages):
        self.damages = damages


@pytest.fixture(scope="module")
def forms(smpl_fields):
    fields = _of_few_vertices(smpl_fields(24))
    sparse = fields | {"J_regressor": scipy.sparse.csc_matrix(fields["J_regressor"])}
    archives = []
    for each in (fields, sparse):
        buffer = io.BytesIO()
        np.savez(buffer, **each)
        archives.append(mutations.damaged_archive(buffer.getvalue()))
    pickles = [pickle.dumps(sparse, protocol) for protocol in (0, 2, 4)]
    return Forms([*archives, *map(mutations.damaged, pickles)])


def _of_few_vertices(fields):
    """A body of 24 vertices: Hypothesis keeps what it draws."""
    cut = {name: fields[name][:24] for name in ("v_template", "shapedirs", "posedirs", "weights")}
    regressor = np.eye(24)
    return fields | cut | {"J_regressor": regressor, "f": fields["f"] % 24}


def test_a_whole_file_is_read(smpl_fields, tmp_path):
    np.savez(tmp_path / "whole.npz", **_of_few_vertices(smpl_fields(24)))
    assert hps_tf.body.load(tmp_path / "whole.npz").num_vertices == 24


def _read(forms, directory, data) -> None:
    path = directory / "fuzzed-body"
    form = data.draw(st.integers(0, len(forms.damages) - 1))
    path.write_bytes(data.draw(forms.damages[form]))
    mutations.read_or_refused(lambda: hps_tf.body.load(path), InputError)


@mutations.few(2_000)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(forms, tmp_path_factory, data):
    _read(forms, tmp_path_factory.getbasetemp(), data)


@mutations.many
@given(data=st.data())
def test_many_damaged_files_are_read_or_refused(forms, tmp_path_factory, part, data):
    _read(forms, tmp_path_factory.getbasetemp(), data)
