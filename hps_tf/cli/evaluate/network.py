"""The command `hps evaluate network`."""

import argparse
import re
from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

import hps_tf.body
from hps_tf import evaluation, models
from hps_tf.body import BodyModel, load_small
from hps_tf.cli import options, source
from hps_tf.cli.evaluate import network_report
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.errors import InputError
from hps_tf.evaluation import PredictedPeople, network_data, network_rows
from hps_tf.io.atomic_file import replacing
from hps_tf.models import Predictor, StagedNetwork
from hps_tf.models.ground_truth_evidence import EVIDENCE

_REFINEMENTS = ("ka", "ka+ba")


def evaluate(arguments: argparse.Namespace) -> None:
    """Measures the network, prints the tables and writes the files."""
    refinements = _chosen("--refine", arguments.refine, _REFINEMENTS)
    labelled = _chosen("--labelled", arguments.labelled, EVIDENCE)
    windows = _windows(arguments.video)
    name, file = source.find(arguments, "network", source.MEASURES)
    network = models.load(file)
    dataset = network_data.open_data(arguments.data, arguments.split, network)
    numbers = network_data.numbers(dataset, arguments.max_images, is_video=bool(windows))
    predictor = Predictor(network, _body(arguments.body, network))
    people = _predict(predictor, dataset, numbers, labelled)
    is_whole = bool(windows) or len(people) == len(dataset)
    figures = {
        "network": name,
        "data": arguments.data.resolve().name,
        "split": arguments.split,
        "num_parameters": network.num_parameters,
        "num_images": len(people),
        "labelled": labelled,
        **network_rows.measure(predictor, people, refinements, windows, is_whole=is_whole),
    }
    print(network_report.text(figures))
    options.write_json(arguments, figures)
    if arguments.markdown:
        with replacing(arguments.markdown) as temporary:
            temporary.write_text(network_report.markdown(figures), encoding="utf-8")


def _body(file: str | None, network: StagedNetwork) -> BodyModel:
    """Loads the body that the network predicts.

    Raises:
      InputError: If it is not the network's.
    """
    body = load_small() if file is None else hps_tf.body.load(file, network.num_shape)
    if body.name != network.body:
        raise InputError(
            f"--body: expected a file of the network's body {network.body!r}, received"
            f" {file or 'none'}, body {body.name!r}"
        )
    return body


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
        if not re.fullmatch(r"\d{1,3}", length) or not 2 <= int(length) <= network_data.STRETCH:
            raise InputError(
                f"--video: expected numbers of frames from 2 to {network_data.STRETCH}, received"
                f" {length!r}"
            )
    return list(dict.fromkeys(map(int, lengths)))


def _predict(
    predictor: Predictor, dataset: ImageDataset, numbers: np.ndarray, labelled: Sequence[str]
) -> PredictedPeople:
    with tqdm(desc="predicting", total=len(numbers), unit="image", delay=1.0) as bar:
        return evaluation.predict_split(
            predictor, dataset, numbers=numbers, ground_truth_evidence=labelled, progress=bar.update
        )
