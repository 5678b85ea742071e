"""Writes a trained model as a SavedModel for TensorFlow Serving.

    python -m export.savedmodel --prior cmu-6d-light --output exported/prior
    python -m export.savedmodel --run runs/prior --output exported/prior --version 2

OUTPUT/VERSION appears whole or not at all, and only after it was loaded again, as TensorFlow 2, as
TensorFlow 1 and as TensorFlow Serving load it, and gave the model's own answers. `export.verify`
repeats that check.
"""

import argparse
from pathlib import Path

import tensorflow as tf

from export import prior_signatures, reference, verify
from export.reference import Example
from hps_tf import atomic_directory, command, priors
from hps_tf.errors import InputError
from hps_tf.priors import PosePrior


def main() -> None:
    """Exports the model named on the command line."""
    arguments = _parse()
    target = arguments.output / str(arguments.version)
    if target.exists():
        raise InputError(f"{target}: this version exists already; choose another --version")
    prior = priors.load_flow(arguments.prior or arguments.run / "prior.npz")
    with atomic_directory.replacing(target) as directory:
        write(prior, directory)
        comparisons = verify.compare(directory)
        differing = [comparison for comparison in comparisons if not comparison.agrees]
        if differing:
            raise RuntimeError(f"the written model differs from the prior: {differing}")
    print(f"wrote {target}: {verify.summary(comparisons)}")


def write(prior: PosePrior, directory: Path) -> None:
    """Writes a prior as a SavedModel with reference requests and answers beside it.

    Args:
      prior: The prior.
      directory: Exists and is empty.
    """
    signatures = prior_signatures.signatures(prior)
    module = tf.Module()
    module.weights = [weight.value for weight in prior.weights]
    tf.saved_model.save(module, str(directory), signatures=signatures)
    examples = {
        name: Example(inputs, _answer(signatures[name], inputs))
        for name, inputs in prior_signatures.reference_requests(prior).items()
    }
    reference.write(directory, examples)


def _answer(signature: tf.types.experimental.PolymorphicFunction, inputs: reference.Arrays):
    """Runs the signature's Python code eagerly: the answer of the model itself, not of a graph."""
    outputs = signature.python_function(**inputs)
    return {name: tensor.numpy() for name, tensor in outputs.items()}


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="export.savedmodel",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=prior_signatures.__doc__,
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--prior", help="name of a pretrained prior, or path of a prior.npz")
    source.add_argument("--run", type=Path, help="directory of a training run")
    parser.add_argument("--output", type=Path, required=True, help="directory of all versions")
    parser.add_argument(
        "--version", type=_positive, default=1, help="number of this version (default: 1)"
    )
    return parser.parse_args()


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {value}")
    return value


if __name__ == "__main__":
    command.run(main, "export.savedmodel")
