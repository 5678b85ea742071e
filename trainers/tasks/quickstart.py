"""Trains the staged network on images that it renders itself."""

import copy
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from hps_tf import priors
from hps_tf.data import image_dataset
from hps_tf.data.image_example import ImageExample
from hps_tf.data.process_map import process_map
from hps_tf.data.synthetic import GROUP_FRAMES, STYLES, Generator, Group, PriorPeople
from hps_tf.errors import InputError
from trainers import run_log
from trainers.tasks import network_data
from trainers.tasks.network import NetworkTask

_IMAGES_PER_PROCESS = 1_000


class QuickstartTask(NetworkTask):
    """The network, on synthetic images of the pretrained prior's poses, kept in the run directory.

    A source of its config has, in the place of prepared images' path, a style, the numbers of
    images, and a seed.
    """

    def __init__(self, config: ConfigDict):
        for name, source in config.data.items():
            if source.render.style not in STYLES:
                raise InputError(
                    f"config.data.{name}.render.style must be one of {', '.join(STYLES)}, got"
                    f" {source.render.style!r}"
                )
            if min(source.render.num_train, source.render.num_validation) < 1:
                raise InputError(f"config.data.{name}.render: expected at least one image a split")
        super().__init__(config)

    def prepare(self, workdir: Path, *, is_chief: bool) -> None:
        """Renders the images, unless the run directory has them."""
        config = copy.deepcopy(self._config)
        config.unlock()
        for name, source in config.data.items():
            directory = workdir / "data" / name
            source.path = str(directory)
            if is_chief and not (directory / image_dataset.MANIFEST).is_file():
                print(f"rendering the images of {directory}", flush=True)
                _render(directory, source.render, self._options.image_size, config.network.prior)
        self._config = config.lock()

    def _open_data(self) -> None:
        """Waits until the images are there."""

    def finish(self, workdir: Path) -> dict[str, Any]:
        """Adds what each phase achieved: the errors at its last validation."""
        summary = super().finish(workdir)
        phases = network_data.curriculum(self._config)
        ends = [*network_data.phase_starts(self._config)[1:], self._config.steps]
        validations = [record for record in run_log.records(workdir) if "validation/loss" in record]
        summary["phases"] = {
            name: _errors(max((r for r in validations if r["step"] <= end), key=_step))
            for name, end in zip(phases, ends, strict=True)
        }
        return summary

    def build(self):
        """Opens the images and creates the network."""
        super()._open_data()
        return super().build()


def _step(record: Mapping[str, float]) -> float:
    return record["step"]


def _errors(record: Mapping[str, float]) -> dict[str, float]:
    """The step of a validation and the errors that it measured."""
    names = ("mpjpe_mm", "pa_mpjpe_mm", "keypoint_error_px", "part_iou")
    return {"step": record["step"]} | {
        name.removeprefix("validation/"): value
        for name, value in record.items()
        if name.endswith(names)
    }


def _render(directory: Path, settings: ConfigDict, image_size: int, prior: str) -> None:
    """Writes a dataset of rendered people."""
    people = PriorPeople(priors.load_flow(prior))
    generator = Generator(image_size, settings.seed, settings.style, num_vertices=3000)

    def examples(split: str, count: int) -> Iterator[ImageExample]:
        groups = (
            Group(
                split,
                first,
                people.draw(split, first, GROUP_FRAMES, settings.seed),
                min(GROUP_FRAMES, count - first),
            )
            for first in range(0, count, GROUP_FRAMES)
        )
        # Starting a process takes as long as so many images.
        num_processes = max(1, min(os.cpu_count() or 1, count // _IMAGES_PER_PROCESS))
        for _, rendered in process_map(generator, groups, num_processes):
            yield from rendered

    image_dataset.write(
        directory,
        {
            "train": examples("train", settings.num_train),
            "val": examples("val", settings.num_validation),
        },
        image_size=image_size,
        num_shape=generator.num_shape,
        body="default",
        settings=settings.to_dict(),
        dropped={},
    )
