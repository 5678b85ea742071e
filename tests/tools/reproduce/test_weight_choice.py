import math

import pytest

from tools.reproduce import weight_choice
from tools.reproduce.weight_choice import LADDER


@pytest.mark.parametrize("best", LADDER)
def test_the_best_weight_of_a_valley_is_found_from_any_rung(best):
    for start in LADDER:
        chosen, errors = weight_choice.climb(
            lambda weight: abs(math.log(weight) - math.log(best)), start
        )
        assert chosen == best
        assert errors[chosen] == min(errors.values())


def test_no_weight_is_measured_twice_and_few_are_measured():
    asked = []

    def error_of(weight):
        asked.append(weight)
        return abs(math.log(weight / 0.1))

    assert weight_choice.climb(error_of, 0.03)[0] == 0.1
    assert asked == [0.03, 0.1, 0.3]
    asked.clear()
    assert weight_choice.climb(error_of, 0.1)[0] == 0.1
    assert asked == [0.1, 0.3, 0.03]


@pytest.mark.parametrize("gain", [0.0, 0.005])
def test_errors_that_hardly_differ_keep_the_weight_begun_with(gain):
    chosen, _ = weight_choice.climb(lambda weight: 5.0 * (1 - gain * (weight != 0.03)), 0.03)
    assert chosen == 0.03
