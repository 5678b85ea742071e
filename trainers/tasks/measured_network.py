"""Trains the staged network for a comparison: measured as it learns, and kept without pictures."""

import math
from pathlib import Path
from typing import Any

from hps_tf import models
from hps_tf.data.image_dataset import ImageDataset
from hps_tf.errors import InputError
from hps_tf.evaluation import errors_of, predict_split
from trainers.tasks.network import NetworkTask


class MeasuredNetworkTask(NetworkTask):
    """The network, with the figures of one source's validation images in every validation.

    `config.measured` names the source; empty: none. What `NetworkTask` delivers a network with
    (pictures, a SavedModel) is left out: of a network among many, only its weights are wanted.
    """

    def _open_data(self) -> None:
        super()._open_data()
        name = self._config.measured
        if name and name not in self._config.data:
            raise InputError(
                f"config.measured must be empty or one of {', '.join(self._config.data)}, got"
                f" {name!r}"
            )
        if name:
            settings = self._config.data[name]
            self._measured = ImageDataset(settings.path, settings.validation_split)

    def validate(self) -> dict[str, float]:
        """Gives the losses of unseen images, and the errors of the measured source's people."""
        values = super().validate()
        name = self._config.measured
        if name:
            most = self._config.data[name].max_validation
            people = predict_split(self._predictor, self._measured, max_examples=most)
            stride = self._predictor.network.options.map_stride
            errors = errors_of(people, self._predictor.decoder.body, map_stride=stride)
            values |= {
                f"{name}/{metric}": value
                for metric, value in errors.means().items()
                if math.isfinite(value)
            }
        return values

    def finish(self, workdir: Path) -> dict[str, Any]:
        """Saves the network."""
        summary = {"num_parameters": self._network.num_parameters}
        self._network.card = {"config": self._config.to_dict(), **summary}
        models.save(workdir / "network.npz", self._network)
        return summary
