import numpy as np
import pytest

from tools.benchmark import growth, growth_costs


def test_the_exponent_of_a_power_is_the_power():
    sizes = np.array([3.0, 10.0, 40.0, 90.0, 1000.0])
    assert growth.exponent(sizes, 7.0 * sizes**1.7) == pytest.approx(1.7)
    assert growth.exponent(sizes, np.full(5, 2.0)) == pytest.approx(0.0, abs=1e-12)


def test_costs_of_five_sizes_and_an_exponent_are_rows_of_every_quantity(monkeypatch):
    ran = []

    def make():
        return {size: lambda size=size: ran.append(size) for size in (1, 10, 100, 1000, 10000)}

    monkeypatch.setattr(growth_costs, "COSTS", {"people": make, "frames": make})
    monkeypatch.setattr(
        growth.timing,
        "interleaved",
        lambda runs, rounds: {name: int(name) * 1e-3 for name, run in runs.items() if not run()},
    )
    rows = list(growth.rows())
    assert [row.case for row in rows[:3]] == ["people: 1", "people: 10", "people: 100"]
    assert rows[2].ours == pytest.approx(100.0)
    assert [(row.case, row.metric) for row in rows[10:]] == [
        ("people", "exponent"),
        ("frames", "exponent"),
    ]
    assert rows[-1].ours == pytest.approx(1.0)
    assert ran == [1, 10, 100, 1000, 10000] * 2


def test_bodies_are_cut_and_repeated_to_their_number_of_vertices(monkeypatch):
    monkeypatch.setattr(growth_costs, "_BATCH", 1)
    runs = growth_costs._vertices()
    assert list(runs) == [1722, 3445, 6890, 13780, 27560]
    for size in (1722, 13780):
        gradient = runs[size]()
        assert gradient.shape == (1, 24, 3)
        assert np.abs(gradient).max() > 0
