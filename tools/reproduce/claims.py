"""The paper's claims about its Table 1, tested on the rows here.

Each claim compares rows that differ in one thing; where there are several such pairs, their means.
It holds if the difference lies on the claimed side of the margin at p < 0.05, one-sided. Each is
asked under the paper's start and under matched starts, where ambient variables begin at a likely
pose as the latent ones do.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from hps_tf.evaluation import statistics
from hps_tf.evaluation.statistics import Bootstrap, Difference
from tools.reproduce import rows
from tools.reproduce.row_errors import RowErrors
from tools.reproduce.rows import (
    AMBIENT,
    AXIS_ANGLE,
    FLOW,
    KA,
    KA_BA,
    LATENT,
    MODE,
    SAME,
    SIX_D,
    WIDE,
    ZERO,
    Row,
)

SIGNIFICANCE = 0.05
MARGIN = 0.3
"""How much worse, in cm of MPJPE, still counts as not worse."""

#: How ambient rows start in each set of claims.
STARTS = {"paper_start": ZERO, "matched_start": MODE}


@dataclasses.dataclass(frozen=True)
class Claim:
    """A claim: the first rows' errors are lower than the second's.

    Attributes:
      name: Of the claim.
      pairs: Pairs of rows; the claim is of the mean difference.
      margin: Upper limit of the difference, cm.
    """

    name: str
    pairs: tuple[tuple[Row, Row], ...]
    margin: float = 0.0


def claims(start: str) -> list[Claim]:
    """The claims, with ambient rows at the given start."""
    flows = [(data, code) for data in (SAME, WIDE) for code in (AXIS_ANGLE, SIX_D)]
    latent = {flow: _row(FLOW, *flow, LATENT) for flow in flows}
    ambient = {flow: _row(FLOW, *flow, AMBIENT, start=start) for flow in flows}
    aligned = {flow: _row(FLOW, *flow, LATENT, KA_BA) for flow in flows}
    wide_aa, wide_6d = latent[WIDE, AXIS_ANGLE], latent[WIDE, SIX_D]
    gaussian = {code: _row(rows.GAUSSIAN, WIDE, code, LATENT) for code in (AXIS_ANGLE, SIX_D)}
    return [
        Claim("latent_better_than_ambient", _pairs((latent[f], ambient[f]) for f in flows)),
        Claim("ka_ba_better_than_ka", _pairs((aligned[f], latent[f]) for f in flows)),
        Claim(
            "flow_better_than_gmm",
            _pairs([(wide_aa, _row(rows.GMM, WIDE, AXIS_ANGLE, AMBIENT, start=start))]),
        ),
        Claim(
            "flow_better_than_vposer",
            _pairs([(wide_6d, _row(rows.VPOSER, WIDE, SIX_D, LATENT))]),
        ),
        Claim(
            "flow_better_than_hmr",
            _pairs([(wide_6d, _row(rows.HMR, WIDE, rows.MATRICES, AMBIENT, start=start))]),
        ),
        Claim(
            "flow_better_than_gaussian",
            _pairs([(wide_aa, gaussian[AXIS_ANGLE]), (wide_6d, gaussian[SIX_D])]),
        ),
        Claim(
            "6d_not_worse_than_aa",
            _pairs(
                (space[data, SIX_D], space[data, AXIS_ANGLE])
                for space in (latent, ambient)
                for data in (SAME, WIDE)
            ),
            margin=MARGIN,
        ),
    ]


def test_all(measured: Sequence[RowErrors], bootstrap: Bootstrap) -> dict[str, dict]:
    """Tests the claims that the measured rows allow.

    Args:
      measured: The rows.
      bootstrap: Over their people and seeds.

    Returns:
      By ``"START/CLAIM"``: whether it holds, p, and in words which rows were compared.
    """
    by_row = {(each.row.key): each for each in measured}
    verdicts = {}
    for label, start in STARTS.items():
        for claim in claims(start):
            pairs = [
                (by_row[first.key], by_row[second.key])
                for first, second in claim.pairs
                if first.key in by_row and second.key in by_row
            ]
            if pairs:
                verdicts[f"{label}/{claim.name}"] = _verdict(claim, pairs, bootstrap)
    return verdicts


def _verdict(
    claim: Claim, pairs: Sequence[tuple[RowErrors, RowErrors]], bootstrap: Bootstrap
) -> dict:
    each = [_compare([pair], bootstrap, claim.margin) for pair in pairs]
    whole = _compare(pairs, bootstrap, claim.margin)
    parts = [
        f"{first.row.key} - {second.row.key}: {_text(difference)}"
        for (first, second), difference in zip(pairs, each, strict=True)
    ]
    mean = [] if len(pairs) == 1 else [f"mean of {len(pairs)} pairs {_text(whole)}"]
    margin = [f"margin {claim.margin:g} cm"] if claim.margin else []
    missing = len(claim.pairs) - len(pairs)
    absent = [f"{missing} of {len(claim.pairs)} pairs not measured"] if missing else []
    return {
        "holds": bool(whole.p < SIGNIFICANCE),
        "p": whole.p,
        "difference_cm": whole.mean,
        "ci95_difference": list(whole.interval),
        "detail": "; ".join([*mean, *margin, *parts, *absent]),
    }


def _compare(
    pairs: Sequence[tuple[RowErrors, RowErrors]], bootstrap: Bootstrap, margin: float
) -> Difference:
    first, second = (
        np.mean([replicates(pair[side], bootstrap, "mpjpe") for pair in pairs], axis=0)
        for side in (0, 1)
    )
    mean = float(np.mean([a.mpjpe.mean() - b.mpjpe.mean() for a, b in pairs]))
    return statistics.compare(first, second, mean, margin)


def replicates(measured: RowErrors, bootstrap: Bootstrap, metric: str) -> np.ndarray:
    """The bootstrap's replicates of a row's mean, for a field of `RowErrors`."""
    family = measured.row.family if rows.has_seeds(measured.row) else None
    return bootstrap.replicates(getattr(measured, metric), family)


def _row(prior: str, data: str, code: str, space: str, features: str = KA, start: str = MODE):
    return Row(prior, data, code, space, features, start)


def _pairs(pairs) -> tuple[tuple[Row, Row], ...]:
    return tuple(pairs)


def _text(difference: Difference) -> str:
    low, high = difference.interval
    return f"{difference.mean:+.2f} cm [{low:+.2f}, {high:+.2f}], p = {difference.p:.4f}"
