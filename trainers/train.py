"""Trains a model: ``python -m trainers.train --help``."""

import sys
from collections.abc import Sequence

from hps_tf.cli import command
from hps_tf.errors import InputError
from trainers import arguments


def main(argv: Sequence[str] | None = None) -> None:
    """Trains as the command line says.

    Args:
      argv: The arguments; those of the process by default.

    Raises:
      InputError: If an argument, a setting or the data cannot be used.
    """
    config, directory, until, is_printed = arguments.parse(sys.argv[1:] if argv is None else argv)
    if is_printed:
        print("\n".join(f"--config.{name}={value}" for name, value in arguments.flatten(config)))
        return
    from trainers import training

    training.run(config, directory, until)


def run() -> None:
    """Runs `main`; a diverged run ends with one line and exit code 1.

    So does the loss of another worker, with exit code `failures.EXIT_LOST_WORKER`.
    """
    try:
        main()
    except (InputError, OSError):
        raise
    except Exception as error:
        # Its classes are TensorFlow's, which is imported by now.
        from trainers import failures

        failure = failures.of(error)
        if failure is None:
            raise
        print(f"trainers.train: error: {failure.message}", file=sys.stderr)
        sys.exit(failure.exit_code)


if __name__ == "__main__":
    command.run(run, "trainers.train")
