import numpy as np
import pytest

from tools.tuning.parallel_coordinates import Line, axis, draw


def test_numbers_have_their_places_between_the_ends():
    each = axis("x", [2.0, 4.0, 3.0])
    assert [each.place(value) for value in (2, 3, 4)] == [0.0, 0.5, 1.0]
    assert [text for _, text in each.ticks] == ["2", "3", "4"]


def test_equal_factors_are_equally_far_apart_on_a_logarithmic_axis():
    each = axis("rate", [1e-4, 1e-2], is_logarithmic=True)
    assert each.place(1e-3) == pytest.approx(0.5)


def test_many_values_have_few_ticks():
    each = axis("x", list(np.linspace(0, 1, 40)))
    assert [text for _, text in each.ticks] == ["0", "0.25", "0.5", "0.75", "1"]


def test_names_are_evenly_spaced():
    each = axis("kind", ["light", "realnvp", "light"])
    assert [each.place(value) for value in ("light", "realnvp")] == [0.25, 0.75]
    assert axis("flag", [True, False]).place(False) == 0.25


def test_a_single_value_is_in_the_middle():
    assert axis("x", [7, 7]).place(7) == 0.5
    assert axis("x", [0.0]).place(0.0) == 0.5


def test_the_best_line_is_on_top_and_an_axis_without_value_is_passed_below():
    axes = [axis("a", [0.0, 1.0]), axis("b", [0.0, 1.0]), axis("score", [0.0, 1.0])]
    worst = Line({"a": 0.5, "b": 0.5, "score": 0.5}, rank=1.0)
    best = Line({"a": 0.5, "b": 0.5, "score": 0.5}, rank=0.0)
    one, both = draw(axes, [best]), draw(axes, [best, worst])
    np.testing.assert_array_equal(one, both)
    without = draw(axes, [Line({"a": 0.0, "score": 0.0}, rank=0.0)])
    empty = draw(axes, [])
    changed = np.argwhere((without != empty).any(axis=-1))
    bottom = np.argwhere(
        (draw(axes, [Line({"a": 0.0, "b": 0.0, "score": 0.0}, 0.0)]) != empty).any(-1)
    )
    assert changed[:, 0].max() > bottom[:, 0].max() + 10
