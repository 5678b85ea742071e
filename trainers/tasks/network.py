"""Trains the staged network: a curriculum of phases over images with the labels that they have."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf import models, priors
from hps_tf.data.images.train_batch import TrainBatch
from hps_tf.errors import InputError
from hps_tf.fitting import in_the_loop
from hps_tf.losses import weighted_sum
from hps_tf.models import (
    Predictor,
    StagedNetwork,
    TotalLoss,
    loss_terms,
)
from hps_tf.models.front_end import FrontEnd
from trainers.task import Task
from trainers.tasks import network_data, network_report, network_settings
from trainers.tasks.seen_images import SeenBatches, SeenSource


class PhaseBatch(NamedTuple):
    """A batch of a phase of the curriculum.

    Attributes:
      examples: The images and their labels.
      phase: `(B,)` int32 number of the phase.
      uses_ground_truth: `(B,)` float32, 1 where the pose module sees evidence of the labels.
    """

    examples: TrainBatch
    phase: tf.Tensor
    uses_ground_truth: tf.Tensor


class NetworkTask(Task):
    """The network; the loss is the weighted sum of Eq. 11 with the weights of the step's phase."""

    def __init__(self, config: ConfigDict):
        network_settings.check(config)
        self._config = config
        start = config.network.start_from
        self._earlier = models.load(start) if start else None
        self._options = network_settings.options_of(config, self._earlier)
        self._prior = priors.load(self._options.prior, "latent")
        self._body = network_data.load_body(config)
        self._open_data()
        self._starts = np.array(network_data.phase_starts(config))
        phases = network_data.curriculum(config).values()
        self._ground_truth_shares = np.array(
            [phase.ground_truth_evidence for phase in phases], np.float32
        )
        self._validates_on_labels = bool(self._ground_truth_shares[-1] >= 1.0)
        self._weights = np.array(
            [
                [phase.weights.get(name, 0.0) for name in network_settings.loss_names()]
                for phase in phases
            ],
            np.float32,
        )

    def _open_data(self) -> None:
        self._batches = network_data.training_batches(self._config, self._options, self._body)
        self._validation = network_data.validation_batches(self._config, self._options, self._body)

    def prepare(self, workdir: Path, *, is_chief: bool) -> None:
        """Computes what the front end finds in the images, where that is to be kept."""
        self._cache = Path(self._config.cache or workdir / "seen")
        if is_chief and self._config.views:
            front = (self._earlier and self._earlier.front) or FrontEnd()
            for source in self._seen_sources():
                source.make(self._cache, front)

    def _seen_sources(self) -> list[SeenSource]:
        every = [self._batches, *(batches for batches, _ in self._validation.values())]
        return [
            source for each in every if isinstance(each, SeenBatches) for source in each.sources
        ]

    def build(self) -> StagedNetwork:
        """Creates the network, or loads the one to start from, and freezes what is not trained."""
        lifting = network_settings.lifting_of(self._config)
        first = lifting or (self._earlier and self._earlier.lifting)
        self.network = StagedNetwork(
            self._options,
            self._prior,
            self._body.num_shape,
            first.mode if first else None,
            self._body.name,
        )
        if self.network.front is not None:
            for source in self._seen_sources():
                source.open(self._cache, self.network.front)
        if weights := self._config.network.backbone_weights:
            network_settings.load_backbone(self.network, weights)
        if self._earlier is not None:
            start = self._config.network.start_from
            _start_from(self.network, self._earlier, start, has_pose=lifting is None)
        if lifting:
            self.network.pose.set_weights(lifting.module.get_weights())
        trained = network_settings.trained_modules(self._config)
        for name, module in self.network.modules.items():
            module.trainable = name in trained
        used = np.array(network_settings.loss_names())[(self._weights != 0).any(axis=0)].tolist()
        self._predictor = Predictor(self.network, self._body)
        terms = loss_terms()
        if set(used) & set(in_the_loop.TERMS):
            terms |= in_the_loop.loss_terms(self._body, self.network)
        self._loss = TotalLoss(self.network, self._predictor.decoder, used, terms)
        self._validation_step = tf.function(self._weighted, autograph=False)
        return self.network

    def batch(self, step: tf.Tensor) -> PhaseBatch:
        """Gives augmented images with their labels and the phase of the step."""
        return self._batch_rows(step, slice(None))

    def worker_batch(self, step: tf.Tensor, worker: int, num_workers: int) -> PhaseBatch:
        """Gives a worker's part of the batch; the others' images are not read."""
        size = self._config.batch_size // num_workers
        return self._batch_rows(step, slice(worker * size, (worker + 1) * size))

    def loss(self, batch: PhaseBatch) -> tuple[tf.Tensor, Mapping[str, tf.Tensor]]:
        """Computes the weighted sum of the losses, and each by itself."""
        return self._weighted(batch)

    def validate(self) -> dict[str, float]:
        """Gives the losses of unseen images, with the weights of the last phase.

        The pose module sees what was found in them, unless it sees labels alone in the last phase.
        And the errors of the people in them, of the sources that `config.measured` names.
        """
        last = len(self._starts) - 1
        sums: dict[str, list[float]] = {}
        for name, (batches, count) in self._validation.items():
            for index in range(count):
                examples = batches.batch(tf.constant(index, tf.int64))
                phase = tf.fill(tf.shape(examples.has_pose), last)
                share = float(self._validates_on_labels)
                losses, means = self._validation_step(_phase_batch(examples, phase, share))
                sums.setdefault("loss", []).append(float(tf.reduce_mean(losses)))
                for term, value in means.items():
                    sums.setdefault(f"{name}/{term}", []).append(float(value))
        figures = {name: float(np.mean(values)) for name, values in sums.items()}
        for name in self._config.measured:
            means = self._errors(self._config.data[name])
            figures |= {f"{name}/{metric}": value for metric, value in means.items()}
        return figures

    def finish(self, workdir: Path) -> dict[str, Any]:
        """Measures the network on the validation images, saves it, draws some, and exports it."""
        figures = self._figures()
        summary = {"num_parameters": self.network.num_parameters, "validation": figures}
        self.network.card = {"config": self._config.to_dict(), **summary}
        models.save(self.network, workdir / "network.npz")
        self._deliver(workdir)
        return summary

    def next_command(self, workdir: Path) -> str:
        """How to measure the network."""
        source = next(iter(self._sources().values()))
        split = source.validation_split
        return (
            f"python -m tools.evaluate network --run {workdir} --data {source.path} --split {split}"
        )

    def _figures(self) -> dict[str, dict[str, float]]:
        """The errors of the people in the validation images of each source."""
        return {name: self._errors(settings) for name, settings in self._sources().items()}

    def _deliver(self, workdir: Path) -> None:
        network_report.deliver(workdir, self._sources(), self._predictor)

    def _errors(self, settings: ConfigDict) -> dict[str, float]:
        on_labels = self._validates_on_labels
        return network_report.errors(settings, self._predictor, ground_truth_evidence=on_labels)

    def _sources(self) -> dict[str, ConfigDict]:
        """The sources that there are, whether a phase uses them or not."""
        return {name: source for name, source in self._config.data.items() if source.path}

    def _batch_rows(self, step: tf.Tensor, rows: slice) -> PhaseBatch:
        examples = self._batches.batch(step, rows)
        starts = tf.constant(self._starts, tf.int64)
        phase = tf.reduce_sum(tf.cast(step >= starts, tf.int32)) - 1
        # Drawn for the whole batch, whichever rows are wanted.
        seed = tf.stack([tf.constant(self._config.seed, tf.int64), step])
        draws = tf.random.stateless_uniform((self._config.batch_size,), seed)[rows]
        is_drawn = tf.cast(draws < tf.gather(self._ground_truth_shares, phase), tf.float32)
        return _phase_batch(examples, tf.fill(tf.shape(examples.has_pose), phase), is_drawn)

    def _weighted(self, batch: PhaseBatch) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        weights = tf.gather(tf.constant(self._weights), batch.phase)
        by_name = dict(zip(network_settings.loss_names(), tf.unstack(weights, axis=1), strict=True))
        return weighted_sum(self._loss(batch.examples, batch.uses_ground_truth), by_name)


def _phase_batch(
    examples: TrainBatch, phase: tf.Tensor, uses_ground_truth: tf.Tensor | float
) -> PhaseBatch:
    """Joins the parts; evidence of labels is used in images that have both kinds of label."""
    has_labels = examples.has_keypoints * examples.has_parts
    return PhaseBatch(examples, phase, uses_ground_truth * has_labels)


def _start_from(
    network: StagedNetwork, earlier: StagedNetwork, path: str, *, has_pose: bool
) -> None:
    """Takes an earlier network's weights, those of the pose module only if that is wanted."""
    try:
        for name, module in network.modules.items():
            if name != "pose" or has_pose:
                theirs = earlier.modules[name].weights
                for mine, value in zip(module.weights, theirs, strict=True):
                    mine.assign(value)
    except (KeyError, ValueError) as error:
        raise InputError(
            f"config.network.start_from: expected a network of the same sizes, received {path}:"
            f" {error}"
        ) from None
