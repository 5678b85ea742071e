"""Trains the staged network: a curriculum of phases over images with whatever labels they have."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf import models, priors
from hps_tf.body import BodyModel, load_default
from hps_tf.errors import InputError
from hps_tf.losses import weighted_sum
from hps_tf.models import (
    PRESETS,
    NetworkOptions,
    Predictor,
    StagedNetwork,
    lifting_file,
)
from hps_tf.models.front_end import FrontEnd
from hps_tf.models.lifting_network import LiftingNetwork
from hps_tf.models.presets import LIFTING, MOVENET
from hps_tf.models.staged_network import MODULES
from trainers import settings
from trainers.configs import base
from trainers.strategy import Batch
from trainers.task import Task
from trainers.tasks import network_data, network_report
from trainers.tasks.network_losses import NAMES, NetworkLosses
from trainers.tasks.seen_images import SeenBatches, SeenSource


class NetworkTask(Task):
    """The network; the loss is the weighted sum of Eq. 11 with the weights of the step's phase."""

    def __init__(self, config: ConfigDict):
        _check_settings(config)
        self._config = config
        start = config.network.start_from
        self._earlier = models.load(start) if start else None
        self._options = _options(config, self._earlier)
        self._prior = priors.load_flow(self._options.prior)
        self._body = load_body()
        self._open_data()
        self._starts = np.array(network_data.phase_starts(config))
        phases = network_data.curriculum(config).values()
        self._shares_seeing_labels = np.array(
            [phase.label_evidence for phase in phases], np.float32
        )
        self._validates_on_labels = bool(self._shares_seeing_labels[-1] >= 1.0)
        self._weights = np.array(
            [[phase.weights.get(name, 0.0) for name in NAMES] for phase in phases], np.float32
        )

    def _open_data(self) -> None:
        self._batches = network_data.training_batches(self._config, self._options)
        self._validation = network_data.validation_batches(self._config, self._options)

    def prepare(self, workdir: Path, *, is_chief: bool) -> None:
        """Computes what the front end finds in the images, where that is to be kept."""
        self._cache = Path(self._config.cache or workdir / "seen")
        if is_chief and self._config.views:
            front = FrontEnd()
            for source in self._seen_sources():
                source.make(self._cache, front)

    def _seen_sources(self) -> list[SeenSource]:
        every = [self._batches, *(batches for batches, _ in self._validation.values())]
        return [
            source for each in every if isinstance(each, SeenBatches) for source in each.sources
        ]

    def build(self) -> StagedNetwork:
        """Creates the network, or loads the one to start from, and freezes what is not trained."""
        lifting = _lifting(self._config)
        first = lifting or (self._earlier and self._earlier.lifting)
        self._network = StagedNetwork(
            self._options,
            self._prior,
            self._body.num_shape,
            first.mode if first else None,
        )
        if self._network.front is not None:
            for source in self._seen_sources():
                source.open(self._cache, self._network.front)
        if self._earlier is not None:
            start = self._config.network.start_from
            _start_from(self._network, self._earlier, start, has_pose=lifting is None)
        if lifting:
            self._network.pose.set_weights(lifting.module.get_weights())
        trained = _modules(self._config)
        for name, module in self._network.modules.items():
            module.trainable = name in trained
        used = frozenset(np.array(NAMES)[(self._weights != 0).any(axis=0)].tolist())
        self._predictor = Predictor(self._network, self._body)
        self._losses = NetworkLosses(self._network, self._predictor.decoder, used)
        self._validation_step = tf.function(self._weighted, autograph=False)
        return self._network

    def batch(self, step: tf.Tensor) -> Batch:
        """Gives augmented images with their labels and the phase of the step."""
        return self._batch_rows(step, slice(None))

    def worker_batch(self, step: tf.Tensor, worker: int, num_workers: int) -> Batch:
        """Gives a worker's part of the batch; the others' images are not read."""
        size = self._config.batch_size // num_workers
        return self._batch_rows(step, slice(worker * size, (worker + 1) * size))

    def loss(self, batch: Batch) -> tuple[tf.Tensor, Mapping[str, tf.Tensor]]:
        """Computes the weighted sum of the losses, and each by itself."""
        return self._weighted(batch)

    def validate(self) -> dict[str, float]:
        """Gives the losses of unseen images, with the weights of the last phase.

        The pose module sees what was found in them, unless it sees labels alone in the last phase.
        And the errors of the people in them, of the sources that `config.measured` names.
        """
        last = len(self._starts) - 1
        sees_labels = float(self._validates_on_labels)
        sums: dict[str, list[float]] = {}
        for name, (batches, count) in self._validation.items():
            for index in range(count):
                batch = batches.batch(tf.constant(index, tf.int64))
                batch["phase"] = tf.fill(tf.shape(batch["has_pose"]), last)
                batch["sees_labels"] = sees_labels * batch["has_keypoints"] * batch["has_parts"]
                losses, means = self._validation_step(batch)
                sums.setdefault("loss", []).append(float(tf.reduce_mean(losses)))
                for term, value in means.items():
                    sums.setdefault(f"{name}/{term}", []).append(float(value))
        figures = {name: float(np.mean(values)) for name, values in sums.items()}
        for name in _names(self._config.measured):
            means = self._errors(self._config.data[name])
            figures |= {f"{name}/{metric}": value for metric, value in means.items()}
        return figures

    def finish(self, workdir: Path) -> dict[str, Any]:
        """Measures the network on the validation images, saves it, draws some, and exports it."""
        figures = {name: self._errors(settings) for name, settings in self._sources().items()}
        summary = {"num_parameters": self._network.num_parameters, "validation": figures}
        self._network.card = {"config": self._config.to_dict(), **summary}
        models.save(workdir / "network.npz", self._network)
        self._deliver(workdir)
        return summary

    def next_command(self, workdir: Path) -> str:
        """How to measure the network."""
        source = next(iter(self._sources().values()))
        split = source.validation_split
        return (
            f"python -m tools.evaluate network --run {workdir} --data {source.path} --split {split}"
        )

    def _deliver(self, workdir: Path) -> None:
        network_report.deliver(workdir, self._sources(), self._predictor)

    def _errors(self, settings: ConfigDict) -> dict[str, float]:
        on_labels = self._validates_on_labels
        return network_report.errors(settings, self._predictor, label_evidence=on_labels)

    def _sources(self) -> dict[str, ConfigDict]:
        """The sources that there are, whether a phase uses them or not."""
        return {name: source for name, source in self._config.data.items() if source.path}

    def _batch_rows(self, step: tf.Tensor, rows: slice) -> Batch:
        batch = self._batches.batch(step, rows)
        starts = tf.constant(self._starts, tf.int64)
        phase = tf.reduce_sum(tf.cast(step >= starts, tf.int32)) - 1
        # Drawn for the whole batch, whichever rows are wanted.
        seed = tf.stack([tf.constant(self._config.seed, tf.int64), step])
        draws = tf.random.stateless_uniform((self._config.batch_size,), seed)[rows]
        sees_labels = tf.cast(draws < tf.gather(self._shares_seeing_labels, phase), tf.float32)
        return batch | {
            "phase": tf.fill(tf.shape(batch["has_pose"]), phase),
            "sees_labels": sees_labels * batch["has_keypoints"] * batch["has_parts"],
        }

    def _weighted(self, batch: Batch) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        weights = tf.gather(tf.constant(self._weights), batch["phase"])
        by_name = dict(zip(NAMES, tf.unstack(weights, axis=1), strict=True))
        return weighted_sum(self._losses.terms(batch), by_name)


def load_body() -> BodyModel:
    """The body that networks are trained with."""
    return load_default(num_vertices=3000)


def _options(config: ConfigDict, earlier: StagedNetwork | None) -> NetworkOptions:
    wanted = config.network
    if wanted.preset not in PRESETS:
        raise InputError(
            f"config.network.preset must be one of {', '.join(PRESETS)}, got {wanted.preset!r}"
        )
    try:
        options = PRESETS[wanted.preset].replaced(
            pose_output=wanted.pose_output,
            prior=wanted.prior,
            backbone=wanted.backbone,
            keypoints=wanted.keypoints,
            pose=wanted.pose,
        )
    except ValueError as error:
        raise InputError(f"config.network: {error}") from None
    if wanted.lifting and options.pose != LIFTING:
        raise InputError(f"config.network.lifting must be empty with pose {options.pose!r}")
    lifting = _lifting(config)
    if lifting is not None:
        sizes = lifting.options
        options = options.replaced(lifting_width=sizes.width, lifting_blocks=sizes.blocks)
    if earlier is not None:
        # Weights mean nothing between layers that are connected in another way.
        options = options.replaced(residual=earlier.options.residual)
    return options


def _lifting(config: ConfigDict) -> LiftingNetwork | None:
    """What the lifting module starts from."""
    path = config.network.lifting
    if path and not Path(path).is_file():
        raise InputError(f"config.network.lifting: expected a lifting.npz, received {path}")
    return lifting_file.read(path) if path else None


def _modules(config: ConfigDict) -> tuple[str, ...]:
    names = _names(config.network.trained)
    # MoveNet's backbone and keypoint module stay as they are.
    modules = MODULES if config.network.keypoints != MOVENET else MODULES[2:]
    if not set(names) <= set(modules):
        raise InputError(
            f"config.network.trained must name modules of {', '.join(modules)}, got"
            f" {config.network.trained!r}"
        )
    return names


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in text.split(","))))


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


def _check_settings(config: ConfigDict) -> None:
    """Raises `InputError` for settings that no network can be trained with."""
    reference = base.network("tiny")
    for name in config.get("data", {}):
        settings.check_like(config, ConfigDict({"data": {name: base.source()}}))
    for name, phase in config.get("phases", {}).items():
        like = {"share_of_steps": 1.0, "label_evidence": 0.0, "data": {}, "weights": {}}
        settings.check_like(config, ConfigDict({"phases": {name: like}}))
        _check_numbers(f"{name}.data", phase.data)
        _check_numbers(f"{name}.weights", phase.weights, NAMES)
    del reference.data, reference.phases
    settings.check_like(config, reference)
    _modules(config)
    unknown = sorted(set(_names(config.measured)) - set(config.data))
    if unknown:
        raise InputError(
            f"config.measured must name sources of {', '.join(config.data)}, got"
            f" {config.measured!r}"
        )


def _check_numbers(where: str, values: ConfigDict, names: tuple[str, ...] = ()) -> None:
    for name, value in values.items():
        if names and name not in names:
            raise InputError(
                f"config.phases.{where}: expected names of {', '.join(names)}, received {name}"
            )
        if not isinstance(value, int | float) or not np.isfinite(value):
            raise InputError(f"config.phases.{where}.{name} must be a number, got {value!r}")
