"""Networks in TensorFlow Lite's format: the work of `export.tflite`."""

import re
import tempfile
from pathlib import Path

import tensorflow as tf

from hps_tf import models
from hps_tf.body import load_small
from hps_tf.models import Predictor, saved_model

SIGNATURE = "predict"
"""Name of the file's signature."""

_OPERATOR = re.compile(r"^\s*tf\.(\w+)\(", re.MULTILINE)


def of_network(path: str | Path, *, float16: bool = False) -> bytes:
    """Converts a network with the embedded body.

    Args:
      path: Its name or file.
      float16: Whether weights are stored in half precision.

    Returns:
      The content of a ``.tflite`` file.

    Raises:
      InputError: If there is no such network.
      NoCounterpartError: If TensorFlow Lite lacks an operator.
    """
    return convert(Predictor(models.load(path), load_small()), float16=float16)


class NoCounterpartError(Exception):
    """The model has operators that TensorFlow Lite lacks; the message lists them."""


def convert(predictor: Predictor, *, float16: bool = False) -> bytes:
    """Converts a network.

    Args:
      predictor: The network with its body.
      float16: Whether weights are stored in half precision.

    Returns:
      The content of a ``.tflite`` file.

    Raises:
      NoCounterpartError: If TensorFlow Lite lacks an operator.
    """
    with tempfile.TemporaryDirectory() as directory:
        # By way of a SavedModel, the file names its signature, inputs and outputs.
        saved_model.write(predictor, directory)
        converter = tf.lite.TFLiteConverter.from_saved_model(directory, [SIGNATURE])
        if float16:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        return _converted(converter)


def _converted(converter: tf.lite.TFLiteConverter) -> bytes:
    try:
        return converter.convert()
    except Exception as error:  # TensorFlow has no class of its own for it.
        operators = sorted(set(_OPERATOR.findall(str(error))))
        if not operators:
            raise
        raise NoCounterpartError(", ".join(operators)) from error
