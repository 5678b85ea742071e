"""Writes a trained network or prior as a SavedModel for TensorFlow Serving.

    python -m export.savedmodel --model photo --output served
    python -m export.savedmodel --run runs/quickstart --output served --quick
    python -m export.savedmodel --model cmu-6d-light --output served --version 2

OUTPUT/NAME/VERSION appears whole or not at all, and only after it was loaded again, as TensorFlow
2, as TensorFlow 1 and as TensorFlow Serving load it, and gave the model's own answers;
`export.verify` repeats that check, and --quick does with one loader. A server that watches
OUTPUT/NAME can be running meanwhile. NAME is the model's, or that of the run directory.

A network has all of the signatures below, `predict_photo` if it stands on MoveNet and has a lifting
module; a prior those of priors and of fits to keypoints. A request that does not fit is answered
with INVALID_ARGUMENT and a message.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import tensorflow as tf

from export import (
    fit_signatures,
    image_signatures,
    photo_signatures,
    prior_signatures,
    reference,
    served_model,
    verify,
    versions,
    warmup,
)
from export.reference import Example
from export.served_model import ServedModel
from hps_tf import models, priors
from hps_tf.cli import command
from hps_tf.errors import InputError
from hps_tf.io import tensorflow_path

_NETWORK_FILE, _PRIOR_FILE = "network.npz", "prior.npz"

_SIGNATURES = "\n\n".join(
    str(module.__doc__)
    for module in (photo_signatures, image_signatures, fit_signatures, prior_signatures)
)


class _Source(NamedTuple):
    """A model's name and where it is."""

    name: str
    path: str | Path
    is_network: bool


def main(argv: Sequence[str] | None = None) -> None:
    """Exports the model named on the command line.

    Args:
      argv: The arguments; those of the process by default.

    Raises:
      InputError: If there is no such model, or it cannot be written there.
    """
    arguments = _parse(argv)
    source = source_of(arguments)
    name = source.name + ("-float16" if arguments.float16 else "")
    directory = arguments.output / name
    tensorflow_path.check(directory, "--output")
    versions.check_free(directory, arguments.version)
    served = _served(source, tf.float16 if arguments.float16 else tf.float32)
    with versions.publishing(directory, arguments.version) as publication:
        write(served, publication.scratch, name, verify.progress)
        print(f"{_megabytes(publication.scratch):.1f} MB; checking it", flush=True)
        report = verify.check(publication.scratch, is_quick=arguments.quick, say=verify.progress)
        for line in report.lines():
            print(line)
        if report.differing:
            raise RuntimeError(f"the written model differs: {report.differing}")
    print(f"wrote {publication.path}")


def write(
    served: ServedModel,
    directory: Path,
    name: str,
    say: Callable[[str], None] = lambda line: None,
) -> None:
    """Writes a SavedModel with reference requests and answers, and warm-up requests, beside it.

    Args:
      served: The model.
      directory: Exists and is empty.
      name: The model's name.
      say: Receives progress, one line at a time.
    """
    signatures = served.signatures
    say(f"{name}: tracing and writing {len(signatures)} signatures")
    tf.saved_model.save(
        served.weights,
        str(directory),
        signatures={served_model.DEFAULT_SIGNATURE: signatures[served.default], **signatures},
        # Training resumes from the run directory.
        options=tf.saved_model.SaveOptions(experimental_custom_gradients=False),
    )
    examples = {}
    for number, (signature, request) in enumerate(served.requests.items(), 1):
        say(f"{name}: answering {signature}, {number} of {len(served.requests)}")
        examples[signature] = Example(request, _answer(signatures[signature], request))
    examples[served_model.DEFAULT_SIGNATURE] = examples[served.default]
    reference.write(directory, examples)
    warmup.write(directory, name, served.requests, served_model.SLOW)


def _answer(signature: tf.types.experimental.PolymorphicFunction, request: reference.Arrays):
    inputs = {name: tf.constant(array) for name, array in request.items()}
    return {name: tensor.numpy() for name, tensor in signature(**inputs).items()}


def source_of(arguments: argparse.Namespace) -> _Source:
    """Finds the model that ``--run`` or ``--model`` names.

    Raises:
      InputError: If there is none.
    """
    if arguments.run is not None:
        for name in (_NETWORK_FILE, _PRIOR_FILE):
            path = arguments.run / name
            if path.is_file():
                return _Source(arguments.run.resolve().name, path, name == _NETWORK_FILE)
        raise InputError(
            f"{arguments.run}: expected the directory of a finished run, with {_NETWORK_FILE} or"
            f" {_PRIOR_FILE}, received none"
        )
    networks, flows = models.list_pretrained(), priors.list_pretrained()
    if arguments.model not in networks + flows:
        raise InputError(
            f"--model: expected one of {', '.join(networks + flows)}, received {arguments.model!r}"
        )
    return _Source(arguments.model, arguments.model, arguments.model in networks)


def _served(source: _Source, dtype: tf.DType) -> ServedModel:
    if source.is_network:
        return served_model.of_network(models.load(source.path), dtype)
    return served_model.of_prior(priors.load(source.path, "density", "latent"), dtype)


def _megabytes(directory: Path) -> float:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file()) / 1e6


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="export.savedmodel",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_SIGNATURES,
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--run", type=command.path, metavar="DIR", help="directory of a training run"
    )
    source.add_argument(
        "--model",
        "--network",
        "--prior",
        metavar="NAME",
        help="a pretrained network or prior",
    )
    parser.add_argument(
        "--output", type=command.path, required=True, metavar="DIR", help="directory of all models"
    )
    parser.add_argument(
        "--version",
        type=command.at_least(1),
        help="number of this version (default: the next free one)",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="check it with one loader and few warm-up requests; `export.verify` does the rest",
    )
    parser.add_argument(
        "--float16", action="store_true", help="halve the weights' precision; NAME-float16 is so"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    command.run(main, "export.savedmodel")
