"""Rows of benchmarks that fell against earlier ones."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from hps_tf.errors import InputError
from tools.benchmark.report import Measured, Row

_ENOUGH = 0.9
"""The share of its earlier speed that a row must keep."""


@dataclasses.dataclass(frozen=True)
class Comparison:
    """The rows of two sets of results.

    Attributes:
      fallen: Lines about rows that fell by more than 10 %.
      missing: Names of rows that are no longer measured.
      num_compared: Rows that could be compared.
      num_elsewhere: Rows without peers, measured on different processors.
    """

    fallen: list[str]
    missing: list[str]
    num_compared: int
    num_elsewhere: int

    def lines(self) -> list[str]:
        """The comparison for people to read."""
        return [
            *self.fallen,
            *(f"{name}: not measured" for name in self.missing),
            f"{self.num_compared} rows compared, {len(self.fallen)} fell by more than 10 %;"
            f" {len(self.missing)} not measured; {self.num_elsewhere} without peers are of another"
            " processor",
        ]


def compare(new: Mapping[str, Measured], old: Mapping[str, Measured]) -> Comparison:
    """Compares the rows of the benchmarks that both have.

    Args:
      new: The new results.
      old: The earlier ones.

    Raises:
      InputError: If they have no benchmark in common.
    """
    common = [name for name in old if name in new]
    if not common:
        raise InputError(
            f"expected results of some of {', '.join(old)}, received those of {', '.join(new)}"
        )
    fallen: list[str] = []
    missing: list[str] = []
    num_compared = num_elsewhere = 0
    for name in common:
        rows = {(row.case, row.metric, row.unit): row for row in new[name].rows}
        is_same = _processor(new[name].machine) == _processor(old[name].machine)
        for before in old[name].rows:
            title = f"{name}: {before.case}, {before.metric}"
            now = rows.get((before.case, before.metric, before.unit))
            if now is None:
                missing.append(title)
                continue
            change = _change(now, before, is_same_processor=is_same)
            if change is None:
                num_elsewhere += 1
                continue
            num_compared += 1
            kept, text = change
            if kept < _ENOUGH:
                fallen.append(f"{title}: fell by {1 - kept:.0%}: {text}")
    return Comparison(fallen, missing, num_compared, num_elsewhere)


def _change(now: Row, before: Row, *, is_same_processor: bool) -> tuple[float, str] | None:
    """The share of its speed that a row has kept, and its figures; None if they do not compare."""
    peers = [name for name in before.peers if name in now.peers]
    if peers:
        was, is_ = (min(row.ratios[name] for name in peers) for row in (before, now))
        return is_ / was, f"{was:.2f} to {is_:.2f} times the best peer"
    if not is_same_processor:
        return None
    kept = now.ours / before.ours if now.is_rate else before.ours / now.ours
    return kept, f"{before.ours:.3g} to {now.ours:.3g} {now.unit}"


def _processor(machine: Mapping[str, Any]) -> tuple[str, int]:
    return machine["processor"], machine["cores"]
