"""The command `hps evaluate energy`."""

import argparse
from typing import Any

from hps_tf import priors
from hps_tf.cli import options, source
from hps_tf.evaluation import energy_figures, motion


def evaluate(arguments: argparse.Namespace) -> None:
    """Measures the prior, prints the figures and writes the JSON file."""
    name, file = source.find(arguments, "prior", source.MEASURES)
    poses = motion.poses_by_split(arguments.data)
    figures = {"prior": name, **energy_figures.measure(priors.load(file), poses)}
    print(_text(figures))
    options.write_json(arguments, figures)


def _text(figures: dict[str, Any]) -> str:
    kinds = list(next(iter(figures["splits"].values()))["separation"])
    headings = [*kinds, "degrees", "MPJPE, cm"]
    lines = [
        f"{figures['prior']}: {figures['preset']} over {figures['space']},"
        f" {figures['num_parameters']:,} parameters, sigma {figures['sigma']:.3g}",
        "",
        "Share of recorded poses with lower energy than poses made wrong; reconstruction",
        f"{'split':8}{'poses':>8}{'energy':>11}" + "".join(f"{name:>11}" for name in headings),
    ]
    for split, values in figures["splits"].items():
        numbers = [*values["separation"].values()]
        errors = values.get("reconstruction")
        numbers += [errors["degrees"], errors["mpjpe_cm"]] if errors else []
        lines.append(
            f"{split:8}{values['num_poses']:8,}{values['energy']:11.2f}"
            + "".join(f"{number:11.3f}" for number in numbers)
        )
    if "samples" in figures:
        scores = ", ".join(f"{name} {value:.4g}" for name, value in figures["samples"].items())
        lines += ["", f"samples against {figures['sample_split']}: {scores}"]
    return "\n".join(lines)
