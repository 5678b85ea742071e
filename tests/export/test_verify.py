import dataclasses
import shutil
import sys

import numpy as np
import pytest

from export import loaders, reference, verify
from hps_tf import command


def run(monkeypatch, directory):
    monkeypatch.setattr(sys, "argv", ["export.verify", str(directory)])
    with pytest.raises(SystemExit) as stopped:
        command.run(verify.main, "export.verify")
    return stopped.value.code


def spoil(directory, change):
    """Changes the stored answer of `log_prob`."""
    examples = reference.read(directory)
    outputs = {"log_prob": change(examples["log_prob"].outputs["log_prob"])}
    examples["log_prob"] = dataclasses.replace(examples["log_prob"], outputs=outputs)
    reference.write(directory, examples)


@pytest.mark.parametrize("name", ["", "1"])
def test_every_loader_agrees_on_a_good_model(monkeypatch, capsys, exported, name):
    assert run(monkeypatch, exported.parent / name) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "tf.saved_model.load, TF1 session, C API agree on 7 outputs" in printed.out


def test_all_loaders_and_outputs_are_compared(exported):
    comparisons = verify.compare(exported)
    outputs = {"serving_default.log_prob", "log_prob.log_prob", "encode.latent"}
    outputs |= {"sample.x", "sample.pose", "decode.x", "decode.pose"}
    for loader in loaders.LOADERS:
        assert {c.output for c in comparisons if c.loader == loader} == outputs
    assert all(comparison.max_error < 1e-3 for comparison in comparisons)


@pytest.mark.parametrize(
    ("change", "size"),
    [
        (lambda answer: answer + 1.0, "1"),
        (lambda answer: answer[:-1], "inf"),
        (lambda answer: answer * np.nan, "nan"),
    ],
    ids=["value", "shape", "nan"],
)
def test_another_answer_is_one_line_and_code_1(monkeypatch, capsys, exported, change, size):
    spoil(exported, change)
    assert run(monkeypatch, exported) == 1
    line = (
        f"export.verify: {exported}: log_prob.log_prob by tf.saved_model.load differs from the"
        f" exported model's by {size}\n"
    )
    assert capsys.readouterr().err == line


def test_every_version_is_checked(monkeypatch, capsys, exported):
    spoil(shutil.copytree(exported, exported.parent / "10"), lambda answer: answer + 1.0)
    assert run(monkeypatch, exported.parent) == 1
    printed = capsys.readouterr()
    assert f"{exported}: " in printed.out
    assert f"{exported.parent / '10'}: log_prob" in printed.err


@pytest.mark.parametrize(
    ("spoiled", "message"),
    [
        ("saved_model.pb", "cannot use it"),
        ("variables/variables.index", "cannot use it"),
        ("assets.extra/reference.npz", "reference.npz: damaged"),
    ],
)
def test_damaged_file_is_one_line_and_code_2(monkeypatch, capsys, exported, spoiled, message):
    (exported / spoiled).write_bytes(b"not what it was")
    assert run(monkeypatch, exported) == 2
    errors = capsys.readouterr().err.splitlines()
    assert errors[-1].startswith(f"export.verify: error: {exported}")
    assert message in errors[-1]


def test_model_of_another_exporter_is_refused(monkeypatch, capsys, exported):
    shutil.rmtree(exported / "assets.extra")
    assert run(monkeypatch, exported) == 2
    assert "there is no assets.extra/reference.npz" in capsys.readouterr().err


def test_missing_and_empty_directories_are_named(monkeypatch, capsys, tmp_path):
    assert run(monkeypatch, tmp_path / "absent") == 2
    assert run(monkeypatch, tmp_path) == 2
    absent, empty = capsys.readouterr().err.splitlines()
    assert absent == f"export.verify: error: {tmp_path / 'absent'}: no such directory"
    assert empty.startswith(f"export.verify: error: {tmp_path}: expected saved_model.pb or number")


def test_missing_signature_is_refused(monkeypatch, capsys, exported):
    examples = reference.read(exported)
    reference.write(exported, {"refine": examples["log_prob"]})
    assert run(monkeypatch, exported) == 2
    assert "cannot use it: " in capsys.readouterr().err
