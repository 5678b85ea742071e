import pytest

from hps_tf.errors import InputError
from trainers import settings
from trainers.configs import base


def _config(**changes):
    config = base.training()
    with config.ignore_type():
        config.update_from_flattened_dict(changes)
    return config


def test_shared_settings_are_valid():
    settings.check(_config())


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("batch_size", -1, "a number above 0"),
        ("steps", 0, "a number above 0"),
        ("steps_per_call", 0, "a number above 0"),
        ("log_every", 0, "a number above 0"),
        ("patience", -1, "a number not below 0"),
        ("strategy", "mirorred", "one of none, mirrored, multi_worker"),
        ("precision", "float8", "one of float32, mixed_bfloat16, mixed_float16"),
        ("optimizer.learning_rate", 0.0, "a number above 0"),
        ("optimizer.learning_rate", float("nan"), "a number above 0"),
        ("optimizer.average_decay", 1.0, "a number from 0 to below 1"),
        ("optimizer.clip_norm", -1.0, "a number above 0"),
        ("steps", "10", "type int, received '10' .str."),
        ("steps", True, "type int, received True .bool."),
        ("optimizer.learning_rate", "fast", "type float, received 'fast'"),
    ],
)
def test_wrong_setting_is_named_with_what_is_expected(name, value, expected):
    with pytest.raises(InputError, match=f"config.{name}: expected {expected}"):
        settings.check(_config(**{name: value}))


def test_missing_setting_is_named():
    config = _config()
    del config.optimizer.clip_norm
    with pytest.raises(InputError, match=r"config\.optimizer\.clip_norm is missing"):
        settings.check(config)


def test_an_integer_is_a_number_too():
    settings.check(_config(**{"optimizer.clip_norm": 5}))
