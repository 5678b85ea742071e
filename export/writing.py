"""Writes and checks SavedModels: the work of `export.savedmodel`."""

import argparse
import functools
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from export import (
    agreement,
    model_source,
    plain_graphs,
    reference,
    served_model,
    verification,
    versions,
    warmup,
)
from export.model_source import ModelSource
from export.served_model import ServedModel
from hps_tf import models, priors
from hps_tf.io import tensorflow_path


def run(arguments: argparse.Namespace) -> None:
    """Exports what the arguments of `export.savedmodel` say.

    Raises:
      InputError: If there is no such model, or it cannot be written there.
    """
    source = model_source.find(arguments)
    name = source.name + ("-float16" if arguments.float16 else "")
    directory = arguments.output / name
    tensorflow_path.check(directory, "--output")
    versions.check_free(directory, arguments.version)
    served = _served(source, tf.float16 if arguments.float16 else tf.float32)
    with versions.publishing(directory, arguments.version) as publication:
        write(served, publication.scratch, name, verification.progress)
        print(f"{_megabytes(publication.scratch):.1f} MB; checking it", flush=True)
        report = verification.check(
            publication.scratch, is_quick=arguments.quick, say=verification.progress
        )
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
    signatures = {}
    for number, (signature, function) in enumerate(served.signatures.items(), 1):
        say(f"{name}: tracing {signature}, {number} of {len(served.signatures)}")
        # Given the function itself, TensorFlow would trace it once to write and once to answer.
        signatures[signature] = function.get_concrete_function()
    say(f"{name}: writing")
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
        with plain_graphs.in_this_process():
            answer = functools.partial(_answer, signatures[signature])
            examples[signature] = agreement.example(signature, request, answer)
        outputs = signatures[signature].structured_outputs
        left_out = sorted(outputs.keys() - examples[signature].outputs.keys())
        if left_out:
            say(f"{name}: {signature}: rounding decides {', '.join(left_out)}; unchecked")
    examples[served_model.DEFAULT_SIGNATURE] = examples[served.default]
    reference.write(directory, examples)
    warmup.write(directory, name, served.requests, served_model.SLOW)


def _answer(signature: tf.types.experimental.ConcreteFunction, request: reference.Arrays):
    inputs = {name: tf.constant(array) for name, array in request.items()}
    return {name: tensor.numpy() for name, tensor in signature(**inputs).items()}


def _served(source: ModelSource, dtype: tf.DType) -> ServedModel:
    if source.is_network:
        return served_model.of_network(models.load(source.path), dtype)
    return served_model.of_prior(priors.load(source.path, "density", "latent"), dtype)


def _megabytes(directory: Path) -> float:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file()) / 1e6
