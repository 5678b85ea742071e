import pytest

from hps_tf.errors import InputError
from tools.benchmark import comparison
from tools.benchmark.report import Measured, Row

HERE, ELSEWHERE = ({"processor": name, "cores": 2} for name in ("here", "elsewhere"))


def measured(*rows, machine=HERE):
    return {"body": Measured(machine, 1.0, list(rows))}


def row(ours, peers=None, unit="ms", case="one"):
    return Row(case, "forward", unit, ours, peers or {})


def test_rows_with_peers_are_compared_by_ratio_on_any_machine():
    before = measured(row(1.0, {"a": 2.0, "b": 5.0}))
    slower_machine = measured(row(10.0, {"a": 19.0, "b": 50.0}), machine=ELSEWHERE)
    assert comparison.compare(slower_machine, before).fallen == []
    fallen = comparison.compare(measured(row(1.0, {"a": 1.7, "b": 5.0})), before).fallen
    assert fallen == ["body: one, forward: fell by 15%: 2.00 to 1.70 times the best peer"]


def test_peers_that_only_one_has_do_not_count():
    before = measured(row(1.0, {"a": 2.0, "b": 1.0}))
    assert comparison.compare(measured(row(1.0, {"a": 2.0})), before).fallen == []


def test_rows_without_peers_are_compared_on_the_same_processor_alone():
    before = measured(row(1.0))
    found = comparison.compare(measured(row(1.2)), before)
    assert found.fallen == ["body: one, forward: fell by 17%: 1 to 1.2 ms"]
    found = comparison.compare(measured(row(1.2), machine=ELSEWHERE), before)
    assert (found.fallen, found.num_compared, found.num_elsewhere) == ([], 0, 1)


def test_a_rate_falls_where_it_gets_smaller():
    before = measured(row(100.0, unit="images/s"))
    assert comparison.compare(measured(row(80.0, unit="images/s")), before).fallen
    assert not comparison.compare(measured(row(120.0, unit="images/s")), before).fallen


def test_a_tenth_is_allowed():
    assert not comparison.compare(measured(row(1.1)), measured(row(1.0))).fallen
    assert comparison.compare(measured(row(1.12)), measured(row(1.0))).fallen


def test_rows_that_are_gone_are_named_and_new_ones_are_not():
    found = comparison.compare(
        measured(row(1.0), row(1.0, case="new")), measured(row(1.0), row(1.0, case="old"))
    )
    assert found.missing == ["body: old, forward"]
    assert found.lines()[0] == "body: old, forward: not measured"
    assert found.lines()[-1].startswith("1 rows compared, 0 fell by more than 10 %; 1 not measured")


def test_results_of_other_benchmarks_are_refused():
    with pytest.raises(InputError, match="expected results of some of body, received those of x"):
        comparison.compare({"x": measured()["body"]}, measured())
