from collections import Counter

from tools.reproduce import rows
from tools.reproduce.rows import ROWS


def test_the_paper_has_eleven_rows_of_keypoints_and_four_with_parts():
    paper = [row for row in ROWS if row.in_paper]
    assert Counter(row.features for row in paper) == {rows.KA: 11, rows.KA_BA: 4}
    assert Counter(row.prior for row in paper) == {
        rows.GMM: 1,
        rows.VPOSER: 1,
        rows.HMR: 1,
        rows.FLOW: 12,
    }


def test_every_ambient_row_has_both_starts():
    ambient = [row for row in ROWS if row.space == rows.AMBIENT]
    starts = Counter((row.family, row.method) for row in ambient)
    assert set(starts.values()) == {2}
    assert {row.start for row in ROWS if row.space == rows.LATENT} == {rows.MODE}


def test_keys_are_distinct_and_safe_in_file_names():
    keys = [row.key for row in ROWS]
    assert len(set(keys)) == len(ROWS)
    assert all(key.replace("-", "").isalnum() for key in keys)


def test_densities_stored_with_a_flow_come_from_its_runs():
    families = {row.prior: row.family for row in ROWS if row.data == rows.WIDE}
    assert families[rows.GMM] == "flow-wide-aa"
    assert families[rows.VPOSER] == "vposer-wide"
    assert families[rows.HMR] == "hmr-wide"


def test_rows_that_share_a_program_differ_in_data_and_start_alone():
    by_method = {}
    for row in ROWS:
        shared = (row.prior, row.representation, row.space, row.features)
        assert by_method.setdefault(row.method, shared) == shared
    assert len(by_method) == 12
