"""TensorBoard's files of a run: training and validation as two runs of equal names."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorboard.plugins.hparams import api as hparams

_VALIDATION = "validation/"


class EventFiles:
    """Writes scalars, histograms, pictures and the run's settings.

    Args:
      directory: Holds the two runs, `train` and `validation`.
      settings: The config's settings by dotted name.
    """

    def __init__(self, directory: Path, settings: Mapping[str, object]):
        self._train = tf.summary.create_file_writer(str(directory / "train"))
        self._validation = tf.summary.create_file_writer(str(directory / "validation"))
        shown = {
            name: value if isinstance(value, bool | int | float | str) else str(value)
            for name, value in settings.items()
        }
        if shown:
            with self._validation.as_default():
                hparams.hparams(shown, trial_id=str(directory.absolute().parent))

    def write_scalars(self, record: Mapping[str, float]) -> None:
        """Writes a record of log.jsonl; names of validations without their prefix."""
        step = int(record["step"])
        for name, value in record.items():
            if name == "step":
                continue
            writer = self._validation if name.startswith(_VALIDATION) else self._train
            with writer.as_default():
                tf.summary.scalar(name.removeprefix(_VALIDATION), value, step)
        self._flush()

    def write_weights(self, step: int, weights: Sequence[tf.Variable]) -> None:
        """Writes a histogram of each weight."""
        with self._train.as_default():
            for weight in weights:
                tf.summary.histogram(f"weights/{weight.name}", weight, step)
        self._flush()

    def write_picture(self, step: int, name: str, picture: np.ndarray) -> None:
        """Writes a picture `(H, W, 3)` uint8."""
        with self._validation.as_default():
            tf.summary.image(name, picture[np.newaxis], step)
        self._flush()

    def _flush(self) -> None:
        self._train.flush()
        self._validation.flush()
