import json

import pytest

from hps_tf.errors import InputError
from hps_tf.io import json_file


def test_what_was_written_is_read(tmp_path):
    content = {"name": "größe", "list": [1, 2.5, None], "nested": {"flag": True}}
    json_file.write(tmp_path / "a.json", content)
    assert json_file.read(tmp_path / "a.json") == content
    assert "größe" in (tmp_path / "a.json").read_text(encoding="utf-8")


def test_numbers_that_are_not_finite_become_null(tmp_path):
    json_file.write(tmp_path / "a.json", {"a": float("nan"), "b": [1.0, float("inf")], "c": (2,)})
    assert json_file.read(tmp_path / "a.json") == {"a": None, "b": [1.0, None], "c": [2]}


def test_a_value_that_json_cannot_hold_leaves_the_file_as_it_was(tmp_path):
    json_file.write(tmp_path / "a.json", {"a": 1})
    with pytest.raises(TypeError):
        json_file.write(tmp_path / "a.json", {"a": object()})
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("text", ["", "{", "[1]", "3"])
def test_what_is_no_object_is_named(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=r"a\.json: expected (JSON|an object), received"):
        json_file.read(tmp_path / "a.json")
