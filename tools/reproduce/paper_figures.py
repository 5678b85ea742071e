"""What Zanfir et al. 2020 report in their Tables 2 and 3, millimetres.

Table 2 is of H80K, a part of Human3.6M, and Table 3 of the test set of 3DPW.
"""

from collections.abc import Mapping

SHARES: Mapping[str, Mapping[int, tuple[float, float]]] = {
    "FS": {
        0: (649.0, 677.0),
        20: (117.0, 136.0),
        40: (101.0, 118.0),
        60: (93.0, 109.0),
        80: (86.0, 102.0),
        100: (83.0, 97.15),
    },
    "FS+WS": {
        0: (123.0, 140.0),
        20: (97.0, 111.0),
        40: (92.0, 108.0),
        60: (90.0, 106.0),
        80: (85.0, 101.0),
        100: (84.0, 98.85),
    },
}
"""MPJPE and MPVPE of Table 2 by training and percent of the 3D labels."""

METHODS: Mapping[str, tuple[float, float]] = {
    "FS": (95.0, 61.3),
    "FS+OPT (KA)": (95.0, 60.3),
    "FS+OPT (KA+BA)": (91.4, 58.87),
    "FS+WS": (90.0, 57.1),
    "FS, video of 16": (82.8, 52.2),
    "FS+WS, video of 4": (84.5, 54.5),
    "FS+WS, video of 8": (82.0, 51.4),
    "FS+WS, video of 16": (80.2, 49.8),
}
"""MPJPE and PA-MPJPE of Table 3 by the method as `table3` calls it."""

NOTE = "The paper's figures are of {data} and of its own networks: only the order is comparable."


def text(value: float | None) -> str:
    """A figure as the paper prints it; a dash where it has none."""
    return "-" if value is None else f"{value:g}"
