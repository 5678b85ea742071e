"""Draws pictures of pose priors and bodies.

    python -m tools.render prior --prior cmu-6d-light --data DATA --output pictures
    python -m tools.render gallery --output docs/images/people.png

`prior` writes contact sheets: random samples; interpolations in latent space between pairs of poses
(Zanfir et al. 2020, Fig. 1); and, given motion data, the training poses nearest to samples. Beside
them `cells.json` says what each cell is. `gallery` prints the README's picture anew.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from hps_tf import atomic_file, command, priors
from hps_tf.body import load_default
from hps_tf.data import motion_records
from hps_tf.errors import InputError
from hps_tf.visualization import png
from tools.pictures import prior_sheets
from tools.pictures.gallery import gallery

_GALLERY_ROW = (310, 1200)


def main() -> None:
    """Reads the command line and draws."""
    arguments = _parser().parse_args()
    arguments.draw(arguments)


def draw_prior(arguments: argparse.Namespace) -> None:
    """Draws the contact sheets of a prior."""
    source, name = _source(arguments)
    prior = priors.load(source)
    if not isinstance(prior, priors.PosePrior | priors.PoseVAE):
        raise InputError(f"{source}: expected a prior that has samples, got {prior.preset}")
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
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    png.write(arguments.output, image)
    print(f"wrote {arguments.output} ({arguments.output.stat().st_size / 1000:.0f} kB)")


def _source(arguments: argparse.Namespace) -> tuple[str | Path, str]:
    """The prior asked for, by name or file; also what to call it."""
    if arguments.run is None:
        return arguments.prior, Path(arguments.prior).name.removesuffix(".npz")
    path = arguments.run / "prior.npz"
    if not path.is_file():
        raise InputError(
            f"--run {arguments.run}: holds no prior.npz; expected the directory of a training run"
        )
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
    prior.add_argument("--data", type=Path, metavar="DIR", help="motion from tools.prepare_mocap")
    prior.add_argument(
        "--split",
        default="test",
        help="split of --data to interpolate in (%(default)s); neighbours are sought in 'train'",
    )
    prior.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="directory for the sheets"
    )
    prior.add_argument(
        "--samples", type=_at_least(1), default=100, metavar="N", help="samples (%(default)s)"
    )
    prior.add_argument(
        "--columns",
        type=_at_least(2),
        default=10,
        metavar="N",
        help="pictures in a row; also steps of an interpolation (%(default)s)",
    )
    _add_look(prior, body=3000)
    prior.set_defaults(draw=draw_prior)

    people = commands.add_parser("gallery", help="the README's picture of people and their parts")
    _add_source(people, required=False)
    people.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help="the PNG file to write"
    )
    people.add_argument(
        "--people", type=_at_least(1), default=7, metavar="N", help="people (%(default)s)"
    )
    _add_look(people, body=6890)
    people.set_defaults(draw=draw_gallery)
    return parser


def _add_source(parser: argparse.ArgumentParser, required: bool) -> None:
    source = parser.add_mutually_exclusive_group(required=required)
    source.add_argument(
        "--prior",
        default="cmu-6d-light",
        metavar="NAME",
        help="pretrained prior, or the file of one"
        + ("" if required else " (default: %(default)s)"),
    )
    source.add_argument("--run", type=Path, metavar="DIR", help="directory of a training run")


def _add_look(parser: argparse.ArgumentParser, body: int) -> None:
    parser.add_argument("--seed", type=_at_least(0), default=0, help="(%(default)s)")
    parser.add_argument(
        "--body",
        type=int,
        choices=(3000, 6890),
        default=body,
        help="vertices of the body (%(default)s)",
    )


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"must be at least {least}, got {value}")
        return value

    number.__name__ = "whole number"
    return number


if __name__ == "__main__":
    command.run(main, "tools.render")
