"""How long programs take to begin: to their help, to an error, to the first step of a training.

The training is one that `tools.reproduce table2` starts, the first of a study, on few images.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from hps_tf.io import json_file
from tools.benchmark import child_process, report
from tools.reproduce import image_domains
from tools.reproduce.image_domains import Synthetic
from tools.reproduce.network_study import NetworkStudy

PEERS = ()

_PROGRAMS = (
    "hps_tf.cli",
    "trainers.train",
    "export.savedmodel",
    "export.verify",
    "tools.benchmark",
    "tools.reproduce",
    "tools.prepare_mocap",
)
_WRONG = "--no-such-option"
_BAD_INPUT = 2
_NUM_IMAGES, _IMAGE_SIZE = 200, 64
_PRESET = "tiny"
_FIRST_STEP = "step 1/"
_ROUNDS = 2


def rows() -> Iterator[report.Row]:
    """Measures starts of programs and of a training."""
    for program in _PROGRAMS:
        report.progress(f"starts: {program}")
        yield report.Row(program, "--help", "s", _fastest([program, "--help"]), {})
        seconds = _fastest([program, _WRONG], code=_BAD_INPUT)
        yield report.Row(program, "an error in an argument", "s", seconds, {})
    with tempfile.TemporaryDirectory() as directory:
        yield from _training(Path(directory))


def _fastest(words: Sequence[str], code: int = 0) -> float:
    command = [sys.executable, "-m", *words]
    return min(child_process.run(command, code=code).seconds for _ in range(_ROUNDS))


def _training(directory: Path) -> Iterator[report.Row]:
    synthetic = Synthetic(_NUM_IMAGES, _IMAGE_SIZE, ())
    study = NetworkStudy(
        labelled=image_domains.labelled(directory, synthetic),
        weak=image_domains.weak(directory, synthetic),
        synthetic=synthetic,
        preset=_PRESET,
        maps_steps=1,
        steps=1,
        seeds=(0,),
        output=directory,
        workers=1,
    )
    name, config = study.maps(0)
    json_file.write(directory / "config.json", config.to_dict())
    command = [sys.executable, "-m", "trainers.train", f"--config={directory / 'config.json'}"]
    report.progress("starts: a training to its first step")
    start = time.perf_counter()
    with subprocess.Popen(
        [*command, f"--workdir={directory / 'run'}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        for line in process.stdout or ():
            if line.startswith(_FIRST_STEP):
                break
        else:
            raise RuntimeError("the training ended before its first step")
        seconds, cpu_seconds = time.perf_counter() - start, _cpu_seconds(process.pid)
        process.kill()
    case = f"trainers.train, {name} of table 2, `{_PRESET}`"
    yield report.Row(case, "start to first step", "s", seconds, {})
    yield report.Row(case, "start to first step, all processors", "CPU s", cpu_seconds, {})


def _cpu_seconds(pid: int) -> float:
    """The time of all processors that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
