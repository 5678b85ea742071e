import time

from tools.benchmark import timing


def test_slower_candidate_takes_longer():
    candidates = {"slow": lambda: time.sleep(0.03), "fast": lambda: time.sleep(0.001)}
    seconds = timing.interleaved(candidates, rounds=3)
    assert seconds["slow"] > 5 * seconds["fast"]
    assert seconds["slow"] >= 0.03


def test_candidates_take_turns():
    runs = []
    candidates = {name: lambda name=name: runs.append(name) or time.sleep(0.03) for name in "ab"}
    timing.interleaved(candidates, rounds=10)
    measured = runs[6:]  # after three warm-up runs of each
    assert measured[::2] == measured[1::2]  # an untimed run, then a timed one
    timed = measured[1::2]
    assert [sorted(timed[i : i + 2]) for i in range(0, 20, 2)] == [["a", "b"]] * 10
