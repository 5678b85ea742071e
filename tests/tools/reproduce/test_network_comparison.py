import numpy as np
import pytest

from hps_tf.errors import InputError
from tests.tools.reproduce.network_fakes import errors
from tools.reproduce import network_comparison
from tools.reproduce.network_comparison import Claim, Comparison, better

MEANS = {"good": 80.0, "bad": 90.0}


def rows(num_seeds=2, **means):
    return {
        name: [errors(mean, seed=seed) for seed in range(num_seeds)] for name, mean in means.items()
    }


@pytest.fixture(scope="module")
def comparison():
    return Comparison(rows(good=80.0, bad=90.0, worse=91.0))


def test_means_lie_in_their_intervals(comparison):
    low, high = comparison.interval("good", "mpjpe_mm")
    assert low < comparison.mean("good", "mpjpe_mm") < high
    assert comparison.by_seed("good", "mpjpe_mm") == pytest.approx(
        [comparison.mean("good", "mpjpe_mm") + offset for offset in (-0.05, 0.05)]
    )


def test_paired_people_make_a_small_difference_certain(comparison):
    verdicts = comparison.test(
        [better("right", "mpjpe_mm", "bad", "worse"), better("wrong", "mpjpe_mm", "bad", "good")]
    )
    assert verdicts["right"]["holds"]
    assert verdicts["right"]["difference"] == pytest.approx(-1.0)
    assert not verdicts["wrong"]["holds"]
    assert verdicts["wrong"]["p"] == pytest.approx(1.0)


@pytest.mark.parametrize(("num_people", "holds"), [(3, False), (12, False), (15, True)])
def test_a_claim_needs_several_groups_of_people(num_people, holds):
    rows = {name: [errors(mean, num_people=num_people)] for name, mean in MEANS.items()}
    verdict = Comparison(rows).test([better("right", "mpjpe_mm", "good", "bad")])["right"]
    assert verdict["holds"] == holds
    assert verdict["p"] == pytest.approx(0.5 ** (num_people // 3))


def test_of_part_iou_more_is_better(comparison):
    verdict = comparison.test([better("iou", "part_iou", "good", "bad")])["iou"]
    assert verdict["holds"]
    assert verdict["difference"] == pytest.approx(10 / 400)
    low, high = verdict["ci95_difference"]
    assert low <= verdict["difference"] <= high


def test_a_claim_may_compare_differences(comparison):
    terms = {"good": 1.0, "bad": -1.0 - 0.5, "worse": 0.5}
    verdict = comparison.test([Claim("more", "mpjpe_mm", terms)])["more"]
    assert verdict["difference"] == pytest.approx(-10.0 + 0.5)
    assert verdict["holds"]


def test_claims_about_missing_rows_are_left_out(comparison):
    assert comparison.test([better("none", "mpjpe_mm", "good", "absent")]) == {}


def test_all_claims_are_as_sure_as_the_weakest():
    verdicts = {"a": {"holds": True, "p": 0.01}, "b": {"holds": False, "p": 0.2}}
    together = network_comparison.all_of(verdicts)
    assert (together["holds"], together["p"]) == (False, 0.2)
    assert together["detail"].endswith("the weakest is b")


def test_people_without_a_label_are_left_out():
    some = rows(a=80.0, b=90.0)
    for seeds in some.values():
        for each in seeds:
            each["mpjpe_mm"][:30] = np.nan
            each["mpvpe_mm"][:] = np.nan
    comparison = Comparison(some)
    expected = np.mean([each["mpjpe_mm"][30:].mean() for each in some["a"]])
    assert comparison.mean("a", "mpjpe_mm") == pytest.approx(expected)
    assert comparison.mean("a", "mpvpe_mm") is None
    assert comparison.text("a", "mpvpe_mm") == "-"
    assert comparison.figures("a")["ci95_mpvpe"] is None
    with pytest.raises(InputError, match="labels to measure mpvpe_mm by, received none"):
        comparison.require("mpvpe_mm")


def test_rows_of_other_people_are_refused():
    with pytest.raises(ValueError, match="received 2 sets of people"):
        Comparison({"a": [errors(80.0)], "b": [errors(80.0, num_people=30)]})
