"""The option ``--detector``, whose value makes a detector of people."""

import argparse
import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

EMBEDDED = "movenet"


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the option; its value is a function without arguments."""
    parser.add_argument(
        "--detector",
        type=factory,
        default=EMBEDDED,
        metavar="MODULE:FUNCTION",
        help="what makes a detector of your own, a hps_tf.detection.PeopleDetector; called without"
        " arguments (default: the embedded %(default)s)",
    )


def factory(text: str) -> Callable[[], Any]:
    """Imports the function that MODULE:FUNCTION names; modules may lie in the current directory."""
    if text == EMBEDDED:
        return _embedded
    module, _, name = text.partition(":")
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.append(os.getcwd())  # As `python -m` has it and a console command does not.
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise argparse.ArgumentTypeError(
            f"expected {EMBEDDED} or MODULE:FUNCTION, received {text}: {error}"
        ) from None


def _embedded() -> Any:
    detection = importlib.import_module("hps_tf.detection")
    return detection.load_default()
