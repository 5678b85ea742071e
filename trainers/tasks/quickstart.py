"""Trains the staged network on poses that it samples and images that it renders itself."""

import copy
import functools
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf import priors
from hps_tf.data.images import image_dataset, image_manifest
from hps_tf.data.synthetic import STYLES, Generator, PriorPeople
from hps_tf.errors import InputError
from hps_tf.models import LiftingNetwork
from trainers import run_log
from trainers.configs import base
from trainers.loop import Loop
from trainers.strategy import Worker
from trainers.tasks import network_data, prior_motion
from trainers.tasks.lifting import LiftingTask
from trainers.tasks.network import NetworkTask


class QuickstartTask(NetworkTask):
    """The network, on synthetic images of the pretrained prior's poses, kept in the run directory.

    Its lifting module learns from samples of the prior first, without images. A source of its
    config has, in the place of prepared images' path, a style, the numbers of images, and a seed.
    """

    def __init__(self, config: ConfigDict):
        for name, source in config.data.items():
            if source.render.style not in STYLES:
                raise InputError(
                    f"config.data.{name}.render.style: expected one of"
                    f" {', '.join(STYLES)}, received"
                    f" {source.render.style!r}"
                )
            if min(source.render.num_train, source.render.num_validation) < 1:
                raise InputError(f"config.data.{name}.render: expected at least one image a split")
        super().__init__(config)

    def prepare(self, workdir: Path, *, is_chief: bool) -> None:
        """Renders the images, trains the lifting module and computes features, if not done yet."""
        config = copy.deepcopy(self._config)
        config.unlock()
        for name, source in config.data.items():
            directory = workdir / "data" / name
            source.path = str(directory)
            if is_chief and not (directory / image_manifest.MANIFEST).is_file():
                print(f"rendering the images of {directory}", flush=True)
                _render(directory, source.render, self._options.image_size, config.network.prior)
        config.network.lifting = str(workdir / "lifting" / "lifting.npz")
        self._config = config.lock()
        if is_chief:
            if not Path(config.network.lifting).is_file():
                print("training the lifting module on samples of the prior", flush=True)
                self._train_lifting(workdir)
            # Training has drawn random numbers; a resumed run does not train again.
            keras.utils.set_random_seed(config.seed)
            print("computing the images' features", flush=True)
            super()._open_data()
            super().prepare(workdir, is_chief=is_chief)

    def _train_lifting(self, workdir: Path) -> None:
        settings, network = self._config.lifting, self._config.network
        config = base.lifting()
        config.seed = self._config.seed
        config.network.update(
            width=self._options.lifting_width,
            blocks=self._options.lifting_blocks,
            prior=network.prior,
        )
        config.steps, config.batch_size = settings.steps, settings.batch_size
        config.log_every = config.validate_every = max(1, settings.steps // 4)
        config.checkpoint_every = settings.steps
        config.optimizer.warmup_steps = settings.steps // 10
        config.validation_people = settings.num_validation
        config.data.limb_swapping = config.data.joint_mixing = config.data.subject_balance = 0.0
        config.data.path = str(workdir / "data" / "poses")
        prior_motion.write(
            Path(config.data.path),
            priors.load(network.prior, "latent"),
            {"train": settings.num_train, "val": settings.num_validation},
            config.seed,
        )
        task = LiftingTask(config.lock())
        directory = workdir / "lifting"
        directory.mkdir(exist_ok=True)
        loop = Loop(task, config, tf.distribute.get_strategy(), Worker(), directory)
        stopped_by = loop.run()
        if stopped_by:
            print("stopped; rerun the same command to resume", flush=True)
            sys.exit(128 + stopped_by)
        task.finish(directory)

    def _open_data(self) -> None:
        """Waits until the images are there."""

    def finish(self, workdir: Path) -> dict[str, Any]:
        """Adds the errors of each phase at its last validation, and those of two other networks.

        They are an untrained one, and one whose every pose is the prior's most likely one.
        """
        summary = super().finish(workdir)
        phases = network_data.curriculum(self._config)
        ends = [*network_data.phase_starts(self._config)[1:], self._config.steps]
        validations = [record for record in run_log.records(workdir) if "validation/loss" in record]
        summary["phases"] = {
            name: _errors(max((r for r in validations if r["step"] <= end), key=_step))
            for name, end in zip(phases, ends, strict=True)
        }
        summary["beside"] = self._beside()
        return summary

    def _beside(self) -> dict[str, dict[str, dict[str, float]]]:
        """Measures the two networks; they differ from the trained one in the pose module alone.

        Their weights replace the trained ones meanwhile, so that nothing is built or traced again.
        """
        lifting = self.network.lifting
        if lifting is None:  # A convolutional pose module has other layers.
            return {}
        module = lifting.module
        trained = module.get_weights()
        errors = {}
        for name in ("untrained", "likeliest_pose"):
            if name == "untrained":
                fresh = LiftingNetwork(lifting.options, lifting.mode)
                module.set_weights(fresh.module.get_weights())
            else:
                for head in ("root", "pose", "shape"):
                    layer = module.get_layer(head)
                    layer.set_weights([np.zeros_like(weight) for weight in layer.get_weights()])
            errors[name] = {
                source: {
                    metric: value
                    for metric, value in self._errors(each).items()
                    if metric in ("mpjpe_mm", "pa_mpjpe_mm")
                }
                for source, each in self._sources().items()
            }
        module.set_weights(trained)
        return errors

    def build(self):
        """Opens the images and what was made before, and creates the network."""
        super()._open_data()
        return super().build()

    def next_command(self, workdir: Path) -> str:
        """How to try a photograph."""
        del workdir
        return "python -m tools.photo photograph.jpg --output photo"


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
    people = PriorPeople(priors.load(prior, "samples"))
    generator = Generator(image_size, settings.seed, settings.style, num_vertices=3000)

    render = functools.partial(generator.examples, people, max_processes=os.cpu_count() or 1)
    image_dataset.write(
        directory,
        {
            "train": render("train", settings.num_train),
            "val": render("val", settings.num_validation),
        },
        image_size=image_size,
        num_shape=generator.num_shape,
        body="default",
        settings=settings.to_dict(),
        dropped={},
    )
