import pytest

from tools.benchmark.scaling_model import REDUCTIONS, Cluster, Link, Step

LINK = Link(latency=1e-3, bandwidth=1e6)


def _simulated_ring(size, count, link):
    """Seconds by the definition: each turn every member passes one chunk to its neighbour."""
    seconds, held = 0.0, [1] * count
    chunk = size / count
    while min(held) < count:  # Sums travel until one member holds each of them whole ...
        seconds += link.latency + chunk / link.bandwidth
        held = [each + 1 for each in held]
    whole = [1] * count
    while min(whole) < count:  # ... then the sums travel until everybody has all.
        seconds += link.latency + chunk / link.bandwidth
        whole = [each + 1 for each in whole]
    return seconds


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_ring_takes_the_turns_of_its_definition(count):
    assert LINK.ring(5e5, count) == pytest.approx(_simulated_ring(5e5, count, LINK))


def test_machines_sum_inside_first():
    fast = Link(latency=0.0, bandwidth=1e12)
    cluster = Cluster(devices=4, inside=fast, between=LINK)
    assert cluster.all_reduce(1e6, 1) == 0.0
    assert cluster.all_reduce(1e6, 4) == pytest.approx(fast.ring(1e6, 4))
    assert cluster.all_reduce(1e6, 8) == pytest.approx(fast.ring(1e6, 4) + LINK.ring(1e6, 2))
    assert cluster.all_reduce(1e6, 9) > cluster.all_reduce(1e6, 8)


def test_one_device_communicates_nothing():
    step = Step(fixed=0.1, per_example=0.01, gradient=1e9)
    assert step.seconds(Cluster(1, LINK, LINK), 1, batch=10) == pytest.approx(0.2)


def test_throughput_approaches_its_limit_from_below():
    step = Step(fixed=0.1, per_example=0.01, gradient=1e6)
    cluster = Cluster(8, LINK, LINK)
    limit = step.limit(cluster, batch=32)
    assert limit == pytest.approx(32 * 8 / (2 * REDUCTIONS * 1e-3))
    rates = [count * 32 / step.seconds(cluster, count, 32) for count in (8, 64, 512, 8 * 10**6)]
    assert rates == sorted(rates)
    assert rates[-1] < limit
    assert rates[-1] == pytest.approx(limit, rel=1e-2)
