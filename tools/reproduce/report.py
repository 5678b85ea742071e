"""Table 1 as JSON and as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from hps_tf.evaluation.statistics import NUM_REPLICATES, Bootstrap, percentile_interval
from tools.reproduce import rows
from tools.reproduce.claims import replicates
from tools.reproduce.row_errors import WRONG_START, RowErrors
from tools.reproduce.rows import PAPER_DATA, PAPER_NOTES

_NAMES = {
    rows.FLOW: "flow",
    rows.GMM: "GMM-8",
    rows.VPOSER: "VPoser",
    rows.HMR: "HMR discriminator",
    rows.GAUSSIAN: "Gaussian",
    rows.NO_PRIOR: "none",
}
_COLUMNS = (
    "prior",
    "data",
    "rotations",
    "space",
    "start",
    "seeds",
    "MPJPE",
    "MPVPE",
    "PA-MPJPE",
    "oracle start",
    "wrong start",
    "paper",
)


def json_rows(measured: Sequence[RowErrors], bootstrap: Bootstrap) -> list[dict[str, Any]]:
    """Describes each row for JSON; errors in centimetres."""
    return [_json_row(each, bootstrap) for each in measured]


def markdown(
    measured: Sequence[RowErrors],
    bootstrap: Bootstrap,
    claims: Mapping[str, Mapping[str, Any]],
    facts: Sequence[str],
    figure: str,
) -> str:
    """Writes the report.

    Args:
      measured: The rows, in the table's order.
      bootstrap: Over their people and seeds.
      claims: The result of `claims.test_all`.
      facts: Lines about how the figures came about.
      figure: File name of the picture beside the report.
    """
    parts = [
        "# Table 1 on open data",
        "",
        "Bodies fitted to 2D evidence with different pose priors: mean errors in cm with 95 %"
        " intervals, lower is better. What the paper calls H80K is here a prior trained on other"
        ' clips of the source of the test poses ("same"), its AMASS the widest motion capture at'
        ' hand ("wide").',
        "",
        *(f"- {fact}" for fact in facts),
        f"- Of the paper's column the project has on record the figures shown, and: {PAPER_NOTES}.",
        "",
    ]
    sections = {
        "The paper's rows": [each for each in measured if each.row.in_paper],
        "Controls and matched starts": [each for each in measured if not each.row.in_paper],
    }
    for title, members in sections.items():
        for features in (rows.KA, rows.KA_BA):
            chosen = [each for each in members if each.row.features == features]
            if chosen:
                parts += [f"## {title}, {features}", "", *_table(chosen, bootstrap), ""]
    parts += [
        "`start`: ambient variables begin at the T-pose (zero, the paper's start) or at a likely"
        " pose (mode); latent zero is a likely pose already, so latent rows have one start, which"
        " is the paper's. `oracle start`: MPJPE had the best of the four global rotations been"
        " known (with part maps, of the two that continue); `wrong start`: share of fits that this"
        f" improves by over {WRONG_START:g} cm.",
        "",
        "## Claims",
        "",
        "One-sided, from the same bootstrap; a claim holds at p < 0.05.",
        "",
        "| claim | holds | p | difference, cm | detail |",
        "|---|---|---|---|---|",
        *(_claim_line(name, claim) for name, claim in claims.items()),
        "",
        "## Weights, chosen on validation people",
        "",
        "| row | validation MPJPE | weights |",
        "|---|---|---|",
        *(_weights_line(each) for each in measured),
        "",
        f"![Evidence, truth and fits]({figure})",
        "",
    ]
    return "\n".join(parts)


def bootstrap_fact(num_clips: int) -> str:
    """The line about intervals and tests."""
    return (
        f"Intervals: {NUM_REPLICATES:,} bootstrap replicates that draw the {num_clips} clips and,"
        " of every learned prior, its seeds, the same for all rows; errors of several seeds are"
        " averaged."
    )


def _json_row(measured: RowErrors, bootstrap: Bootstrap) -> dict[str, Any]:
    row = measured.row
    return {
        "prior": _NAMES[row.prior],
        "data": row.data,
        "paper_data": PAPER_DATA[row.data],
        "representation": row.representation,
        "space": row.space,
        "features": row.features,
        "start": row.start,
        "in_paper": row.in_paper,
        "mpjpe_cm": float(measured.mpjpe.mean()),
        "mpvpe_cm": float(measured.mpvpe.mean()),
        "ci95_mpjpe": list(_interval(measured, bootstrap, "mpjpe")),
        "ci95_mpvpe": list(_interval(measured, bootstrap, "mpvpe")),
        "pa_mpjpe_cm": float(measured.pa_mpjpe.mean()),
        "oracle_mpjpe_cm": float(measured.oracle_mpjpe.mean()),
        "wrong_start_rate": measured.wrong_start_rate,
        "seeds": list(measured.seeds),
        "mpjpe_cm_by_seed": measured.mpjpe.mean(axis=1).tolist(),
        "weights": measured.weights,
        "validation_mpjpe_cm": measured.validation_mpjpe,
        "seconds": measured.seconds.tolist(),
        "paper": row.paper,
    }


def _table(measured: Sequence[RowErrors], bootstrap: Bootstrap) -> list[str]:
    lines = [f"| {' | '.join(_COLUMNS)} |", "|" + "---|" * len(_COLUMNS)]
    for each in measured:
        row = each.row
        cells = [
            _NAMES[row.prior],
            row.data,
            row.representation,
            row.space,
            row.start,
            str(len(each.seeds)) if rows.has_seeds(row) else "-",
            _with_interval(each, bootstrap, "mpjpe"),
            _with_interval(each, bootstrap, "mpvpe"),
            f"{each.pa_mpjpe.mean():.2f}",
            f"{each.oracle_mpjpe.mean():.2f}",
            f"{100 * each.wrong_start_rate:.0f} %",
            "" if row.paper is None else f"{row.paper:.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _with_interval(measured: RowErrors, bootstrap: Bootstrap, metric: str) -> str:
    low, high = _interval(measured, bootstrap, metric)
    return f"{getattr(measured, metric).mean():.2f} [{low:.2f}, {high:.2f}]"


def _interval(measured: RowErrors, bootstrap: Bootstrap, metric: str) -> tuple[float, float]:
    return percentile_interval(replicates(measured, bootstrap, metric))


def _claim_line(name: str, claim: Mapping[str, Any]) -> str:
    low, high = claim["ci95_difference"]
    return (
        f"| {name} | {'yes' if claim['holds'] else '**no**'} | {claim['p']:.4f} |"
        f" {claim['difference_cm']:+.2f} [{low:+.2f}, {high:+.2f}] | {claim['detail']} |"
    )


def _weights_line(measured: RowErrors) -> str:
    weights = ", ".join(f"{name} {value:g}" for name, value in measured.weights.items())
    return f"| {measured.row.key} | {measured.validation_mpjpe:.2f} | {weights} |"
