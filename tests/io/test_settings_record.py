import pytest

from hps_tf.errors import InputError
from hps_tf.io import json_file, settings_record

SETTINGS = {"steps": 3, "optimizer": {"name": "adam", "rate": 0.1}, "paths": ("a", "b")}


def check(recorded, **options):
    settings_record.check(recorded, SETTINGS, "--output o", "a run", "choose another", **options)


def test_the_same_settings_pass_as_json_has_them(tmp_path):
    json_file.write(tmp_path / "s.json", SETTINGS)
    arguments = SETTINGS, "--output o", "a run", "choose another"
    assert settings_record.check_file(tmp_path / "s.json", *arguments)
    assert not settings_record.check_file(tmp_path / "none.json", *arguments)


def test_each_difference_is_named_with_both_values():
    recorded = {**SETTINGS, "optimizer": {"name": "adam", "rate": 0.2}, "old": 1, "paths": ["a"]}
    message = (
        "--output o: expected a run with the same settings, received old 1 there, None here;"
        " optimizer.rate 0.2 there, 0.1 here; paths ['a'] there, ['a', 'b'] here; choose another"
    )
    with pytest.raises(InputError) as raised:
        check(recorded)
    assert str(raised.value) == message


def test_adjustable_settings_may_differ():
    recorded = {**SETTINGS, "paths": ["a", "b"], "steps": 5}
    check(recorded, adjustable=["steps"])
    with pytest.raises(InputError, match="steps 5 there, 3 here"):
        check(recorded, adjustable=["rate"])
