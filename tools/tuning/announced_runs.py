"""Runs that the first of several workers announces, and that the others train along with it.

The workers of one trial (strategy multi_worker) share a file. The others never ask the chief, which
ends with the last trial whether all have heard of it or not.
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path

from hps_tf.io import json_file
from tools.tuning.training_job import JobFailedError, TrainingJob
from trainers import arguments

_POLL_SECONDS = 1.0


class AnnouncedRuns:
    """The file of announcements.

    Args:
      directory: The search's.
      tuner_id: The name that those who train together share.
    """

    def __init__(self, directory: Path, tuner_id: str):
        self._runs = directory / "runs"
        self._file = directory / "leads" / f"{tuner_id}.json"

    def announce(self, run: str, until: int) -> None:
        """Announces the training of a run up to a step; the run's config exists already."""
        self._write({"run": run, "until": until, "time": time.time_ns()})

    def end(self) -> None:
        """Announces the end of the search."""
        self._write({"ended": True})

    def forget(self) -> None:
        """Removes the announcements of an earlier search."""
        self._file.unlink(missing_ok=True)

    def follow(self, program: Sequence[str], member: int) -> None:
        """Trains the announced runs until the end of the search.

        Args:
          program: The command that trains.
          member: The number of this process among those that train together.

        Raises:
          InputError: If the training cannot use its config or data.
        """
        heard = None
        while True:
            word = json.loads(self._file.read_text("utf-8")) if self._file.exists() else {}
            if word.get("ended"):
                return
            if not word or word == heard:
                time.sleep(_POLL_SECONDS)
                continue
            heard = word
            job = TrainingJob(self._runs / word["run"], program, member)
            config = arguments.load(self._runs / word["run"] / "config.json")
            try:
                for _ in job.train(config, word["until"]):
                    pass
            except JobFailedError as error:  # The first sees it too, and reports it.
                print(f"run {word['run']} failed: {error}", flush=True)

    def _write(self, word: dict[str, object]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write(self._file, word)
