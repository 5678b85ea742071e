"""Runs of `trainers.train`, some at a time; interrupted ones resume.

DIRECTORY/configs/RUN.json   what a run is started with
DIRECTORY/runs/RUN/          its run directory
DIRECTORY/logs/RUN.txt       what it prints
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from ml_collections import ConfigDict
from tqdm import tqdm

from hps_tf.cli import environment
from hps_tf.errors import InputError
from hps_tf.io.json_file import write as write_json

_SECONDS_BETWEEN_LOOKS = 1.0


def is_done(directory: Path, run: str) -> bool:
    """Whether a run has ended."""
    return (directory / "runs" / run / "summary.json").is_file()


def train(configs: Mapping[str, ConfigDict], directory: Path, workers: int) -> None:
    """Trains the runs that are not done, with progress on the terminal.

    Args:
      configs: Of each run, by its name.
      directory: Where they are kept.
      workers: How many at a time; where there are several, each has one core.

    Raises:
      InputError: If one ends with an error; the others have been stopped.
    """
    waiting = {run: config for run, config in configs.items() if not is_done(directory, run)}
    total = len(waiting)
    running: dict[str, subprocess.Popen] = {}
    with tqdm(total=total, desc="training networks", unit="network", disable=not total) as bar:
        try:
            while waiting or running:
                while waiting and len(running) < workers:
                    run = next(iter(waiting))
                    running[run] = _start(run, waiting.pop(run), directory, workers)
                time.sleep(_SECONDS_BETWEEN_LOOKS)
                for run, process in list(running.items()):
                    if process.poll() is not None:
                        del running[run]
                        _check(run, process.returncode, directory)
                        bar.update()
                progress = ", ".join(_progress(run, directory) for run in running)
                if progress != bar.postfix:
                    bar.set_postfix_str(progress)
        finally:
            # They write a checkpoint, and resume from it next time.
            for process in running.values():
                process.terminate()
            for process in running.values():
                process.wait()


def _start(run: str, config: ConfigDict, directory: Path, workers: int) -> subprocess.Popen:
    for folder in ("configs", "logs"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    file = directory / "configs" / f"{run}.json"
    write_json(file, config.to_dict(), indent=1)
    environment.keep_compiled_programs()  # Runs of one kind compile the same step.
    threads = {"TF_NUM_INTRAOP_THREADS": "1", "OMP_NUM_THREADS": "1"} if workers > 1 else {}
    command = [
        *(sys.executable, "-m", "trainers.train"),
        f"--config={file}",
        f"--workdir={directory / 'runs' / run}",
    ]
    with _log(run, directory).open("w", encoding="utf-8") as log:
        return subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **threads}
        )


def _check(run: str, code: int, directory: Path) -> None:
    if code:
        path = _log(run, directory)
        lines = path.read_text("utf-8", errors="replace").strip().splitlines() or ["no output"]
        raise InputError(f"training {run} ended with exit code {code}, see {path}: {lines[-1]}")


def _progress(run: str, directory: Path) -> str:
    """The run and its last step, as its log has it."""
    text = _log(run, directory).read_text("utf-8", errors="replace")
    steps = [line.split()[1] for line in text.splitlines() if line.startswith("step ")]
    return f"{run} {steps[-1] if steps else 'starts'}"


def _log(run: str, directory: Path) -> Path:
    return directory / "logs" / f"{run}.txt"
