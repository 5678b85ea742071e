"""Draws pictures of pose priors, bodies, labelled images and what a network finds in them.

    python -m tools.render prior --prior cmu-6d-light --data DATA --output pictures
    python -m tools.render gallery --output docs/images/people.png
    python -m tools.render synthetic --style b --output synthetic.png
    python -m tools.render dataset --data DATA --split train --output check.png
    python -m tools.render network --network NAME --data DATA --split test --output found.png

`prior` writes contact sheets: random samples; interpolations in latent space between pairs of poses
(Zanfir et al. 2020, Fig. 1); and, given motion data, the training poses nearest to samples. Beside
them `cells.json` says what each cell is. `gallery` prints the README's picture anew. `synthetic`
shows what tools.prepare_synthetic makes, `dataset` what any tools.prepare_* made of images: each
image beside its part map, its keypoints and the outline of the labelled body. `network` puts what a
network finds in such images beside that.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from hps_tf import models, priors
from hps_tf.body import load_default
from hps_tf.cli import command
from hps_tf.cli.evaluate.network import open_data
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.mocap import motion_records
from hps_tf.data.synthetic import STYLES, Generator, PriorPeople
from hps_tf.errors import InputError
from hps_tf.evaluation import network_pictures
from hps_tf.io import atomic_file, run_directory
from hps_tf.models import Predictor
from hps_tf.visualization import labelled_sheet, png, prior_sheets
from hps_tf.visualization.gallery import gallery

_GALLERY_ROW = (310, 1200)


def main() -> None:
    """Reads the command line and draws."""
    arguments = _parser().parse_args()
    arguments.draw(arguments)


def draw_prior(arguments: argparse.Namespace) -> None:
    """Draws the contact sheets of a prior."""
    source, name = _source(arguments)
    prior = priors.load(source)
    if not isinstance(prior, priors.FlowPrior | priors.PoseVAE):
        raise InputError(f"{source}: expected a prior that has samples, got {prior.architecture}")
    body = load_default(arguments.body)
    seed, columns = arguments.seed, arguments.columns
    if arguments.data:
        clips = motion_records.read_clips(arguments.data, arguments.split)
        ends, end_names = prior_sheets.recorded_ends(prior, clips, seed)
    else:
        ends, end_names = prior_sheets.sampled_ends(prior, seed)

    sheets = [
        prior_sheets.samples(prior, name, arguments.samples, seed, columns),
        prior_sheets.interpolations(prior, name, ends, end_names, columns),
    ]
    if arguments.data:
        training_split = "all" if arguments.split == "all" else "train"
        training = tqdm(
            list(motion_records.read_clips(arguments.data, training_split)),
            "comparing with training clips",
            unit="clip",
        )
        sheets.append(
            prior_sheets.nearest_training_poses(prior, name, training, columns, seed, body)
        )

    arguments.output.mkdir(parents=True, exist_ok=True)
    cells = {sheet.draw(body, arguments.output).name: sheet.description() for sheet in sheets}
    with atomic_file.replacing(arguments.output / "cells.json") as temporary:
        content = {"prior": name, "seed": seed, "sheets": cells}
        temporary.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    print(f"wrote {', '.join(cells)} and cells.json to {arguments.output}")


def draw_gallery(arguments: argparse.Namespace) -> None:
    """Draws the README's picture."""
    source, _ = _source(arguments)
    body = load_default(arguments.body)
    image = gallery(priors.load_flow(source), body, arguments.people, arguments.seed, _GALLERY_ROW)
    _write(arguments.output, image)


def draw_synthetic(arguments: argparse.Namespace) -> None:
    """Draws synthetic images with their labels."""
    source, name = _source(arguments)
    people = PriorPeople(priors.load_flow(source))
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


def draw_dataset(arguments: argparse.Namespace) -> None:
    """Draws examples of prepared images with their labels."""
    dataset = ImageDataset(arguments.data, arguments.split)
    body = None
    if dataset.manifest["body"] == "default":
        body = load_default(arguments.body)
        if body.num_shape != dataset.num_shape:
            raise InputError(
                f"{arguments.data}: expected {body.num_shape} shape components of the default body,"
                f" received {dataset.num_shape}"
            )
    title = f"{arguments.data.resolve().name}, {arguments.split}: {len(dataset)} images"
    _write(
        arguments.output,
        labelled_sheet.of_dataset(dataset, arguments.images, body, arguments.columns, title=title),
    )


def draw_network(arguments: argparse.Namespace) -> None:
    """Draws examples of prepared images with what a network finds in them."""
    instead = {"prior.npz": "draw it with `tools.render prior`"}
    file = arguments.network
    if arguments.run is not None:
        file = run_directory.file(arguments.run, "network.npz", instead)
    network = models.load(file)
    dataset = open_data(arguments.data, arguments.split, network)
    predictor = Predictor(network, load_default(arguments.body))
    count = min(arguments.images, len(dataset))
    numbers = np.arange(count) * len(dataset) // count
    name = Path(file).stem if arguments.run is None else arguments.run.resolve().name
    title = f"{name} on {arguments.data.resolve().name}, {arguments.split}"
    _write(arguments.output, network_pictures.sheet(predictor, dataset, numbers, title))


def _write(output: Path, image: np.ndarray) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    png.write(output, image)
    print(f"wrote {output} ({output.stat().st_size / 1000:.0f} kB)")


def _source(arguments: argparse.Namespace) -> tuple[str | Path, str]:
    """The prior asked for, by name or file; also what to call it."""
    if arguments.run is None:
        return arguments.prior, Path(arguments.prior).name.removesuffix(".npz")
    instead = {"network.npz": "draw it with `tools.render network`"}
    path = run_directory.file(arguments.run, "prior.npz", instead)
    return path, arguments.run.resolve().name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools.render",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    prior = commands.add_parser("prior", help="contact sheets of a pose prior")
    _add_source(prior, required=True)
    prior.add_argument(
        "--data", type=command.path, metavar="DIR", help="motion from tools.prepare_mocap"
    )
    prior.add_argument(
        "--split",
        default="test",
        help="split of --data to interpolate in (%(default)s); neighbours are sought in 'train'",
    )
    prior.add_argument(
        "--output", type=command.path, required=True, metavar="DIR", help="directory for the sheets"
    )
    prior.add_argument(
        "--samples",
        type=command.at_least(1),
        default=100,
        metavar="N",
        help="samples (%(default)s)",
    )
    prior.add_argument(
        "--columns",
        type=command.at_least(2),
        default=10,
        metavar="N",
        help="pictures in a row; also steps of an interpolation (%(default)s)",
    )
    _add_look(prior, body=3000)
    prior.set_defaults(draw=draw_prior)

    people = commands.add_parser("gallery", help="the README's picture of people and their parts")
    _add_source(people, required=False)
    people.add_argument(
        "--output", type=command.path, required=True, metavar="FILE", help="the PNG file to write"
    )
    people.add_argument(
        "--people", type=command.at_least(1), default=7, metavar="N", help="people (%(default)s)"
    )
    _add_look(people, body=6890)
    people.set_defaults(draw=draw_gallery)

    synthetic = commands.add_parser("synthetic", help="synthetic images with their labels")
    _add_source(synthetic, required=False)
    _add_sheet(synthetic)
    synthetic.add_argument(
        "--style", choices=sorted(STYLES), default="a", help="image domain (%(default)s)"
    )
    synthetic.add_argument(
        "--image_size",
        type=command.at_least(16),
        default=224,
        metavar="S",
        help="pixels (%(default)s)",
    )
    _add_look(synthetic, body=6890)
    synthetic.set_defaults(draw=draw_synthetic)

    dataset = commands.add_parser("dataset", help="prepared images with their labels")
    _add_data(dataset, split="train")
    _add_sheet(dataset)
    _add_body(dataset, body=6890)
    dataset.set_defaults(draw=draw_dataset)

    network = commands.add_parser("network", help="what a network finds in prepared images")
    source = network.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--network",
        type=command.name_or_path,
        metavar="NAME|FILE",
        help="a pretrained network, or the network.npz of a training run",
    )
    source.add_argument(
        "--run", type=command.path, metavar="DIR", help="directory of a training run"
    )
    _add_data(network, split="test")
    _add_images(network, count=6)
    _add_body(network, body=3000)
    network.set_defaults(draw=draw_network)
    return parser


def _add_data(parser: argparse.ArgumentParser, split: str) -> None:
    parser.add_argument(
        "--data",
        type=command.path,
        required=True,
        metavar="DIR",
        help="from any tools.prepare_* of images",
    )
    parser.add_argument("--split", default=split, help="(%(default)s)")


def _add_images(parser: argparse.ArgumentParser, count: int) -> None:
    parser.add_argument(
        "--output", type=command.path, required=True, metavar="FILE", help="the PNG file to write"
    )
    parser.add_argument(
        "--images", type=command.at_least(1), default=count, metavar="N", help="(%(default)s)"
    )


def _add_sheet(parser: argparse.ArgumentParser) -> None:
    _add_images(parser, count=16)
    parser.add_argument(
        "--columns", type=command.at_least(1), default=4, metavar="N", help="in a row (%(default)s)"
    )


def _add_source(parser: argparse.ArgumentParser, required: bool) -> None:
    source = parser.add_mutually_exclusive_group(required=required)
    source.add_argument(
        "--prior",
        type=command.name_or_path,
        default="cmu-6d-light",
        metavar="NAME",
        help="pretrained prior, or the file of one"
        + ("" if required else " (default: %(default)s)"),
    )
    source.add_argument(
        "--run", type=command.path, metavar="DIR", help="directory of a training run"
    )


def _add_look(parser: argparse.ArgumentParser, body: int) -> None:
    parser.add_argument("--seed", type=command.at_least(0), default=0, help="(%(default)s)")
    _add_body(parser, body)


def _add_body(parser: argparse.ArgumentParser, body: int) -> None:
    parser.add_argument(
        "--body",
        type=int,
        choices=(3000, 6890),
        default=body,
        help="vertices of the body (%(default)s)",
    )


if __name__ == "__main__":
    command.run(main, "tools.render")
