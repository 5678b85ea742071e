"""The pictures of `hps render`."""

import argparse
from pathlib import Path

import numpy as np
from tqdm import tqdm

from hps_tf import models, priors, visualization
from hps_tf.body import load_default
from hps_tf.cli import source
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.mocap import motion_archives
from hps_tf.data.synthetic import Generator, PriorPeople
from hps_tf.errors import InputError
from hps_tf.evaluation import network_data, network_pictures
from hps_tf.io import json_file
from hps_tf.models import Predictor
from hps_tf.visualization import labelled_sheet, png, prior_sheets

_GALLERY_ROW = (310, 1200)


def prior(arguments: argparse.Namespace) -> None:
    """Draws the contact sheets of a prior."""
    name, file = source.find(arguments, "prior", source.DRAWINGS)
    loaded = priors.load(file, "samples", "latent")
    body = load_default(arguments.body)
    seed, columns = arguments.seed, arguments.columns
    if arguments.data:
        clips = motion_archives.of_split(arguments.data, arguments.split, "--data")
        ends, end_names = prior_sheets.recorded_ends(loaded, clips, seed)
    else:
        ends, end_names = prior_sheets.sampled_ends(loaded, seed)

    sheets = [
        prior_sheets.samples(loaded, name, arguments.samples, seed, columns),
        prior_sheets.interpolations(loaded, name, ends, end_names, columns),
    ]
    if arguments.data:
        training_split = "all" if arguments.split == "all" else "train"
        training = tqdm(
            motion_archives.of_split(arguments.data, training_split, "--data"),
            "comparing with training clips",
            unit="clip",
        )
        sheets.append(
            prior_sheets.nearest_training_poses(loaded, name, training, columns, seed, body)
        )

    arguments.output.mkdir(parents=True, exist_ok=True)
    cells = {sheet.draw(body, arguments.output).name: sheet.description() for sheet in sheets}
    json_file.write(
        arguments.output / "cells.json", {"prior": name, "seed": seed, "sheets": cells}, indent=1
    )
    print(f"wrote {', '.join(cells)} and cells.json to {arguments.output}")


def gallery(arguments: argparse.Namespace) -> None:
    """Draws the README's picture."""
    _, file = source.find(arguments, "prior", source.DRAWINGS)
    body = load_default(arguments.body)
    image = visualization.gallery(
        priors.load(file, "samples"), body, arguments.people, arguments.seed, _GALLERY_ROW
    )
    _write(arguments.output, image)


def synthetic(arguments: argparse.Namespace) -> None:
    """Draws synthetic images with their labels."""
    name, file = source.find(arguments, "prior", source.DRAWINGS)
    people = PriorPeople(priors.load(file, "samples"))
    generator = Generator(
        arguments.image_size,
        seed=arguments.seed,
        style=arguments.style,
        num_vertices=arguments.body,
    )
    rendered = generator.examples(people, "train", arguments.images)
    examples = list(tqdm(rendered, "rendering", arguments.images, unit="image"))
    title = f"Synthetic images, style {arguments.style}, poses of {name}"
    body = load_default(arguments.body)
    _write(
        arguments.output,
        labelled_sheet.of_examples(
            examples, arguments.image_size, body, arguments.columns, title=title
        ),
    )


def dataset(arguments: argparse.Namespace) -> None:
    """Draws examples of prepared images with their labels."""
    images = ImageDataset(arguments.data, arguments.split)
    body = None
    if images.manifest["body"] == "default":
        body = load_default(arguments.body)
        if body.num_shape != images.num_shape:
            raise InputError(
                f"{arguments.data}: expected {body.num_shape} shape components of the default body,"
                f" received {images.num_shape}"
            )
    title = f"{arguments.data.resolve().name}, {arguments.split}: {len(images)} images"
    _write(
        arguments.output,
        labelled_sheet.of_dataset(images, arguments.images, body, arguments.columns, title=title),
    )


def network(arguments: argparse.Namespace) -> None:
    """Draws examples of prepared images with what a network finds in them."""
    name, file = source.find(arguments, "network", source.DRAWINGS)
    loaded = models.load(file)
    images = network_data.open_data(arguments.data, arguments.split, loaded)
    predictor = Predictor(loaded, load_default(arguments.body))
    count = min(arguments.images, len(images))
    numbers = np.arange(count) * len(images) // count
    title = f"{name} on {arguments.data.resolve().name}, {arguments.split}"
    _write(arguments.output, network_pictures.sheet(predictor, images, numbers, title))


def _write(output: Path, image: np.ndarray) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    png.write(output, image)
    print(f"wrote {output} ({output.stat().st_size / 1000:.0f} kB)")
