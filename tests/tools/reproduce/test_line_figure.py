import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.reproduce import line_figure
from tools.reproduce.line_figure import Line, Panel


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_ticks_are_few_even_and_enclose_the_range(low, extent):
    ticks = line_figure.ticks(low, low + extent)
    assert ticks[0] <= low + 1e-6 * extent
    assert ticks[-1] >= low + extent - 1e-6 * extent
    assert 2 <= len(ticks) <= 8
    assert np.diff(ticks) == pytest.approx(ticks[1] - ticks[0])


def test_ticks_of_a_range_without_extent():
    assert line_figure.ticks(3.0, 3.0) == [3.0, 4.0]


def test_lines_of_one_name_have_one_colour_in_all_panels():
    rising, falling = Line("a", (0, 1), (0, 1)), Line("b", (0, 1), (1, 0))
    panels = [Panel("first", (rising, falling)), Panel("second", (falling,))]
    picture = line_figure.draw(panels, "steps")
    half = picture.shape[1] // 2
    blue, brown = np.array([0x3F, 0x6F, 0xA8]), np.array([0xB5, 0x65, 0x3A])
    chart = slice(line_figure._TOP, line_figure._TOP + line_figure._PANEL[1])

    def has(part, colour):
        return (part == colour).all(axis=-1).any()

    assert has(picture[chart, :half], blue)
    assert has(picture[chart, :half], brown)
    assert not has(picture[chart, half:], blue)
    assert has(picture[chart, half:], brown)


def test_a_rising_line_ends_higher_than_it_begins():
    picture = line_figure.draw([Panel("", (Line("a", (0, 1), (0, 1)),))], "steps")
    chart = picture[line_figure._TOP : line_figure._TOP + line_figure._PANEL[1]]
    is_line = (chart == [0x3F, 0x6F, 0xA8]).all(axis=-1)
    rows, columns = np.nonzero(is_line)
    assert rows[columns.argmin()] > rows[columns.argmax()]


def test_points_of_a_scatter_are_not_joined():
    def coloured(is_scatter):
        panel = Panel("", (Line("a", (0, 1), (0, 1)),), is_scatter=is_scatter)
        chart = line_figure.draw([panel], "")[line_figure._TOP :][: line_figure._PANEL[1]]
        return (chart == [0x3F, 0x6F, 0xA8]).all(axis=-1)

    middle = line_figure._LEFT + line_figure._PANEL[0] // 2
    assert coloured(is_scatter=False)[:, middle].any()
    assert not coloured(is_scatter=True)[:, middle].any()
    assert coloured(is_scatter=True).any()


def test_powers_of_ten_hold_a_range():
    assert line_figure.powers(1.0, 256.0) == [1.0, 10.0, 100.0, 1000.0]
    assert line_figure.powers(0.02, 1.0) == pytest.approx([0.01, 0.1, 1.0])
    assert line_figure.powers(10.0, 10.0) == [10.0, 100.0]


def test_a_power_is_a_straight_line_on_logarithmic_axes():
    x = np.logspace(0, 2, 9)
    picture = line_figure.draw([Panel("", (Line("a", x, x),), is_logarithmic=True)], "")
    chart = slice(line_figure._TOP, line_figure._TOP + line_figure._PANEL[1])
    left = line_figure._LEFT
    blue = np.array([0x3F, 0x6F, 0xA8])
    rows, columns = np.nonzero((picture[chart] == blue).all(axis=2))
    width, height = line_figure._PANEL
    across = (columns - left) / width
    np.testing.assert_allclose(1 - rows / height, across, atol=0.03)
