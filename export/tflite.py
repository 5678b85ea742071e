"""A network for TensorFlow Lite: the signature `predict` in a file for small devices.

    python -m export.tflite --run runs/quickstart --output quickstart.tflite

Inputs and outputs are those of `predict` (see `export.savedmodel`), unchecked, of any batch size.
Where an operator has no counterpart in TensorFlow Lite, nothing is written and those operators are
listed; exit code 1.
"""

import sys

from hps_tf.cli import command, environment, options, source
from hps_tf.errors import InputError
from hps_tf.io.atomic_file import replacing

EXIT_NO_COUNTERPART = 1


def main() -> None:
    """Converts the network named on the command line."""
    parser = command.parser("export.tflite", __doc__, [options.network("--model")])
    parser.add_argument("--output", type=command.path, required=True, metavar="FILE")
    parser.add_argument("--float16", action="store_true", help="halve the weights' precision")
    arguments = parser.parse_args()
    path = source.find(arguments, "network").file
    if not arguments.output.parent.is_dir():
        raise InputError(f"{arguments.output}: expected an existing directory, received none")
    environment.import_quietly()
    from export import tflite_file

    try:
        content = tflite_file.of_network(path, float16=arguments.float16)
    except tflite_file.NoCounterpartError as error:
        print(f"export.tflite: TensorFlow Lite has no {error}", file=sys.stderr)
        sys.exit(EXIT_NO_COUNTERPART)
    with replacing(arguments.output) as temporary:
        temporary.write_bytes(content)
    print(f"wrote {arguments.output}: {len(content) / 1e6:.1f} MB")


if __name__ == "__main__":
    command.run(main, "export.tflite")
