"""The choice of an objective's weight by the error of validation people."""

from collections.abc import Callable

#: The weights considered, about three times apart.
LADDER = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)

_LEAST_GAIN = 0.01
"""Share by which the error has to fall; less is chance with some dozens of people."""


def climb(error_of: Callable[[float], float], start: float) -> tuple[float, dict[float, float]]:
    """Walks along the `LADDER`, upwards or else downwards, for as long as the error falls clearly.

    Args:
      error_of: Measures the error with a weight.
      start: The rung to begin on.

    Returns:
      The best weight, and the error of every weight tried.
    """
    errors = {start: error_of(start)}
    begin = best = LADDER.index(start)
    for direction in (1, -1):
        rung = begin + direction
        while 0 <= rung < len(LADDER):
            weight = LADDER[rung]
            errors[weight] = error_of(weight)
            if errors[weight] >= (1 - _LEAST_GAIN) * errors[LADDER[best]]:
                break
            best, rung = rung, rung + direction
        if best != begin:
            break
    return LADDER[best], errors
