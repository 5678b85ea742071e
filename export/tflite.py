"""A network for TensorFlow Lite: the signature `predict` in a file for small devices.

    python -m export.tflite --run runs/quickstart --output quickstart.tflite

Inputs and outputs are those of `predict` (see `export.savedmodel`), unchecked, of any batch size.
Where an operator has no counterpart in TensorFlow Lite, nothing is written and those operators are
listed; exit code 1.
"""

import re
import sys

import tensorflow as tf

from hps_tf import models
from hps_tf.body import load_small
from hps_tf.cli import command, options, source
from hps_tf.errors import InputError
from hps_tf.io.atomic_file import replacing
from hps_tf.models import Predictor, saved_model

EXIT_NO_COUNTERPART = 1

_OPERATOR = re.compile(r"^\s*tf\.(\w+)\(", re.MULTILINE)


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
    module = tf.Module()
    concrete = saved_model.signature(predictor).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], module)
    if float16:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    try:
        return converter.convert()
    except Exception as error:  # TensorFlow has no class of its own for it.
        operators = sorted(set(_OPERATOR.findall(str(error))))
        if not operators:
            raise
        raise NoCounterpartError(", ".join(operators)) from error


def main() -> None:
    """Converts the network named on the command line."""
    parser = command.parser("export.tflite", __doc__, [options.network("--model")])
    parser.add_argument("--output", type=command.path, required=True, metavar="FILE")
    parser.add_argument("--float16", action="store_true", help="halve the weights' precision")
    arguments = parser.parse_args()
    path = source.find(arguments, "network").file
    if not arguments.output.parent.is_dir():
        raise InputError(f"{arguments.output}: expected an existing directory, received none")
    predictor = Predictor(models.load(path), load_small())
    try:
        content = convert(predictor, float16=arguments.float16)
    except NoCounterpartError as error:
        print(f"export.tflite: TensorFlow Lite has no {error}", file=sys.stderr)
        sys.exit(EXIT_NO_COUNTERPART)
    with replacing(arguments.output) as temporary:
        temporary.write_bytes(content)
    print(f"wrote {arguments.output}: {len(content) / 1e6:.1f} MB")


if __name__ == "__main__":
    command.run(main, "export.tflite")
