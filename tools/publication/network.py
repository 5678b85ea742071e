"""Publishes a network with its card: the work of `tools.publish_network`."""

import argparse
import hashlib
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from hps_tf import models
from hps_tf.cli.evaluate import network_report
from hps_tf.errors import InputError
from hps_tf.evaluation.network_figures import ACCELERATION, MEANS
from hps_tf.io import run_directory
from hps_tf.io.atomic_file import replacing
from hps_tf.models import StagedNetwork
from trainers.arguments import CONFIGS, flatten, load

MAX_BYTES = 20_000_000

_PATHS = (".path", ".lifting", ".start_from")
_NO_EXPERIMENTS = ("__init__", "base")
_COLUMNS = (*MEANS, ACCELERATION)
_FIELDS = {"network": str, "data": str, "split": str, "num_parameters": int, "num_images": int}
_LIMITS = (
    "It was trained on synthetic images only: rendered bodies without hair or loose clothes, one "
    "large in each image. It finds one person, in the square that it is given. The figures below "
    "are of such images; it has not been evaluated on photographs; expect it to do "
    "much worse there. Depth and size follow from the stated focal length and are no measurements. "
    "It is for trying the system, as a start for training on images of your own, and for tests; "
    "not for decisions about people."
)
_PHOTO_LIMITS = (
    "Its keypoints come from a network that has seen photographs; its part module was trained on "
    "synthetic images only, and its lifting module on motion capture. It finds one person, the "
    "one nearest to the middle of the square that it is given; `python -m tools.photo` finds "
    "everybody. The figures below are of synthetic images; of photographs nothing was measured "
    "here. Where keypoints are hidden or wrong, bodies are guesses: the standard deviations say "
    "how unsure. Depth and size follow from the stated focal length and are no measurements. "
    "Not for decisions about people."
)


def run(args: argparse.Namespace) -> None:
    """Publishes what the arguments of `tools.publish_network` say.

    Raises:
      InputError: If the run or the figures cannot be used.
    """
    network = models.load(run_directory.file(args.run, "network.npz"))
    config = load(args.run / "config.json")
    figures = [_figures(path, network) for path in args.figures]
    network.card = {
        "name": args.name,
        "data": _data(config),
        "command": _command(config),
        "seed": config["seed"],
        "validation": network.card.get("validation", {}),
        "figures": figures,
    }
    args.output.mkdir(parents=True, exist_ok=True)
    target = args.output / f"{args.name}.npz"
    _save(target, network)
    lines = _card(network, hashlib.sha256(target.read_bytes()).hexdigest())
    with replacing(target.with_suffix(".md")) as temporary:
        note = ["", args.note] if args.note else []
        temporary.write_text("\n".join([*lines, *note]) + "\n", "utf-8")
    print(f"{target}  {target.stat().st_size / 1e3:.0f} kB")


def _save(target: Path, network: StagedNetwork) -> None:
    """Writes the rounded network, if float16 can hold its weights and the file is small enough."""
    largest = max(float(np.abs(weight.value).max()) for weight in network.weights)
    most = float(np.finfo(np.float16).max)
    if not largest <= most:
        raise InputError(
            f"--run: expected weights up to {most:g}, which float16 can hold, received {largest:g}"
        )
    with replacing(target) as temporary:
        models.save(network, temporary, np.float16)
        size = temporary.stat().st_size
        if size > MAX_BYTES:
            raise InputError(
                f"{target}: expected at most {MAX_BYTES / 1e6:g} MB, received {size / 1e6:.1f} MB"
            )


def _figures(path: Path, network: StagedNetwork) -> dict[str, Any]:
    """Reads figures and checks that they are this network's.

    Raises:
      InputError: If they are damaged or of a network of another size.
    """
    figures = _read_json(path)
    for field, kind in _FIELDS.items():
        if not isinstance(figures.get(field), kind):
            raise InputError(
                f"{path}, field {field!r}: expected figures of tools.evaluate network, received"
                f" {figures.get(field)!r}"
            )
    if figures["num_parameters"] != network.num_parameters:
        raise InputError(
            f"{path}, field 'num_parameters': expected the run's {network.num_parameters},"
            f" received {figures['num_parameters']}"
        )
    kept = {field: figures[field] for field in _FIELDS} | {"labelled": figures.get("labelled", [])}
    rows = figures.get("rows", {})
    return kept | {
        "rows": {
            row: {name: values[name] for name in _COLUMNS if name in values}
            for row, values in rows.items()
        }
    }


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: expected JSON, received: {error}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a JSON object, received {str(content)[:40]!r}")
    return content


def _data(config: ConfigDict) -> str:
    """The images it was trained on, without the directories that they lie in."""
    return ", ".join(_source(name, source) for name, source in config["data"].items())


def _source(name: str, source: Mapping[str, Any]) -> str:
    if source.get("path"):
        return f"{name}: {Path(source['path']).name}"
    render = source["render"]
    return f"{name}: {render['num_train']:,} images rendered in style {render['style']}"


def _command(config: ConfigDict) -> str:
    """The command that trains it: the config file that comes nearest, and what was set otherwise.

    Of data, only the last part of a path is shown.
    """
    settings = {
        name: Path(value).name if name.endswith(_PATHS) and value else value
        for name, value in flatten(config)
    }
    nearest: tuple[Path, dict[str, Any]] | None = None
    for path in sorted(CONFIGS.glob("*.py")):
        usual = {} if path.stem in _NO_EXPERIMENTS else dict(flatten(load(path)))
        if usual.keys() == settings.keys():
            changed = {name: value for name, value in settings.items() if value != usual[name]}
            if nearest is None or len(changed) < len(nearest[1]):
                nearest = path, changed
    if nearest is None:
        raise InputError(
            f"--run: expected a run of one of {CONFIGS}, received one with other data or phases"
        )
    file, changed = nearest
    return shlex.join(
        [
            *("python", "-m", "trainers.train", f"--config=trainers/configs/{file.name}"),
            *(f"--config.{name}={value}" for name, value in changed.items()),
        ]
    )


def _card(network: StagedNetwork, digest: str) -> list[str]:
    card, options = network.card, network.options
    front = []
    if network.front is not None:
        front = [
            "",
            "Keypoints and features are those of MoveNet Thunder, the embedded detector, frozen; "
            f"its weights (sha256 `{network.front.digest}`) are not counted and not in the file.",
        ]
    lines = [
        f"# {card['name']}",
        "",
        f"A staged network (Zanfir et al. 2020, §2.3): an image of {options.image_size} x "
        f"{options.image_size} pixels in, keypoint heatmaps and part maps of {options.map_size} x "
        f"{options.map_size}, pose ({_pose(network)}), shape and translation of the embedded body "
        f"out; {network.num_parameters:,} parameters, kept in float16.",
        *front,
        "",
        f"- **Trained on:** synthetic images, {card['data']}",
        f"- **Trained by:** `{card['command']}`, seed {card['seed']}",
        f"- **Evaluated by:** `python -m tools.evaluate network --network {card['name']} "
        "--data … --split … --json …`, before the weights were rounded",
        f"- **sha256:** `{digest}`",
        "",
        "## What it can and cannot do",
        "",
        _LIMITS if network.front is None else _PHOTO_LIMITS,
        "",
        "## Figures",
        "",
        "The pelvis is fixed; pixels are those of the network's input.",
    ]
    for figures in card["figures"]:
        lines += ["", *_table(figures)]
    return lines


def _pose(network: StagedNetwork) -> str:
    if network.lifting is None:
        return f"{network.options.pose_output} of {network.options.prior}"
    return "6d, lifted from the keypoints, with how unsure it is"


def _table(figures: Mapping[str, Any]) -> list[str]:
    rows = figures["rows"]
    columns = [
        name for name in _COLUMNS if any(values.get(name) is not None for values in rows.values())
    ]
    lines = [
        f"{figures['data']}, split {figures['split']}, {figures['num_images']:,} images"
        f"{network_report.labelled(figures)}:",
        "",
        f"| | {' | '.join(network_report.HEADINGS[name] for name in columns)} |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for row, values in rows.items():
        cells = [network_report.cell(name, values.get(name)) for name in columns]
        lines.append(f"| {network_report.row_name(row)} | {' | '.join(cells)} |")
    return lines
