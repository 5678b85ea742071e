"""Measures a network on prepared images that it was not trained on.

Errors are means over the images that have the label: MPJPE and PA-MPJPE of Human3.6M's 17 joints
and MPVPE of the body's vertices in mm, the pelvis fixed; the distance of the body's keypoints and
of the detected ones in pixels of the network's input; the overlap (IoU) of the rendered body's
parts and of the network's part maps; in videos the acceleration error of the joints.

With --refine and --video further rows tell of bodies fitted to what the network itself detected,
from what it predicted (Zanfir et al. 2020, Table 3): ka to its keypoints by their confidence, ka+ba
to its part maps as well, video to the keypoints of several frames at once, smoothly.

With --labelled the keypoints, the part maps or both are made of the labels, as if the network had
found them: what the errors of that module cost.
"""

import argparse
import contextlib
import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from hps_tf import evaluation, models
from hps_tf.body import load_default
from hps_tf.cli import command
from hps_tf.cli.evaluate import network_report, source
from hps_tf.data.images import image_records
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.images.image_example import LABELS
from hps_tf.errors import InputError
from hps_tf.evaluation import PredictedPeople, network_figures
from hps_tf.evaluation.network_figures import Figures
from hps_tf.evaluation.refinement import Refinement
from hps_tf.fitting.fitter import Progress
from hps_tf.io.atomic_file import replacing
from hps_tf.models import Predictor, StagedNetwork
from hps_tf.models.staged_network import EVIDENCE

_BODY = "default"
"""The body that networks are trained with, as manifests of images call it."""

_REFINEMENTS = ("ka", "ka+ba")

_STRETCH = 64
"""Frames of a video that are taken together where not all are."""


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
        type=command.name_or_path,
        metavar="NAME|FILE",
        help="a pretrained network, or the network.npz of a training run; pretrained: "
        + (", ".join(models.list_pretrained()) or "none"),
    )
    source.add_argument(
        "--run", type=command.path, metavar="DIR", help="directory of a training run"
    )
    add(
        "--data",
        type=command.path,
        required=True,
        metavar="DIR",
        help="prepared images (tools.prepare_synthetic, tools.prepare_coco, ...)",
    )
    add("--split", default="test", help="(default %(default)s)")
    add(
        "--max_images",
        type=int,
        metavar="N",
        help=f"at most so many, spread evenly; with --video, stretches of {_STRETCH} frames",
    )
    add(
        "--refine",
        default="none",
        metavar="HOW[,HOW]",
        help=f"rows of fitted bodies: none or any of {', '.join(_REFINEMENTS)} (%(default)s)",
    )
    add(
        "--video",
        default="",
        metavar="T[,T]",
        help="rows of bodies fitted to windows of T frames, e.g. 4,8,16; the data must be videos",
    )
    add(
        "--labelled",
        default="none",
        metavar="WHAT[,WHAT]",
        help=f"evidence made of the labels: none or any of {', '.join(EVIDENCE)} (%(default)s)",
    )
    add("--json", type=command.path, metavar="FILE", help="figures to write")
    add("--markdown", type=command.path, metavar="FILE", help="tables to write")
    parser.set_defaults(evaluate=evaluate)


def evaluate(arguments: argparse.Namespace) -> None:
    """Measures the network, prints the tables and writes the files."""
    _check(arguments)
    refinements = _chosen("--refine", arguments.refine, _REFINEMENTS)
    labelled = _chosen("--labelled", arguments.labelled, EVIDENCE)
    windows = _windows(arguments.video)
    network, name = _load(arguments)
    dataset = open_data(arguments.data, arguments.split, network)
    numbers = _numbers(dataset, arguments.max_images, is_video=bool(windows))
    predictor = Predictor(network, load_default(num_vertices=3000))
    people = _predict(predictor, dataset, numbers, labelled)
    is_whole = bool(windows) or len(people) == len(dataset)
    figures = {
        "network": name,
        "data": arguments.data.resolve().name,
        "split": arguments.split,
        "num_parameters": network.num_parameters,
        "num_images": len(people),
        "labelled": labelled,
        **measure(predictor, people, refinements, windows, is_whole=is_whole),
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


def measure(
    predictor: Predictor,
    people: PredictedPeople,
    refinements: Sequence[str] = (),
    windows: Sequence[int] = (),
    *,
    is_whole: bool,
) -> Figures:
    """Computes the figures of a network's people.

    Args:
      predictor: The network with its body.
      people: What it predicted, with the labels.
      refinements: Which fits to measure too: "ka", "ka+ba".
      windows: Of which numbers of frames to measure fits of videos too.
      is_whole: Whether the frames of videos among them follow each other without gaps.

    Returns:
      Those of the network alone by name, in "rows" those of each row, and in "fit_weights" what
      the terms of the fits counted, if there are any.
    """
    stretches = evaluation.clips(people.labels) if is_whole else []
    refinement = Refinement(predictor)

    def row(found: PredictedPeople) -> Figures:
        return network_figures.measure(
            found,
            predictor.decoder.body,
            map_stride=predictor.network.options.map_stride,
            stretches=stretches,
        )

    rows = {"network": row(people)}
    for name in refinements:
        with _fitting(name) as progress:
            found = refinement.images(people, with_parts=name == "ka+ba", progress=progress)
        rows[name] = row(found)
    for length in windows:
        with _fitting(f"video of {length}") as progress:
            found = refinement.video(people, stretches, length, progress)
        rows[f"video-{length}"] = row(found)
    figures = {**rows["network"], "rows": rows}
    if len(rows) > 1:
        # JSON has no number for an error that never saturates.
        figures["fit_weights"] = {
            name: weight if math.isfinite(weight) else None
            for name, weight in refinement.weights._asdict().items()
        }
    return figures


@contextlib.contextmanager
def _fitting(what: str) -> Iterator[Progress]:
    with tqdm(desc=f"fitting {what}", unit="fit", delay=1.0) as bar:

        def advance(ended: int, total: int) -> None:
            bar.total = total
            bar.update(ended - bar.n)

        yield advance


def _chosen(option: str, text: str, known: Sequence[str]) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if names == ["none"]:
        return []
    for name in names:
        if name not in known:
            raise InputError(
                f"{option}: expected none or any of {', '.join(known)}, received {name!r}"
            )
    return list(dict.fromkeys(names))


def _windows(text: str) -> list[int]:
    lengths = [part.strip() for part in text.split(",")] if text else []
    for length in lengths:
        if not re.fullmatch(r"\d{1,3}", length) or not 2 <= int(length) <= _STRETCH:
            raise InputError(
                f"--video: expected numbers of frames from 2 to {_STRETCH}, received {length!r}"
            )
    return list(dict.fromkeys(map(int, lengths)))


def _numbers(dataset: ImageDataset, max_images: int | None, *, is_video: bool) -> np.ndarray:
    """Which examples to measure; of videos, whole stretches of frames."""
    total = len(dataset)
    everything = np.arange(total)
    count = total if max_images is None else min(max_images, total)
    if not is_video:
        return everything[:count] * total // count
    stretches = [
        stretch[first : first + _STRETCH]
        for stretch in _stretches(dataset, everything)
        for first in range(0, len(stretch), _STRETCH)
    ]
    if not stretches:
        raise InputError(f"--video: expected videos in {dataset.directory}, received single images")
    # As many as there would be of the mean length, but one at least.
    wanted = max(1, count * len(stretches) // sum(map(len, stretches)))
    chosen = np.arange(wanted) * len(stretches) // wanted
    return np.concatenate([stretches[number] for number in chosen])


def _stretches(dataset: ImageDataset, numbers: np.ndarray) -> list[np.ndarray]:
    places = [
        image_records.place_in_video(record)
        for number in numbers
        for record in dataset.records(np.array([number]))
    ]
    sequences, subjects, frames = zip(*places, strict=True)
    labels = {
        "sequence": np.array(sequences, object),
        "subject": np.array(subjects, object),
        "frame": np.array(frames),
    }
    return evaluation.clips(labels)


def _check(arguments: argparse.Namespace) -> None:
    if arguments.max_images is not None and arguments.max_images < 1:
        raise InputError(f"--max_images: expected at least 1, received {arguments.max_images}")
    for option in ("json", "markdown"):
        path = getattr(arguments, option)
        if path is not None and not path.parent.is_dir():
            raise InputError(f"--{option} {path}: there is no directory {path.parent}")


def _load(arguments: argparse.Namespace) -> tuple[StagedNetwork, str]:
    """Loads the network asked for; also what to call it."""
    file, name = source.network(arguments)
    return models.load(file), name


def _predict(
    predictor: Predictor, dataset: ImageDataset, numbers: np.ndarray, labelled: Sequence[str]
) -> PredictedPeople:
    with tqdm(desc="predicting", total=len(numbers), unit="image", delay=1.0) as bar:
        return evaluation.predict_split(
            predictor, dataset, numbers=numbers, label_evidence=labelled, progress=bar.update
        )
