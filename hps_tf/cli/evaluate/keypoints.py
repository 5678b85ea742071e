"""The command `hps evaluate keypoints`."""

import argparse

from hps_tf.cli import options
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.errors import InputError
from hps_tf.evaluation import keypoint_figures
from hps_tf.evaluation.keypoint_figures import QUANTILES


def evaluate(arguments: argparse.Namespace) -> None:
    """Measures the detector, prints the figures and writes the JSON file."""
    dataset = ImageDataset(arguments.data, arguments.split)
    labels = dataset.manifest["splits"][arguments.split]
    if labels["pose"] < len(dataset) or labels["keypoints"] < len(dataset):
        raise InputError(
            f"{arguments.data}: expected images with keypoints and poses, received {labels['pose']}"
            f" poses of {len(dataset)} images"
        )
    people = keypoint_figures.look(arguments.detector(), dataset, arguments.max_images)
    figures = keypoint_figures.measure(people)
    print(text(figures))
    options.write_json(arguments, figures)


def text(figures: dict) -> str:
    """Returns the figures as tables for people."""
    heads = "".join(f"{f'{quantile:.0%}':>8}" for quantile in QUANTILES)
    lines = [
        f"{figures['num_people']} people, {figures['missed']:.1%} of them missed; of the others"
        f" {figures['exchanged']:.1%} with left and right exchanged",
        "",
        "by keypoint: displacement in a joint's frame, metres; quantiles of what remains, shares of"
        " the box",
        f"{'':16}{'joint':12}{'x':>7}{'y':>7}{'z':>7}{heads}",
    ]
    for name, row in figures["keypoints"].items():
        moved = "".join(f"{value:7.3f}" for value in row["displacement"])
        lines.append(f"{name:16}{row['joint']:12}{moved}{_cells(row['quantiles'])}")
    lines += ["", f"{'by confidence':28}{'share':>21}{heads}"]
    for name, row in figures["confidences"].items():
        lines.append(f"{name:28}{row['share']:21.3f}{_cells(row['quantiles'])}")
    lines += ["", f"{'confidence beyond the image':49}{_cells(figures['outside'])}"]
    return "\n".join(lines)


def _cells(values: list[float] | None) -> str:
    if values is None:
        return f"{'-':>8}" * len(QUANTILES)
    return "".join(f"{value:8.4f}" for value in values)
