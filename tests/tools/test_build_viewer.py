import re
from pathlib import Path

import pytest

from hps_tf.errors import InputError
from tools import build_viewer


@pytest.mark.needs_network
def test_rebuilt_script_is_the_one_shipped_byte_for_byte():
    try:
        content = build_viewer.bundle(None)
    except InputError as error:
        pytest.skip(str(error))
    assert content == build_viewer.PATH.read_text("utf-8")


def test_another_package_is_refused_by_its_sum(tmp_path):
    (tmp_path / "three.tgz").write_bytes(b"something else")
    with pytest.raises(InputError, match=r"expected three@0\.187\.0 with sha256 ff54.*, received"):
        build_viewer.bundle(tmp_path / "three.tgz")


def test_the_viewer_uses_what_is_bundled_and_nothing_else():
    script = build_viewer.PATH.with_name("viewer.js").read_text("utf-8")
    used = set(re.findall(r"THREE\.(\w+)", script))
    assert used == {*build_viewer._NAMES, "OrbitControls", "GLTFLoader"}


def test_the_licence_is_named_in_the_script_and_in_the_notice():
    assert "MIT licence, see NOTICE" in build_viewer.PATH.read_text("utf-8")[:300]
    notice = Path(__file__).parents[2] / "NOTICE"
    assert "three.js authors" in notice.read_text("utf-8")
