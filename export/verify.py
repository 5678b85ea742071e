"""Checks an exported model: every way to load it must give the answers stored beside it.

    python -m export.verify exported/prior

DIR is a version (it holds saved_model.pb) or the directory of all versions, each of which is
checked. Exit code 0: all agree; 1: an answer differs; 2: not an exported model, or damaged.
"""

import argparse
import dataclasses
import sys
from pathlib import Path

import numpy as np

from export import loaders, reference
from hps_tf import command
from hps_tf.errors import InputError

EXIT_DIFFERS = 1

# Single precision, and room for another machine's order of summation.
_RELATIVE, _ABSOLUTE = 1e-4, 1e-4


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One output of one signature as one loader gives it.

    Attributes:
      loader: Its name.
      output: ``SIGNATURE.NAME``.
      max_error: Greatest difference from the stored answer; infinite where the shapes differ.
      agrees: Whether it is within single precision.
    """

    loader: str
    output: str
    max_error: float
    agrees: bool


def compare(directory: Path) -> list[Comparison]:
    """Loads one version of a model in every way and compares all answers with those stored.

    Raises:
      InputError: If it is no exported model, or cannot be loaded.
    """
    examples = reference.read(directory)
    requests = {signature: example.inputs for signature, example in examples.items()}
    return [
        _compare(loader, f"{signature}.{name}", answers[signature].get(name), expected)
        for loader in loaders.LOADERS
        for answers in [loaders.answers(loader, directory, requests)]
        for signature, example in examples.items()
        for name, expected in example.outputs.items()
    ]


def versions(directory: Path) -> list[Path]:
    """Lists the versions of a model: the directory itself, or those in it that are numbers.

    Raises:
      InputError: If there is none.
    """
    if (directory / "saved_model.pb").is_file():
        return [directory]
    if not directory.is_dir():
        raise InputError(f"{directory}: no such directory")
    found = [path for path in directory.iterdir() if path.name.isdigit()]
    if not found:
        raise InputError(f"{directory}: expected saved_model.pb or numbered versions, found none")
    return sorted(found, key=lambda path: int(path.name))


def main() -> None:
    """Checks the model named on the command line and ends the process with its exit code."""
    parser = argparse.ArgumentParser(
        prog="export.verify",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="the exported model")
    arguments = parser.parse_args()
    for version in versions(arguments.directory):
        comparisons = compare(version)
        for comparison in comparisons:
            if not comparison.agrees:
                print(f"export.verify: {version}: {_text(comparison)}", file=sys.stderr)
                sys.exit(EXIT_DIFFERS)
        print(f"{version}: {summary(comparisons)}")


def summary(comparisons: list[Comparison]) -> str:
    """Says in one line how well the loaders agree."""
    outputs = {comparison.output for comparison in comparisons}
    worst = max(comparison.max_error for comparison in comparisons)
    return (
        f"{', '.join(loaders.LOADERS)} agree on {len(outputs)} outputs (greatest difference"
        f" {worst:.1e})"
    )


def _compare(
    loader: str, output: str, answer: np.ndarray | None, expected: np.ndarray
) -> Comparison:
    if answer is None or answer.shape != expected.shape:
        return Comparison(loader, output, float("inf"), agrees=False)
    agrees = np.allclose(answer, expected, _RELATIVE, _ABSOLUTE)
    return Comparison(loader, output, float(np.abs(answer - expected).max()), agrees)


def _text(comparison: Comparison) -> str:
    return (
        f"{comparison.output} by {comparison.loader} differs from the exported model's by"
        f" {comparison.max_error:.3g}"
    )


if __name__ == "__main__":
    command.run(main, "export.verify")
