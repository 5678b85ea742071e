import argparse
import itertools
from pathlib import Path

import pytest

from hps_tf.errors import InputError
from tools import shares


@pytest.mark.parametrize(("num_items", "count"), [(10, 3), (2, 4), (0, 2), (7, 1)])
def test_shares_are_the_whole_in_order_and_differ_by_one_at_most(num_items, count):
    items = list(range(num_items))
    parts = [shares.Share(index, count).of(items) for index in range(count)]
    assert list(itertools.chain(*parts)) == items
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_share_lies_beside_the_output():
    assert shares.Share(1, 4).directory(Path("data/cmu")) == Path("data/cmu.shares/1-of-4")


@pytest.mark.parametrize("text", ["4/4", "-1/4", "1", "1/0", "a/b", "1/4/2"])
def test_what_is_no_share_is_refused(text, capsys):
    parser = argparse.ArgumentParser()
    shares.add_arguments(parser)
    with pytest.raises(SystemExit) as stop:
        parser.parse_args([f"--share={text}"])
    assert stop.value.code == 2
    assert "--share: expected I/N with I from 0 to below N" in capsys.readouterr().err


def test_a_missing_share_is_named(tmp_path):
    for index in (0, 2):
        shares.Share(index, 3).directory(tmp_path / "out").mkdir(parents=True)
    with pytest.raises(InputError, match=r"out\.shares: expected 3 shares, .* none for 1-of-3;"):
        shares.finished(tmp_path / "out", 3)
    with pytest.raises(InputError, match="--join: expected at least 1, received 0"):
        shares.finished(tmp_path / "out", 0)
