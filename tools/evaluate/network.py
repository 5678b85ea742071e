"""Measures a network on prepared images that it was not trained on.

Errors are means over the images that have the label: MPJPE and PA-MPJPE of Human3.6M's 17 joints
and MPVPE of the body's vertices in mm, the pelvis fixed; the distance of the body's keypoints and
of the detected ones in pixels of the network's input; the overlap (IoU) of the rendered body's
parts and of the network's part maps; in videos the acceleration error of the joints.
"""

import argparse
import json
from pathlib import Path

from tqdm import tqdm

from hps_tf import evaluation, models
from hps_tf.atomic_file import replacing
from hps_tf.body import load_default
from hps_tf.data.image_dataset import ImageDataset
from hps_tf.data.image_example import LABELS
from hps_tf.errors import InputError
from hps_tf.evaluation import PredictedPeople
from hps_tf.models import Predictor, StagedNetwork
from tools.evaluate import network_figures, network_report
from tools.evaluate.network_figures import Figures

_BODY = "default"
"""The body that networks are trained with, as manifests of images call it."""


def add_parser(subparsers) -> None:
    """Adds the command `network`."""
    parser = subparsers.add_parser(
        "network",
        help="errors of a network's bodies, keypoints and part maps",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--network",
        metavar="NAME|FILE",
        help="a pretrained network, or the network.npz of a training run; pretrained: "
        + (", ".join(models.list_pretrained()) or "none"),
    )
    source.add_argument("--run", type=Path, metavar="DIR", help="directory of a training run")
    add(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="prepared images (tools.prepare_synthetic, tools.prepare_coco, ...)",
    )
    add("--split", default="test", help="(default %(default)s)")
    add("--max_images", type=int, metavar="N", help="at most so many, spread evenly")
    add("--json", type=Path, metavar="FILE", help="figures to write")
    add("--markdown", type=Path, metavar="FILE", help="tables to write")
    parser.set_defaults(evaluate=evaluate)


def evaluate(arguments: argparse.Namespace) -> None:
    """Measures the network, prints the tables and writes the files."""
    _check(arguments)
    network, name = _load(arguments)
    dataset = open_data(arguments.data, arguments.split, network)
    predictor = Predictor(network, load_default(num_vertices=3000))
    people = _predict(predictor, dataset, arguments.max_images)
    figures = {
        "network": name,
        "data": arguments.data.resolve().name,
        "split": arguments.split,
        "num_parameters": network.num_parameters,
        "num_images": len(people),
        **measure(predictor, people, is_whole=len(people) == len(dataset)),
    }
    print(network_report.text(figures))
    if arguments.json:
        content = json.dumps(figures, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        with replacing(arguments.json) as temporary:
            temporary.write_text(content, encoding="utf-8")
    if arguments.markdown:
        with replacing(arguments.markdown) as temporary:
            temporary.write_text(network_report.markdown(figures), encoding="utf-8")


def open_data(directory: Path, split: str, network: StagedNetwork) -> ImageDataset:
    """Opens a split that the network can be measured on.

    Raises:
      InputError: If it is missing or damaged, has no label of any kind, or is of another body.
    """
    dataset = ImageDataset(directory, split)
    counts = dataset.manifest["splits"][split]
    if not any(counts.get(label) for label in LABELS):
        raise InputError(
            f"{directory}, split {split}: expected images with labels ({', '.join(LABELS)}),"
            " received none"
        )
    if dataset.manifest["body"] != _BODY:
        raise InputError(
            f"{directory}, field 'body': expected {_BODY!r}, received {dataset.manifest['body']!r}"
        )
    if dataset.num_shape != network.num_shape:
        raise InputError(
            f"{directory}, field 'num_shape': expected the network's {network.num_shape} shape"
            f" components, received {dataset.num_shape}"
        )
    return dataset


def measure(predictor: Predictor, people: PredictedPeople, is_whole: bool) -> Figures:
    """Computes the figures of a network's people.

    Args:
      predictor: The network with its body.
      people: What it predicted, with the labels.
      is_whole: Whether all frames of the videos are among them.

    Returns:
      Those of the network alone by name, and in "rows" those of each row.
    """
    stretches = evaluation.clips(people.labels) if is_whole else []

    def row(found: PredictedPeople) -> Figures:
        return network_figures.measure(
            found,
            predictor.decoder.body,
            map_stride=predictor.network.options.map_stride,
            stretches=stretches,
        )

    rows = {"network": row(people)}
    return {**rows["network"], "rows": rows}


def _check(arguments: argparse.Namespace) -> None:
    if arguments.max_images is not None and arguments.max_images < 1:
        raise InputError(f"--max_images: expected at least 1, received {arguments.max_images}")
    for option in ("json", "markdown"):
        path = getattr(arguments, option)
        if path is not None and not path.parent.is_dir():
            raise InputError(f"--{option} {path}: there is no directory {path.parent}")


def _load(arguments: argparse.Namespace) -> tuple[StagedNetwork, str]:
    """Loads the network asked for; also what to call it."""
    if arguments.run is None:
        name = Path(arguments.network).name.removesuffix(".npz")
        return models.load(arguments.network), name
    return models.load(arguments.run / "network.npz"), arguments.run.resolve().name


def _predict(
    predictor: Predictor, dataset: ImageDataset, max_images: int | None
) -> PredictedPeople:
    total = len(dataset) if max_images is None else min(max_images, len(dataset))
    with tqdm(desc="predicting", total=total, unit="image", delay=1.0) as bar:
        return evaluation.predict_split(
            predictor, dataset, max_examples=max_images, progress=bar.update
        )
