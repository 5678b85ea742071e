"""How costs grow: with people, frames, vertices, pixels and parameters.

* people: `hps_tf.fitting.fit` to keypoints, of so many people at once
* frames: `hps_tf.fitting.VideoFitter` of one person, so many frames
* vertices: the body model, forward and gradient, of 8 bodies; the embedded body's vertices, cut off
  or repeated
* pixels: the alignment loss with 6,890 vertices, forward and gradient, packing included, of 8 maps
  of so many pixels
* parameters: a flow's log-density and its gradient by the parameters, of 1,024 poses

All are warm. The exponent is the slope of the straight line that fits the logarithms of cost and
size best, over all sizes: 1 is proportional, below 1 small sizes pay for what does not grow.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tools.benchmark import growth_costs, report, timing

PEERS = ()

_ROUNDS = 3


def rows() -> Iterator[report.Row]:
    """Measures every quantity at five sizes, then the exponents."""
    exponents = []
    for quantity, make in growth_costs.COSTS.items():
        report.progress(f"growth: {quantity}")
        sizes, costs = _costs(make())
        for size, cost in zip(sizes, costs, strict=True):
            yield report.Row(f"{quantity}: {size:,}", "cost", "ms", 1e3 * cost, {})
        exponents.append(report.Row(quantity, "exponent", "", exponent(sizes, costs), {}))
    yield from exponents


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The power of the sizes that the costs grow with, by least squares of the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def _costs(runs: dict[int, Callable[[], object]]) -> tuple[list[int], list[float]]:
    """The sizes and the seconds of each."""
    seconds = timing.interleaved({str(size): run for size, run in runs.items()}, _ROUNDS)
    return list(runs), list(seconds.values())
