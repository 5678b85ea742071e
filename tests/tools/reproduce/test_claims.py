import pytest

from hps_tf.evaluation.statistics import Bootstrap
from tools.reproduce import claims, rows
from tools.reproduce.rows import FLOW, LATENT, MODE, ROWS, ZERO

CLIPS = [f"{index % 40:02}" for index in range(200)]


def level(row):
    """Mean errors as the dry run found them; the Gaussian ties the flow."""
    if row.prior == rows.GAUSSIAN or (row.prior == FLOW and row.space == LATENT):
        mean = 5.0
    else:
        mean = 7.5 if row.start == ZERO else 5.1
    return mean - 0.8 * (row.features == rows.KA_BA)


@pytest.fixture(scope="module")
def measured(make_errors):
    return [
        make_errors(
            row,
            level(row),
            num_seeds=3 if rows.has_seeds(row) else 1,
            noise_seed=index if row.prior == rows.GAUSSIAN else 100 + index,
        )
        for index, row in enumerate(ROWS)
    ]


@pytest.fixture(scope="module")
def bootstrap():
    families = {row.family: 3 for row in ROWS if rows.has_seeds(row)}
    return Bootstrap(CLIPS, families, seed=0)


@pytest.fixture(scope="module")
def verdicts(measured, bootstrap):
    return claims.test_all(measured, bootstrap)


def test_every_claim_is_asked_under_both_starts(verdicts):
    names = [claim.name for claim in claims.claims(ZERO)]
    assert list(verdicts) == [
        f"{start}/{name}" for start in ("paper_start", "matched_start") for name in names
    ]
    for verdict in verdicts.values():
        assert {"holds", "p", "detail"} <= verdict.keys()
        assert type(verdict["holds"]) is bool
        assert 0.0 < verdict["p"] <= 1.0


def test_large_differences_hold_and_ties_do_not(verdicts):
    assert verdicts["paper_start/latent_better_than_ambient"]["holds"]
    assert verdicts["paper_start/flow_better_than_gmm"]["holds"]
    assert verdicts["paper_start/ka_ba_better_than_ka"]["holds"]
    assert not verdicts["paper_start/flow_better_than_gaussian"]["holds"]
    assert not verdicts["matched_start/flow_better_than_gaussian"]["holds"]


def test_ambient_rows_take_the_start_that_is_asked_about(verdicts):
    name = "latent_better_than_ambient"
    assert verdicts[f"paper_start/{name}"]["difference_cm"] == pytest.approx(-2.5, abs=0.1)
    assert verdicts[f"matched_start/{name}"]["difference_cm"] == pytest.approx(-0.1, abs=0.1)


def test_not_worse_allows_for_the_margin(make_errors, bootstrap):
    def verdict(gap):
        measured = [
            make_errors(row, 5.0 + gap * (row.representation == rows.SIX_D))
            for row in ROWS
            if row.prior == FLOW and row.features == rows.KA
        ]
        return claims.test_all(measured, bootstrap)["paper_start/6d_not_worse_than_aa"]

    assert verdict(0.1)["holds"]
    assert not verdict(0.4)["holds"]
    assert "margin 0.3 cm" in verdict(0.1)["detail"]


def test_rows_not_measured_are_left_out_and_counted(make_errors, bootstrap):
    measured = [
        make_errors(row, level(row))
        for row in ROWS
        if row.prior == FLOW and row.data == rows.WIDE and row.features == rows.KA
    ]
    verdicts = claims.test_all(measured, bootstrap)
    assert set(verdicts) == {
        f"{start}/{name}"
        for start in ("paper_start", "matched_start")
        for name in ("latent_better_than_ambient", "6d_not_worse_than_aa")
    }
    detail = verdicts["paper_start/latent_better_than_ambient"]["detail"]
    assert "2 of 4 pairs not measured" in detail
    assert "flow-wide-6d-latent-ka-mode - flow-wide-6d-ambient-ka-zero" in detail


def test_all_rows_of_the_claims_are_in_the_table():
    keys = {row.key for row in ROWS}
    for start in (ZERO, MODE):
        for claim in claims.claims(start):
            for pair in claim.pairs:
                assert {row.key for row in pair} <= keys
