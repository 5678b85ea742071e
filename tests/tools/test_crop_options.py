import argparse

import pytest

from hps_tf.errors import InputError
from tools import crop_options


def _checked(tmp_path, *arguments, **least):
    parser = argparse.ArgumentParser()
    crop_options.add_arguments(parser)
    parser.add_argument("--every", type=int)
    args = parser.parse_args([f"--output={tmp_path / 'new'}", *arguments])
    crop_options.check(args, **least)
    return args


def test_defaults_are_sound_and_what_is_not_given_is_not_checked(tmp_path):
    args = _checked(tmp_path, every=1)
    assert args.image_size == 256
    assert args.workers >= 1
    assert not args.skip_bad
    assert args.every is None


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--image_size=8", "--image_size: expected from 16 to 2048, received 8"),
        ("--image_size=4096", "--image_size: expected from 16 to 2048, received 4096"),
        ("--workers=0", "--workers: expected at least 1, received 0"),
        ("--every=0", "--every: expected at least 1, received 0"),
    ],
)
def test_numbers_out_of_range_are_named(argument, message, tmp_path):
    with pytest.raises(InputError, match=message):
        _checked(tmp_path, argument, every=1)


def test_only_what_was_prepared_is_replaced(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file: expected a directory to write, received a file"):
        _checked(tmp_path, f"--output={tmp_path / 'file'}")
    with pytest.raises(InputError, match=r"manifest\.json"):
        _checked(tmp_path, f"--output={tmp_path}")
