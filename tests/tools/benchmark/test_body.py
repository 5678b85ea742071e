import numpy as np
import pytest

from hps_tf.body import BodyModel, default_body, load
from tools.benchmark import body, smplfitter_body, timing


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(body, "_NUM_VERTICES", 3000)
    monkeypatch.setattr(body, "_BATCHES", (2,))
    monkeypatch.setattr(body, "_ROUNDS", 1)


@pytest.fixture
def without_peer(monkeypatch):
    monkeypatch.setattr(smplfitter_body, "is_installed", lambda: False)


def test_absent_peer_is_left_out_with_a_warning(small, without_peer, monkeypatch, capsys):
    seconds = {"ours, graph": 0.004, "ours, XLA": 0.002}
    monkeypatch.setattr(timing, "interleaved", lambda candidates, rounds: seconds)
    rows = body.rows()
    assert "warning: smplfitter is not installed" in capsys.readouterr().err
    assert [row.metric for row in rows] == ["forward", "forward+gradient"] * 2
    assert all(row.peers == {} for row in rows)


def test_better_mode_counts(small, without_peer, monkeypatch):
    seconds = {"ours, graph": 0.004, "ours, XLA": 0.002}
    monkeypatch.setattr(timing, "interleaved", lambda candidates, rounds: seconds)
    assert [row.ours for row in body.rows()] == [2.0] * 4


@pytest.mark.slow
@pytest.mark.skipif(not smplfitter_body.is_installed(), reason="smplfitter isn't installed")
def test_peer_agrees_and_is_timed(small):
    rows = body.rows()
    assert all(row.ours > 0.0 and row.peers["smplfitter"] > 0.0 for row in rows)
    assert {row.case for row in rows} == {
        "3000 vertices, pose blend shapes, batch 2",
        "3000 vertices, no pose blend shapes, batch 2",
    }


def test_disagreement_stops_the_benchmark():
    inputs, _ = body._inputs(1)
    bodies = {"ours": lambda pose, *_: pose, "peer": lambda pose, *_: pose + 1.0}
    with pytest.raises(RuntimeError, match="differ by 1 m; nothing was timed"):
        body._check_agreement(bodies, inputs)


def test_smpl_file_holds_the_same_body(tmp_path, monkeypatch):
    monkeypatch.setattr(body, "_NUM_VERTICES", 3000)
    data = body.in_smpl_pose(default_body.read(3000), body._made_up_posedirs())
    body.write_smpl_file(tmp_path / "model.pkl", data)
    rng = np.random.default_rng(0)
    arguments = {"pose": rng.normal(0.0, 0.3, (2, 24, 3)), "shape": rng.normal(size=(2, 16))}
    actual, expected = load(tmp_path / "model.pkl")(**arguments), BodyModel(data)(**arguments)
    np.testing.assert_allclose(actual.vertices, expected.vertices, atol=1e-5)
