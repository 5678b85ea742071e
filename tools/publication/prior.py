"""Publishes a prior with its card: the work of `tools.publish_prior`."""

import argparse
import hashlib
import json
import shlex
from pathlib import Path

import numpy as np

from hps_tf import priors
from hps_tf.errors import InputError
from hps_tf.io import run_directory
from hps_tf.io.atomic_file import replacing
from hps_tf.priors import PosePrior
from tools import baseline_card
from trainers.arguments import CONFIGS, flatten, load

_COMPARED = ("prior", "gaussian", "gmm8")
_SEED_TABLE = (
    "| σ | runs | prior, mean of means ± spread | gain, mean | gain, median |",
    "|---|---|---|---|---|",
)


def run(arguments: argparse.Namespace) -> None:
    """Publishes what the arguments of `tools.publish_prior` say.

    Raises:
      InputError: If the run or the figures cannot be used.
    """
    figures = [_read_json(path) for path in arguments.figures]
    target = arguments.output / f"{arguments.name}.npz"
    if arguments.run:
        _publish(arguments, figures, target)
    else:
        _add_runs(target, dict(zip(arguments.figures, figures, strict=True)), arguments.note)
    print(f"{target}  {target.stat().st_size / 1e3:.0f} kB")


def _publish(arguments: argparse.Namespace, figures: list[dict], target: Path) -> None:
    """Writes the prior of a run and its card."""
    prior = priors.load(run_directory.file(arguments.run, "prior.npz"))
    config = _read_json(arguments.run / "config.json")
    data = prior.card["config"]["data"]["path"]
    prior.card = {
        "name": arguments.name,
        "data": f"CMU motion capture (mocap.cs.cmu.edu): {data}",
        "command": shlex.join(
            [
                *("python", "-m", "trainers.train"),
                *_settings(config, data),
            ]
        ),
        "seed": config["seed"],
        "train_poses": prior.card["train_poses"],
        "validation_poses": prior.card["validation_poses"],
        "splits": figures[0]["splits"],
        **({"samples": figures[0]["samples"]} if "samples" in figures[0] else {}),
    }
    # Rounded weights would move a density.
    prior.save(target, dtype=np.float32 if prior.has_density else np.float16)
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    if prior.has_density:
        lines = _card(prior, figures, digest)
    else:
        lines = baseline_card.card(prior, figures[0], digest)
    _write_card(target, lines, arguments.note)


def _add_runs(target: Path, figures: dict[Path, dict], note: str) -> None:
    """Rewrites the rows over seeds of a published card, for the sigmas of the figures.

    Raises:
      InputError: If the figures are of another architecture.
    """
    prior = priors.load(target, "density")
    described = {
        "preset": prior.architecture,
        "space": prior.space.name,
        "num_parameters": prior.num_parameters,
    }
    for path, run in figures.items():
        for name, expected in described.items():
            if run.get(name) != expected:
                raise InputError(
                    f"{path}: expected figures of {target.stem}'s architecture, `{name}` "
                    f"{expected}, received {run.get(name)}"
                )
    lines = target.with_suffix(".md").read_text("utf-8").splitlines()
    start = lines.index(_SEED_TABLE[0]) + len(_SEED_TABLE)
    end = lines.index("", start)
    rows = {float(row.split("|")[1]): row for row in lines[start:end]}
    rows |= {float(row.split("|")[1]): row for row in _seed_rows(list(figures.values()))}
    lines[start:end] = [rows[sigma] for sigma in sorted(rows)]
    if note:
        # The note is what follows the last table.
        last = max(number for number, line in enumerate(lines) if line.startswith("|"))
        del lines[last + 1 :]
    _write_card(target, lines, note)


def _write_card(target: Path, lines: list[str], note: str) -> None:
    with replacing(target.with_suffix(".md")) as temporary:
        temporary.write_text("\n".join([*lines, *(["", note] if note else [])]) + "\n", "utf-8")


def _read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: expected JSON, received {error}") from error


def _settings(config: dict, data: str) -> list[str]:
    """The config nearest to that of a run, and what the run set otherwise."""
    ours = dict(flatten(config))
    differences = {}
    for path in sorted(CONFIGS.glob("prior*.py")):
        usual = dict(flatten(load(path)))
        differences[path] = {
            name: value for name, value in ours.items() if usual.get(name, ...) != value
        }
    path = min(differences, key=lambda path: len(differences[path]))
    changed = differences[path] | {"data.path": data, "seed": config["seed"]}
    return [
        f"--config=trainers/configs/{path.name}",
        *(f"--config.{name}={value}" for name, value in changed.items()),
    ]


def _card(prior: PosePrior, figures: list[dict], digest: str) -> list[str]:
    own = figures[0]
    return [
        f"# {prior.card['name']}",
        "",
        f"A {prior.architecture} pose prior over {prior.space.name} poses ({prior.space.dim} "
        f"numbers, 21 joints), dequantisation σ {prior.sigma:g}, "
        f"{prior.num_parameters:,} trainable parameters.",
        "",
        f"- **Data:** {prior.card['data']}; {prior.card['train_poses']:,} training poses at 30 fps "
        "and as many mirrored, validation and test on other people. See NOTICE.",
        f"- **Trained by:** `{prior.card['command']}`",
        "- **Evaluated by:** `python -m tools.evaluate prior "
        f"--prior {prior.card['name']} --data … --json …`, noise seed {own['noise_seed']}",
        f"- **Round trip:** decode(encode(x)) is off by at most {own['round_trip_max_error']:.1e} "
        f"over the poses of {own['sample_split']}",
        f"- **sha256:** `{digest}`",
        "",
        "Negative log-likelihood in nats per dimension, mean / median over frames; lower is "
        "better. The Gaussian and the mixture of 8 are fitted to the same training poses at the "
        "same σ.",
        "",
        "| split | frames | prior | Gaussian | GMM-8 |",
        "|---|---|---|---|---|",
        *(_likelihood_row(split, values) for split, values in own["splits"].items()),
        "",
        "Over runs that differ in seed and σ, on people in neither training nor validation; the "
        "gain is over the better of Gaussian and GMM-8, and ± is half the range:",
        "",
        *_SEED_TABLE,
        *_seed_rows(figures),
        "",
        f"Samples ({own['samples']['num_samples']:,}) against as many poses of "
        f"{own['sample_split']}, by joint positions:",
        "",
        "| | FID, m² | precision | recall | density | coverage | APD, m | in joint ranges |",
        "|---|---|---|---|---|---|---|---|",
        *_sample_rows(own),
    ]


def _likelihood_row(split: str, values: dict) -> str:
    means = dict(zip(_COMPARED, _means(values), strict=True))
    cells = [f"{means[name]:.3f} / {values['median'][name]:.3f}" for name in _COMPARED]
    return f"| {split} | {values['num_poses']:,} | {' | '.join(cells)} |"


def _means(values: dict) -> tuple[float, float, float]:
    return (values["nll_per_dim"], values["gaussian_nll_per_dim"], values["gmm8_nll_per_dim"])


def _seed_rows(figures: list[dict]) -> list[str]:
    rows = []
    for sigma in sorted({run["sigma"] for run in figures}):
        runs = [run["splits"]["test"] for run in figures if run["sigma"] == sigma]
        means = np.array([_means(run) for run in runs])
        medians = np.array([[run["median"][name] for name in _COMPARED] for run in runs])
        # The references know no seed but that of the mixture's start: those of the first run.
        gains = [values[0, 1:].min() - values[:, 0] for values in (means, medians)]
        cells = [_spread(gain) for gain in gains]
        rows.append(f"| {sigma:g} | {len(runs)} | {_spread(means[:, 0])} | {' | '.join(cells)} |")
    return rows


def _spread(values: np.ndarray) -> str:
    """Mean and half the range."""
    return f"{values.mean():.3f} ± {np.ptp(values) / 2:.3f}"


def _sample_rows(figures: dict) -> list[str]:
    scores = ("fid", "precision", "recall", "density", "coverage", "apd", "share_in_joint_ranges")
    sources = {"prior": figures["samples"], **figures["reference_samples"]}
    return [
        f"| {name} | " + " | ".join(f"{values[score]:.3f}" for score in scores) + " |"
        for name, values in sources.items()
    ]
