import contextlib
import os

import pytest

from export import reference
from hps_tf.errors import InputError
from tools.benchmark import serving, serving_load

SIGNATURES = ("predict", "predict_jpeg", "encode", "decode", "prior_sample")


@pytest.fixture
def small(monkeypatch, server):
    monkeypatch.setattr(serving, "_BATCHES", (2,))
    monkeypatch.setattr(serving, "_ROUNDS", 1)
    monkeypatch.setattr(serving, "_SECONDS", 0.2)
    monkeypatch.setattr(serving, "_EARLY", 4)
    monkeypatch.setattr(serving, "_LATE", 8)
    monkeypatch.setattr(serving, "_MIXED", ("predict", "decode"))

    @contextlib.contextmanager
    def running(*_):
        yield serving_load.Server(server.grpc, os.getpid())

    monkeypatch.setattr(serving_load, "server", running)


@pytest.fixture
def requests(exported_network):
    examples = reference.read(exported_network)
    return {name: examples[name].inputs for name in SIGNATURES}


@pytest.mark.slow
def test_the_signature_is_timed_beside_the_bare_function(small, exported_network, network):
    rows = list(serving._overhead(network, exported_network))
    assert [row.metric for row in rows] == ["signature, in process", "signature, session"]
    assert all(row.ours > 0 and row.peers["bare function"] > 0 for row in rows)


@pytest.mark.slow
def test_first_calls_of_all_signatures_are_timed(exported_network, requests):
    rows = list(serving._beginnings(exported_network, requests))
    assert [row.case for row in rows] == ["model", "model", *SIGNATURES]
    assert all(row.ours > 0 for row in rows)


def test_clients_are_served_side_by_side(small, exported_network, requests):
    rows = list(serving._load(exported_network.parent, requests))
    by_load, memory = rows[:-2], rows[-2:]
    cases = [f"{name}, {clients}" for name in SIGNATURES for clients in ("1 client", "4 clients")]
    assert [row.case for row in by_load[::3]] == cases
    for rate, median, slowest in zip(*(by_load[i::3] for i in range(3)), strict=True):
        assert rate.case == median.case == slowest.case
        assert rate.unit == "requests/s"
        assert 0 < median.ours <= slowest.ours
    assert [row.metric for row in memory] == [
        "memory after 4 requests",
        "memory after 8 requests",
    ]
    assert all(row.ours > 100 for row in memory)


def test_a_server_that_does_not_start_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(serving_load, "_SERVER", "tests.serving.no_such_server")
    with (
        pytest.raises(InputError, match=r"no_such_server did not start; this benchmark needs a ch"),
        serving_load.server("network", tmp_path),
    ):
        pass
