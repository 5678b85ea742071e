import json

import numpy as np
import pytest

from hps_tf.errors import InputError
from trainers import strategy
from trainers.loop import DivergenceError


def _steps(records, kind):
    return [record["step"] for record in records if kind in record]


def test_loss_falls(train_toy, records, tmp_path):
    lines = records(train_toy(tmp_path, steps=300, **{"optimizer.clip_norm": 10.0}))
    losses = [line["loss"] for line in lines if "loss" in line]
    assert losses[-1] < 0.5 * losses[0]
    validations = [line["validation/loss"] for line in lines if "validation/loss" in line]
    assert validations[-1] < 0.5 * validations[0]


def test_records_fall_on_their_intervals_whatever_the_steps_per_call(train_toy, records, tmp_path):
    lines = records(train_toy(tmp_path, steps=50))
    assert _steps(lines, "loss") == [10, 20, 30, 40, 50]
    assert _steps(lines, "validation/loss") == [0, 20, 40, 50]


def test_steps_per_call_does_not_change_the_result(train_toy, final_state, tmp_path):
    one = final_state(train_toy(tmp_path / "one", steps=20, steps_per_call=1))
    all_at_once = final_state(train_toy(tmp_path / "all", steps=20, steps_per_call=20))
    for name, value in one.items():
        np.testing.assert_allclose(value, all_at_once[name], atol=1e-6, err_msg=name)


def test_xla_does_not_change_the_result(train_toy, final_state, tmp_path):
    with_xla = final_state(train_toy(tmp_path / "xla", steps=20, xla=True))
    without = final_state(train_toy(tmp_path / "plain", steps=20))
    for name, value in with_xla.items():
        np.testing.assert_allclose(value, without[name], atol=1e-5, err_msg=name)


def test_finished_run_holds_the_average_of_the_best_validation(train_toy, records, tmp_path):
    train_toy(tmp_path)
    best = min(line["validation/loss"] for line in records(tmp_path) if "validation/loss" in line)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["validation"]["loss"] == pytest.approx(best, rel=1e-6)


def test_stops_early_and_keeps_the_best_weights(train_toy, records, tmp_path):
    losses = "(5.0, 1.0, 2.0, 3.0, 4.0, 0.0)"
    train_toy(tmp_path / "early", steps=100, patience=2, validation_losses=losses)
    assert _steps(records(tmp_path / "early"), "validation/loss") == [0, 20, 40, 60]
    train_toy(tmp_path / "short", steps=100, patience=1, validation_losses="(2.0, 1.0, 2.0, 0.0)")
    early, short = (np.load(tmp_path / name / "weights.npz") for name in ("early", "short"))
    for name in early.files:
        np.testing.assert_array_equal(early[name], short[name])


def test_early_stopped_run_stays_stopped(train_toy, records, tmp_path):
    settings = {"steps": 100, "patience": 1, "validation_losses": "(2.0, 1.0, 2.0, 0.0)"}
    train_toy(tmp_path, **settings)
    before = records(tmp_path)
    train_toy(tmp_path, **settings)
    assert records(tmp_path) == before


def test_nan_stops_the_run_and_names_the_steps(train_toy, final_state, tmp_path):
    with pytest.raises(DivergenceError, match="NaN or infinite within steps 29 to 30;"):
        train_toy(tmp_path, nan_step=28, steps_per_call=4)
    state = final_state(tmp_path)
    assert all(np.isfinite(value).all() for value in state.values() if value.dtype.kind == "f")


def test_infinite_validation_loss_stops_the_run(train_toy, tmp_path):
    with pytest.raises(DivergenceError, match="validation loss is inf at step 20"):
        train_toy(tmp_path, validation_losses="(1.0, 1e999)")


def test_more_steps_go_on_from_a_finished_run(train_toy, records, tmp_path):
    train_toy(tmp_path, steps=20)
    train_toy(tmp_path, steps=40)
    assert _steps(records(tmp_path), "loss") == [10, 20, 30, 40]


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_stays_near_float32(train_toy, records, final_state, tmp_path, precision):
    single = records(train_toy(tmp_path / "single"))[-1]["validation/loss"]
    mixed = records(train_toy(tmp_path / "mixed", precision=precision))[-1]["validation/loss"]
    assert mixed == pytest.approx(single, rel=0.02)
    state = final_state(tmp_path / "mixed")
    assert all(value.dtype != np.float16 for value in state.values())


def test_workers_that_found_different_checkpoints_do_not_go_on(train_toy, tmp_path, monkeypatch):
    train_toy(tmp_path, steps=20)
    monkeypatch.setattr(strategy, "agree", lambda _, value: value / 2)
    with pytest.raises(InputError, match="received step 20 on worker 0; it: expected on storage"):
        train_toy(tmp_path, steps=40)
