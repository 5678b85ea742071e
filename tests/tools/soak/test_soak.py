import os
import sys
from collections import Counter

import numpy as np
import pytest

from hps_tf.io import json_file
from tools.soak import __main__ as program
from tools.soak import damage, jobs
from tools.soak.jobs import Job
from tools.soak.rounds import Soak
from tools.soak.volume import Volume

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a file system")

#: Writes 40 kB whole or not at all; an error is one line.
WHOLE = """
import os, pathlib, sys, time
try:
    out = pathlib.Path(sys.argv[1]); out.mkdir(exist_ok=True)
    (out / ".new").write_text('"' + "x" * 40_000 + '"')
    time.sleep(0.05)
    os.replace(out / ".new", out / "result.json")
except OSError as error:
    print(error, file=sys.stderr); sys.exit(2)
"""
#: Writes in place, and does not handle errors.
IN_PLACE = """
import pathlib, sys, time
out = pathlib.Path(sys.argv[1]); out.mkdir(exist_ok=True)
with (out / "result.json").open("w") as file:
    for part in ['"', *["x" * 4_000] * 10, '"']:
        file.write(part); file.flush(); time.sleep(0.02)
"""


def job(script):
    def results(output):
        return {"size": np.array((output / "result.json").stat().st_size)}

    return Job("job", lambda out: [sys.executable, "-c", script, str(out)], results, 0.0)


@pytest.fixture
def soak(tmp_path):
    volume = Volume(tmp_path / "volume")
    yield Soak(volume, 0, lambda line: None)
    volume.close()


def test_a_program_that_writes_whole_files_passes(soak):
    for _ in range(4):
        soak.round(job(WHOLE))
    assert not soak.failures
    counts = soak.counts["job"]
    assert counts["rounds"] == counts["equal results"] == 4
    assert counts["processes"] > 8


def test_a_program_that_writes_in_place_is_found_out(soak):
    for _ in range(6):
        soak.round(job(IN_PLACE))
    assert any("half-written" in line for line in soak.failures)


@needs_root
def test_a_full_disk_and_a_read_only_one_refuse_to_write(tmp_path):
    volume = Volume(tmp_path / "volume")
    path = volume.path / "file"
    try:
        with volume.full_after(100_000), pytest.raises(OSError, match="No space left"):
            path.write_bytes(bytes(200_000))
        with volume.read_only(), pytest.raises(OSError, match="Read-only"):
            path.write_bytes(b"1")
        path.write_bytes(bytes(200_000))
    finally:
        volume.close()
    assert not volume.path.exists()


@pytest.mark.parametrize("name", ["result.npz", "summary.json", "log.jsonl"])
def test_files_that_were_cut_are_half_written(tmp_path, name):
    path = tmp_path / name
    if name == "result.npz":
        np.savez(path, pose=np.arange(1000.0))
    else:
        path.write_text('{"step": 1}\n{"step": 2}\n')
        if name == "summary.json":
            json_file.write(path, {"people": list(range(100))})
    assert not damage.half_written(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 3] + (b"\n" if name == "log.jsonl" else b""))
    (line,) = damage.half_written(tmp_path)
    assert line.startswith(f"{name}: ")


def test_results_differ_by_names_shapes_texts_and_numbers():
    one = {"pose": np.zeros(3), "names": np.array(["a"])}
    assert jobs.difference(one, one) == 0.0
    assert jobs.difference({**one, "pose": np.array([0, 0, 0.5])}, one) == 0.5
    assert jobs.difference({**one, "names": np.array(["b"])}, one) == np.inf
    assert jobs.difference({**one, "pose": np.zeros(4)}, one) == np.inf
    assert jobs.difference({"pose": np.zeros(3)}, one) == np.inf


def test_the_report_counts_and_a_broken_promise_is_exit_code_1(tmp_path, monkeypatch, capsys):
    def broken(soak, job):
        soak.counts[job.name] = Counter({"rounds": 1, "kill": 2})
        soak.failures = ["job: half-written after kill: result.json"]

    monkeypatch.setattr(jobs, "prepare", lambda directory: [job(WHOLE)])
    monkeypatch.setattr(Soak, "round", broken)
    monkeypatch.setattr(program.signal, "signal", lambda number, handler: None)
    arguments = ["--minutes", "0.01", "--output", str(tmp_path / "soak")]
    monkeypatch.setattr(sys, "argv", ["tools.soak", *arguments])
    with pytest.raises(SystemExit) as stopped:
        program.main()
    assert stopped.value.code == program.EXIT_BROKEN
    assert capsys.readouterr().out.splitlines() == [
        "|  | processes | rounds | kill | stop | full disk | read-only | equal results"
        " | left behind |",
        "|" + "---|" * 9,
        "| job | 0 | 1 | 2 | 0 | 0 | 0 | 0 | 0 |",
        "FAILED job: half-written after kill: result.json",
    ]
