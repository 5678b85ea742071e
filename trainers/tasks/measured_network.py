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

    def validate(self) -> dict[str, float]:
        """Gives the losses of unseen images, and the errors of the measured source's people."""
        values = super().validate()
        name = self._config.measured
        if name:
            values |= {f"{name}/{metric}": value for metric, value in self._errors(name).items()}
        return values

    def finish(self, workdir: Path) -> dict[str, Any]:
        """Saves the network, with the errors of every source's validation images in its card."""
        evaluation = {name: self._errors(name) for name in self._config.data}
        summary = {"num_parameters": self._network.num_parameters, "validation": evaluation}
        self._network.card = {"config": self._config.to_dict(), **summary}
        models.save(workdir / "network.npz", self._network)
        return summary

    def _errors(self, name: str) -> dict[str, float]:
        """The mean errors of a source's validation images that can be measured."""
        settings = self._config.data[name]
        dataset = ImageDataset(settings.path, settings.validation_split)
        people = predict_split(self._predictor, dataset, max_examples=settings.max_validation)
        stride = self._predictor.network.options.map_stride
        errors = errors_of(people, self._predictor.decoder.body, map_stride=stride)
        return {metric: value for metric, value in errors.means().items() if math.isfinite(value)}
