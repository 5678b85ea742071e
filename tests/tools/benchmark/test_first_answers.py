"""Benchmarks of programs in processes of their own; the processes are stand-ins."""

import itertools
import json
import os

import pytest

from tools.benchmark import child_process, exporting, few_poses, one_fit, rendering, starts, timing
from tools.benchmark.child_process import Ended


@pytest.fixture
def ran(monkeypatch):
    """The commands that were run, with what was added to their environment."""
    commands = []
    counter = itertools.count(1)

    def run(command, variables=None, code=0):
        commands.append((command, variables, code))
        number = float(next(counter))
        output = "other\n" + json.dumps({"first": 10 * number, "later": number})
        return Ended(number, 2 * number, output)

    monkeypatch.setattr(child_process, "run", run)
    return commands


def test_first_fits_share_a_cache_that_is_empty_at_first(ran):
    rows = list(one_fit.rows())
    assert [row.ours for row in rows] == [10.0, 20.0, 1.0]
    assert [row.metric for row in rows] == [
        "first call, an empty cache",
        "first call, the cache of an earlier process",
        "a later call",
    ]
    (first, flags, _), (second, same_flags, _) = ran
    assert first == second
    assert flags == same_flags
    directory = flags["TF_XLA_FLAGS"].rpartition("=")[2]
    assert not os.path.exists(directory)


def test_exports_of_a_network_and_of_a_prior_are_whole_and_quick(ran):
    rows = list(exporting.rows())
    assert [(row.case, row.metric, row.ours) for row in rows] == [
        ("network `tiny`", "with all checks", 1.0),
        ("network `tiny`", "--quick", 2.0),
        ("prior cmu-6d-light", "with all checks", 3.0),
        ("prior cmu-6d-light", "--quick", 4.0),
    ]
    assert [("--quick" in command) for command, _, _ in ran] == [False, True, False, True]


def test_starts_are_the_faster_of_two(ran, monkeypatch):
    monkeypatch.setattr(starts, "_PROGRAMS", ("hps_tf.cli",))
    monkeypatch.setattr(starts, "_training", lambda directory: iter(()))
    rows = list(starts.rows())
    assert [(row.metric, row.ours) for row in rows] == [
        ("--help", 2.0),
        ("an error in an argument", 6.0),
    ]
    assert [code for _, _, code in ran] == [0, 0, 2, 2]


def test_the_processors_time_of_this_process_grows():
    before = starts._cpu_seconds(os.getpid())
    sum(number * number for number in range(3_000_000))
    assert starts._cpu_seconds(os.getpid()) > before


def test_calls_on_few_poses_are_timed_for_every_prior(monkeypatch):
    monkeypatch.setattr(few_poses, "_PRIORS", ("cmu-aa-light", "cmu-vposer"))
    monkeypatch.setattr(
        timing, "interleaved", lambda runs, rounds: {name: run().size for name, run in runs.items()}
    )
    rows = list(few_poses.rows())
    assert [row.metric for row in rows] == [
        *("log_prob", "sample", "encode", "decode"),
        *("sample", "encode", "decode"),
    ]
    assert [row.ours for row in rows[:2]] == [1e3 * 8, 1e3 * 8 * 63]


def test_images_are_counted_per_second_of_one_core(monkeypatch):
    monkeypatch.setattr(rendering, "_SIZES", (32,))
    monkeypatch.setattr(rendering, "_NUM_VERTICES", (3000,))
    monkeypatch.setattr(rendering, "_IMAGES", 2)
    monkeypatch.setattr(rendering, "_RASTERS", 2)
    rows = list(rendering.rows())
    assert [row.case for row in rows] == ["32x32 pixels, 3,000 vertices"] * 2
    assert [row.metric for row in rows] == ["images per core", "raster per core"]
    assert all(row.is_rate and row.ours > 0 for row in rows)
