"""Pickles as Python 2 wrote them, with chumpy arrays and SciPy matrices, without either."""

import io
import pickle
import struct
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse


class _Python2Pickler(pickle._Pickler):  # type: ignore[name-defined]
    """Writes byte strings as Python 2 wrote its `str`."""

    dispatch = pickle._Pickler.dispatch.copy()  # type: ignore[attr-defined]

    def save_bytes(self, data: bytes) -> None:
        self.write(pickle.BINSTRING + struct.pack("<i", len(data)) + data)

    dispatch[bytes] = save_bytes


@pytest.fixture
def write_python2_pickle(monkeypatch) -> Callable[[Path, dict[str, Any]], None]:
    """Writes fields the way the SMPL files of 2015 were: protocol 2, chumpy and SciPy inside."""
    chumpy = types.ModuleType("chumpy")
    for name, class_name in (("chumpy.ch", "Ch"), ("chumpy.reordering", "Select")):
        module = types.ModuleType(name)
        setattr(module, class_name, type(class_name, (), {"__module__": name}))
        monkeypatch.setitem(sys.modules, name, module)
        setattr(chumpy, name.split(".")[1], module)
    monkeypatch.setitem(sys.modules, "chumpy", chumpy)

    def write(path: Path, fields: dict[str, np.ndarray]) -> None:
        plain = chumpy.ch.Ch()
        plain.x = fields["v_template"]
        plain._dirty_vars = set()
        selection = chumpy.reordering.Select()
        padded = chumpy.ch.Ch()
        padded.x = np.concatenate([np.full(7, np.pi), fields["shapedirs"].ravel()])
        selection.a = padded
        selection.idxs = np.arange(7, padded.x.size)
        selection.preferred_shape = fields["shapedirs"].shape
        content = fields | {
            "v_template": plain,
            "shapedirs": selection,
            "posedirs": np.asfortranarray(fields["posedirs"]),
            "weights": fields["weights"].astype(">f8"),
            "J_regressor": scipy.sparse.csc_matrix(fields["J_regressor"]),
            "bs_type": "lrotmin",
            "bs_style": "lbs",
        }
        buffer = io.BytesIO()
        _Python2Pickler(buffer, protocol=2).dump(content)
        data = buffer.getvalue()
        for new, old in ((b"numpy._core.", b"numpy.core."), (b"sparse._csc", b"sparse.csc")):
            data = data.replace(new, old)
        path.write_bytes(data)

    return write
