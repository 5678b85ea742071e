import pytest

from tools.benchmark import network, timing


@pytest.mark.slow
def test_ratios_are_of_bare_convolutions_and_of_the_step(monkeypatch):
    monkeypatch.setattr(network, "_PRESETS", ("tiny",))
    seconds = {
        "bare": 0.10, "forward": 0.05, "network gradient": 0.11, "losses": 0.06, "step": 0.125,
        "pipeline": 0.48,
    }  # fmt: skip
    ran = {}

    def interleaved(candidates, rounds):
        for name, run in candidates.items():
            ran[name] = run()
        return seconds

    monkeypatch.setattr(network, "_BATCH", 8)
    monkeypatch.setattr(network, "_BATCHES_READ", 2)
    monkeypatch.setattr(timing, "interleaved", interleaved)
    rows = network.rows()
    assert set(ran) == set(seconds)
    step, *_, pipeline = rows
    assert step.ours == 125
    assert step.ratio_to_best_peer == pytest.approx(0.8)
    assert pipeline.ours == 240
    assert pipeline.ratio_to_best_peer == pytest.approx(125 / 240)
