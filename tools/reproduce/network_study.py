"""Networks that are trained and measured for a table, and what of it is done.

OUTPUT/data/      images that were rendered, and shares of images
OUTPUT/seen/      what a frozen front end finds in them
OUTPUT/configs/, runs/, logs/   see `network_trainings`
OUTPUT/parts/     errors of every person under every finished network

Tables with the same settings may have the same output: they share runs.
"""

import dataclasses
import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

from hps_tf import models
from hps_tf.body import load_small
from hps_tf.data.images import image_manifest
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.evaluation import ImageErrors, PredictedPeople, errors_of
from hps_tf.models import Predictor
from tools.reproduce import network_configs, network_trainings
from tools.reproduce.checkpointing import Checkpoints
from tools.reproduce.image_domains import Synthetic
from tools.reproduce.shared_evidence import SharedEvidence

METRICS = ("mpjpe_mm", "pa_mpjpe_mm", "mpvpe_mm", "keypoint_error_px", "part_iou")
GROUPS = "groups"

_MAX_TEST = 2_000
"""People that are measured, spread evenly over those of the split."""

Errors = dict[str, np.ndarray]
"""`METRICS`, `(N,)` each, and `GROUPS`, `(N,)` names of who belongs together."""


@dataclasses.dataclass(frozen=True)
class NetworkStudy:
    """The settings that all networks share, and where results are kept.

    Attributes:
      labelled: Directory of images with 3D labels.
      weak: Directory of images with 2D labels.
      synthetic: The rendered images.
      preset: Size of the networks.
      maps_steps: Of the maps run.
      steps: Of the base run; the runs that continue it have half as many.
      seeds: The seeds.
      output: Directory of the results.
      workers: Networks trained at a time.
      ground_truth_evidence: Whether the pose module sees heatmaps and part maps made of the
        labels.
      evidence: What networks found in images that they were measured on.
    """

    labelled: Path
    weak: Path
    synthetic: Synthetic
    preset: str
    maps_steps: int
    steps: int
    seeds: tuple[int, ...]
    output: Path
    workers: int
    ground_truth_evidence: bool = False
    evidence: SharedEvidence = dataclasses.field(default_factory=SharedEvidence, compare=False)

    def path(self, run: str) -> Path:
        """The directory of a run."""
        return self.output / "runs" / run

    def network(self, run: str) -> Path:
        """The file of the network that a run ends with."""
        return self.path(run) / "network.npz"

    def maps(self, seed: int) -> tuple[str, ConfigDict]:
        """The maps run of a seed: its name and config."""
        config = network_configs.maps(self.preset, self.labelled, self.weak, self.maps_steps, seed)
        return f"maps-s{seed}", self._with_cache(config)

    def base(self, seed: int, share: float) -> tuple[str, ConfigDict]:
        """The name and config of the run from which FS and FS+WS with a share continue."""
        if not share:
            return self.maps(seed)
        config = network_configs.base_run(
            self.preset,
            self.labelled,
            share,
            self.steps,
            seed,
            start=self.network(self.maps(seed)[0]),
        )
        return self.named(f"base-{percent(share)}-s{seed}"), self.with_evidence(config)

    def supervised(self, seed: int, share: float) -> tuple[str, ConfigDict]:
        """FS with a share of the subjects: the run's name and config."""
        if not share:
            return self.maps(seed)
        config = network_configs.fully_supervised(
            self.preset,
            self.labelled,
            share,
            self.last_steps,
            seed,
            start=self.network(self.base(seed, share)[0]),
        )
        return self.named(f"fs-{percent(share)}-s{seed}"), self.with_evidence(config)

    def weakly_supervised(self, seed: int, share: float) -> tuple[str, ConfigDict]:
        """FS+WS with a share of the subjects: the run's name and config."""
        config = network_configs.weakly_supervised(
            self.preset,
            self.labelled,
            share,
            self.weak,
            self.last_steps if share else self.steps + self.last_steps,
            seed,
            start=self.network(self.base(seed, share)[0]),
        )
        return self.named(f"ws-{percent(share)}-s{seed}"), self.with_evidence(config)

    def with_evidence(self, config: ConfigDict) -> ConfigDict:
        """The config of a run of pose and shape with the study's evidence before these."""
        config = self._with_cache(config)
        return (
            network_configs.with_ground_truth_evidence(config)
            if self.ground_truth_evidence
            else config
        )

    def _with_cache(self, config: ConfigDict) -> ConfigDict:
        """The config, where there is a frozen front end with one cache for all runs."""
        if not network_configs.has_front(self.preset):
            return config
        return network_configs.with_cache(config, self.output / "seen")

    def named(self, name: str) -> str:
        """The name with the study's evidence, where that is not what networks found."""
        return f"{name}-labels" if self.ground_truth_evidence else name

    @property
    def last_steps(self) -> int:
        """Steps of a network that continues from a base run."""
        return max(1, self.steps // 2)

    def train(self, runs: Iterable[tuple[str, ConfigDict]]) -> None:
        """Trains those of the runs that are not done; see `network_trainings.train`."""
        network_trainings.train(dict(runs), self.output, self.workers)

    def measure(self, run: str, dataset: ImageDataset) -> Errors:
        """Measures the network of a run on a split, or takes saved figures."""
        checkpoints = self.checkpoints()
        name = self.named(f"{run}-on-{dataset.directory.name}")
        basis = basis_of(self.network(run), dataset)
        known = checkpoints.load_if_done(name, basis)
        if known is not None:
            return known
        predictor = load_predictor(self.network(run))
        people = self.evidence.predict(
            predictor,
            dataset,
            max_examples=_MAX_TEST,
            ground_truth_evidence=self.ground_truth_evidence,
        )
        options = predictor.network.options
        errors = errors_of(people, predictor.decoder.body, map_stride=options.map_stride)
        arrays = {**as_arrays(errors), GROUPS: groups(people)}
        checkpoints.save(name, basis, arrays)
        return arrays

    def checkpoints(self) -> Checkpoints:
        """The measurements.

        Raises:
          InputError: If the output holds results of other settings.
        """
        settings = {
            "labelled": str(self.labelled),
            "weak": str(self.weak),
            "preset": self.preset,
            "maps_steps": self.maps_steps,
            "steps": self.steps,
            "num_images": self.synthetic.num_images,
            "mocap": [path.resolve().name for path in self.synthetic.mocap],
        }
        return Checkpoints(self.output, settings)


def basis_of(network: Path, dataset: ImageDataset) -> dict[str, str]:
    """The settings on which the errors of a network depend."""
    manifest = dataset.directory / image_manifest.MANIFEST
    return {"network": _digest(network), "data": _digest(manifest)}


def load_predictor(path: Path) -> Predictor:
    """Loads a network with the body it was trained with."""
    return Predictor(models.load(path), load_small())


def as_arrays(errors: ImageErrors) -> Errors:
    """The `METRICS` of measured people."""
    return {metric: getattr(errors, metric) for metric in METRICS}


def groups(people: PredictedPeople) -> np.ndarray:
    """Who belongs together: `(N,)` of subject and action, or the image's name without both."""
    texts = zip(*(people.labels[field] for field in ("subject", "action", "name")), strict=True)
    decoded = ([text.decode() for text in row] for row in texts)
    return np.array(
        [f"{subject}/{action}" if subject or action else name for subject, action, name in decoded]
    )


def percent(share: float) -> str:
    """A share as it is named."""
    return f"{100 * share:g}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
