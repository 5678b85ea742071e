import numpy as np
import pytest

from hps_tf.evaluation import statistics
from hps_tf.evaluation.statistics import Bootstrap


def errors(seed, num_seeds=1, people=200, mean=5.0, deviation=1.0):
    return mean + deviation * np.random.default_rng(seed).normal(size=(num_seeds, people))


def interval(bootstrap, found, family=None):
    return statistics.percentile_interval(bootstrap.replicates(found, family))


def people_of(num_clips, people=200):
    return np.array([f"{index % num_clips:02}" for index in range(people)])


def test_interval_of_independent_people_is_that_of_the_mean():
    found = errors(0)
    low, high = interval(Bootstrap(people_of(200), {}, seed=0), found)
    half = 1.96 * found.std(ddof=1) / np.sqrt(200)
    assert low == pytest.approx(found.mean() - half, abs=0.02)
    assert high == pytest.approx(found.mean() + half, abs=0.02)


def test_people_of_a_clip_count_as_one_when_they_are_alike():
    clips = people_of(20)
    by_clip = np.random.default_rng(1).normal(size=20)
    found = 5.0 + by_clip[[int(name) for name in clips]][None]
    low, high = interval(Bootstrap(clips, {}, seed=0), found)
    alone_low, alone_high = interval(Bootstrap(people_of(200), {}, seed=0), found)
    assert high - low == pytest.approx(np.sqrt(10) * (alone_high - alone_low), rel=0.1)


def test_replicates_equal_a_loop_over_the_draws():
    bootstrap = Bootstrap(people_of(7, 30), {"flow": 3}, seed=2)
    found = errors(3, num_seeds=3, people=30)
    replicates = bootstrap.replicates(found, "flow")
    for index in (0, 11):
        drawn = []
        for seed, seed_count in enumerate(bootstrap._seed_draws["flow"][index]):
            members = [
                value
                for person, value in enumerate(found[seed])
                for _ in range(bootstrap._clip_draws[index, person % 7])
            ]
            drawn += [np.mean(members)] * int(seed_count)
        assert replicates[index] == pytest.approx(np.mean(drawn))


def test_seeds_that_differ_widen_the_interval():
    found = errors(0, num_seeds=3)
    apart = found + np.array([[-1.0], [0.0], [1.0]])
    bootstrap = Bootstrap(people_of(200), {"flow": 3}, seed=0)
    narrow, wide = (interval(bootstrap, each, "flow") for each in (found, apart))
    assert np.diff(wide) > 3 * np.diff(narrow)


def test_rows_of_one_family_are_paired_in_seeds_and_people():
    bootstrap = Bootstrap(people_of(50), {"flow": 3}, seed=0)
    second = errors(0, num_seeds=3, deviation=3.0) + np.array([[-1.0], [0.0], [1.0]])
    first = second - 0.01
    result = statistics.compare(
        bootstrap.replicates(first, "flow"), bootstrap.replicates(second, "flow"), -0.01
    )
    assert result.p == pytest.approx(1 / (statistics.NUM_REPLICATES + 1))
    np.testing.assert_allclose(result.interval, -0.01, atol=1e-9)


def test_equal_methods_do_not_differ_and_p_is_fair():
    bootstrap = Bootstrap(people_of(200), {}, seed=0)
    p_values = []
    for trial in range(40):
        first, second = errors(2 * trial), errors(2 * trial + 1)
        difference = float(first.mean() - second.mean())
        replicates = [bootstrap.replicates(each, None) for each in (first, second)]
        p_values.append(statistics.compare(*replicates, difference).p)
    assert 0.35 < np.mean(p_values) < 0.65
    assert np.mean(np.array(p_values) < 0.05) < 0.2


def test_margin_turns_the_question_to_not_worse():
    bootstrap = Bootstrap(people_of(200), {}, seed=0)
    second = errors(0)
    first = second + 0.05 + errors(1, mean=0.0, deviation=0.1)
    replicates = [bootstrap.replicates(each, None) for each in (first, second)]
    assert statistics.compare(*replicates, 0.05).p > 0.95
    assert statistics.compare(*replicates, 0.05, margin=0.3).p < 0.05


def test_wrong_number_of_seeds_is_refused():
    bootstrap = Bootstrap(people_of(10), {"flow": 3}, seed=0)
    with pytest.raises(
        ValueError, match=r"`errors`: expected shape \(3, 200\), received \(2, 200\)"
    ):
        bootstrap.replicates(errors(0, num_seeds=2), "flow")
