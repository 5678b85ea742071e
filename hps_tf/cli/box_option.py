"""A box of a person in a photograph, as options take it."""

import argparse

_LARGEST, _SMALLEST = 1e6, 2  # Pixels.


def parse(text: str) -> list[float]:
    """The type of a command line's argument that is ``LEFT,TOP,WIDTH,HEIGHT`` in pixels."""
    try:
        left, top, width, height = (float(number) for number in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected LEFT,TOP,WIDTH,HEIGHT in pixels, received {text!r}"
        ) from None
    is_box = all(abs(number) < _LARGEST for number in (left, top, width, height))
    if not is_box or min(width, height) < _SMALLEST:
        raise argparse.ArgumentTypeError(
            f"expected a box of at least {_SMALLEST} pixels per side, received {text!r}"
        )
    return [left, top, width, height]
