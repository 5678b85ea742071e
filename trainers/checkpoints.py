"""Checkpoints of the full training state."""

import logging
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import tensorflow as tf

from hps_tf.errors import InputError
from trainers.strategy import Worker

_KEPT = 3

_log = logging.getLogger(__name__)


class Checkpoints:
    """Saves and restores variables as ``DIRECTORY/ckpt-STEP``.

    TensorFlow writes a checkpoint's index last, so a process killed while saving loses no more than
    that checkpoint. Under several workers all must save (variables may have to be read together),
    but only the chief's files stay.

    Args:
      directory: Where the chief keeps the checkpoints.
      state: The variables by group; groups and order must be those of the saved checkpoint.
      worker: This process's place in the job.
    """

    def __init__(self, directory: Path, state: Mapping[str, Sequence[tf.Variable]], worker: Worker):
        groups = {name: list(variables) for name, variables in state.items()}
        self._checkpoint = tf.train.Checkpoint(**groups)
        self._directory = directory
        self._scratch = None if worker.is_chief else directory / f".worker-{worker.index}"
        self._manager = tf.train.CheckpointManager(
            self._checkpoint, str(self._scratch or directory), max_to_keep=_KEPT
        )

    def restore(self) -> bool:
        """Restores the newest checkpoint that can be read.

        Returns:
          False if there is none at all.

        Raises:
          InputError: If there are checkpoints but none can be read.
        """
        steps = sorted(self._steps(), reverse=True)
        for step in steps:
            path = self._directory / f"ckpt-{step}"
            try:
                self._checkpoint.restore(str(path)).assert_consumed()
            except Exception as error:  # TensorFlow reports damage by errors of many types.
                reason = str(error).partition("\n")[0]
                _log.warning("%s cannot be read (%s); trying the one before", path, reason)
            else:
                return True
        if steps:
            tried = ", ".join(f"ckpt-{step}" for step in steps)
            raise InputError(
                f"{self._directory}: no checkpoint can be read (tried {tried}); delete the run "
                "directory to begin again"
            )
        return False

    def save(self, step: int) -> None:
        """Saves the variables as the checkpoint of a step and drops the oldest checkpoint."""
        self._manager.save(checkpoint_number=step)
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _steps(self) -> list[int]:
        """The steps of all whole checkpoints.

        Not asked of TensorFlow's own record, the file ``checkpoint``: it takes a damaged record for
        an empty one, and the run would silently begin again.
        """
        return [
            int(path.stem.removeprefix("ckpt-")) for path in self._directory.glob("ckpt-*.index")
        ]
