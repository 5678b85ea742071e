import numpy as np
import pytest

from hps_tf.priors import FlowPrior
from hps_tf.priors.pose_space import AXIS_ANGLE
from tools.benchmark import prior as benchmark
from tools.benchmark import pytorch, torch_priors

CASES = ["RealNVP, batch 4", "realnvp, batch 4", "light, batch 4"]

needs_peers = pytest.mark.skipif(
    bool(pytorch.missing(benchmark.PEERS)), reason="torch or normflows isn't installed"
)


@pytest.fixture
def small(monkeypatch):
    def prior(preset, **_):
        return FlowPrior(AXIS_ANGLE, 0.1, "light", num_steps=1, num_joint_steps=1)

    monkeypatch.setattr(benchmark, "_prior", prior)
    monkeypatch.setattr(benchmark, "_BATCHES", (4,))
    monkeypatch.setattr(benchmark, "_ROUNDS", 1)
    monkeypatch.setattr(pytorch, "modes", lambda function: {"eager": function})


def test_absent_peers_are_left_out_with_a_warning(small, monkeypatch, capsys):
    monkeypatch.setattr(pytorch, "missing", lambda requirements: ["normflows"])
    rows = benchmark.rows()
    assert "warning: normflows is not installed" in capsys.readouterr().err
    assert [row.case for row in rows] == CASES * 3
    assert all(row.ours > 0.0 and row.peers == {} for row in rows)


@needs_peers
def test_peers_are_timed(small, monkeypatch):
    monkeypatch.setattr(benchmark, "_check_same_start", lambda: None)
    rows = benchmark.rows()
    assert [row.metric for row in rows[::3]] == ["log_prob", "sample", "training step"]
    for row in rows:
        assert row.peers.keys() == {"normflows", "VPoser-size VAE"}
        assert all(milliseconds > 0.0 for milliseconds in row.peers.values())


@needs_peers
def test_flow_of_normflows_starts_as_ours():
    benchmark._check_same_start()


@needs_peers
def test_another_density_stops_the_benchmark(monkeypatch):
    monkeypatch.setattr(torch_priors, "realnvp_log_prob", lambda x, *_: np.zeros(len(x)))
    with pytest.raises(RuntimeError, match="nothing was timed"):
        benchmark._check_same_start()


@needs_peers
def test_training_moves_the_peers_weights():
    pytorch.prepare(num_threads=1)
    x = np.random.default_rng(0).standard_normal((4, 63), np.float32)
    for calls in (torch_priors.realnvp_calls(x, 2, (8, 8)), torch_priors.vposer_calls(x)):
        step = calls["training step"]["eager"]
        losses = [step() for _ in range(20)]
        assert np.isfinite(losses).all()
        assert len(set(losses)) > 1
