import argparse
import json

import numpy as np
import pytest

from hps_tf.errors import InputError
from tools.reproduce import alignment


@pytest.fixture
def labels():
    labels = np.zeros((64, 48), np.uint8)
    labels[10:50, 8:40] = 3
    labels[10:30, 8:40] = 7
    return labels


def test_occlusion_hides_a_rectangle_of_the_box(labels):
    before = labels.copy()
    occluded = alignment._occlude(labels, np.random.default_rng(0))
    np.testing.assert_array_equal(labels, before)
    rows, columns = np.nonzero(occluded != labels)
    assert (occluded[rows, columns] == 0).all()
    assert len(rows) == np.ptp(rows) * np.ptp(columns) + np.ptp(rows) + np.ptp(columns) + 1
    assert len(rows) == pytest.approx(0.4 * 40 * 0.4 * 32, rel=0.15)


def test_mislabelled_discs_carry_parts(labels):
    before = labels.copy()
    wrong = alignment._mislabel(labels, np.random.default_rng(0))
    np.testing.assert_array_equal(labels, before)
    changed = wrong != labels
    assert 0 < changed.sum() <= 8 * np.pi * 7**2
    assert set(np.unique(wrong[changed])) <= set(range(1, 15))


def test_every_loss_is_tried_on_every_kind_of_maps(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(alignment, "MAX_CALLS", 50)
    path = tmp_path / "figures.json"
    alignment.reproduce(argparse.Namespace(num_people=2, json=path))
    figures = json.loads(path.read_text())
    assert figures["before_mm"] > 50
    assert list(figures["after_mm"]) == ["clean", "occluded", "mislabelled"]
    for errors in figures["after_mm"].values():
        assert list(errors) == ["plain", "truncated", "visible", "occluded parts"]
        assert len(set(errors.values())) == 4
    assert figures["after_mm"]["clean"]["plain"] < figures["before_mm"]
    printed = capsys.readouterr().out
    assert "MPJPE in mm of 2 people" in printed
    assert f"{figures['after_mm']['mislabelled']['truncated']:.1f}" in printed


def test_bad_arguments_are_named(tmp_path):
    with pytest.raises(InputError, match="--num_people: expected at least 1, received 0"):
        alignment.reproduce(argparse.Namespace(num_people=0, json=tmp_path / "a.json"))
    with pytest.raises(InputError, match="there is no directory"):
        alignment.reproduce(argparse.Namespace(num_people=1, json=tmp_path / "none" / "a.json"))
