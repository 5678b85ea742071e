import pytest

from tools.benchmark import all_reduce, scaling
from tools.benchmark.scaling_model import Step


def test_latency_and_bandwidth_are_those_of_a_ring_of_two(monkeypatch):
    link = scaling.Link(latency=2e-3, bandwidth=5e8)
    monkeypatch.setattr(all_reduce, "measure", lambda sizes: [link.ring(4 * n, 2) for n in sizes])
    found = scaling._link()
    assert found.latency == pytest.approx(2e-3, rel=1e-3)
    assert found.bandwidth == pytest.approx(5e8, rel=1e-3)


def test_modelled_steps_are_beside_that_on_one():
    step = Step(fixed=0.01, per_example=0.001, gradient=4e6)
    alone, *more, first, second, limit = scaling._scaled("case", step, scaling._GPUS)
    assert alone.ours == pytest.approx(42.0)
    assert [row.metric for row in more] == ["step on 8", "step on 64", "step on 512"]
    assert first.metric == "step of 256 in all, on 8"
    assert 1 < first.ratio_to_best_peer < 8
    assert second.ratio_to_best_peer > first.ratio_to_best_peer
    shares = [row.ratio_to_best_peer for row in more]
    assert 1 > shares[0] > shares[1] > shares[2] > 0
    assert limit.unit == "images/s"


@pytest.mark.slow
def test_two_processes_take_longer_for_more():
    small, large = all_reduce.measure([1, 2**20])
    assert 0 < small < large < 10


@pytest.mark.slow
def test_measured_rows_are_of_a_real_step(monkeypatch):
    monkeypatch.setattr(scaling, "_PRESETS", ("tiny",))
    monkeypatch.setattr(scaling, "_ROUNDS", 1)
    monkeypatch.setattr(all_reduce, "measure", lambda sizes: [1e-3, 1e-2])
    rows = {(row.case, row.metric): row.ours for row in scaling.rows()}
    assert rows["tiny", "step, for each image"] > 0
    assert rows["tiny", "gradients"] > 0.1
    assert rows["tiny", "convolutions, for each image"] > 0.01
    alone = rows["tiny, workers like this", "step on 1"]
    assert alone < rows["tiny, workers like this", "step on 512"]
