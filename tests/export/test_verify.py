import dataclasses
import shutil
import sys

import numpy as np
import pytest

from export import loaders, onnx_functions, reference, verification, verify, warmup
from hps_tf.cli import command


def run(monkeypatch, directory, *options):
    monkeypatch.setattr(sys, "argv", ["export.verify", str(directory), *map(str, options)])
    with pytest.raises(SystemExit) as stopped:
        command.run(verify.main, "export.verify")
    return stopped.value.code


def spoil(directory, change):
    """Changes the stored answer of `encode`."""
    examples = reference.read(directory)
    outputs = {"latent": change(examples["encode"].outputs["latent"])}
    examples["encode"] = dataclasses.replace(examples["encode"], outputs=outputs)
    reference.write(directory, examples)


def ask_only(monkeypatch, *signatures):
    """Leaves out the other signatures and the warm-up requests: they take their time."""
    read = reference.read

    def chosen(directory):
        return {name: example for name, example in read(directory).items() if name in signatures}

    monkeypatch.setattr(reference, "read", chosen)
    monkeypatch.setattr(verification.warmup, "read", lambda directory: iter(()))


@pytest.fixture
def only_encode(monkeypatch):
    """One signature is asked, by one loader."""
    ask_only(monkeypatch, "encode")
    monkeypatch.setattr(loaders, "LOADERS", {"C API": loaders.LOADERS["C API"]})


def test_every_loader_agrees_on_predictions(monkeypatch, capsys, exported_network):
    ask_only(monkeypatch, "serving_default", "encode")
    assert run(monkeypatch, exported_network.parent) == 0
    first, *others = capsys.readouterr().out.splitlines()
    assert ": 9 outputs agree (greatest" in first
    assert [line.split(":")[0].strip() for line in others] == loaders.available()
    asked = [line.partition("first calls, s: ")[2].count(",") + 1 for line in others]
    assert asked == [2, 1, 1, 2]


@pytest.mark.slow
def test_every_loader_agrees_on_a_good_network(monkeypatch, capsys, exported_network):
    assert run(monkeypatch, exported_network.parent) == 0
    printed = capsys.readouterr()
    first, *others = printed.out.splitlines()
    assert first.startswith(f"{exported_network}: tf.saved_model.load, TF1 session, C API")
    assert ": 64 outputs agree (greatest" in first
    assert "10 warm-up requests are answered" in first
    assert [line.split(":")[0].strip() for line in others] == loaders.available()
    assert "first calls, s: predict " in others[0]


def test_a_quick_check_asks_one_loader(monkeypatch, capsys, exported):
    warmup.write(exported, "prior", {"decode": {"latent": np.zeros((2, 63), np.float32)}}, ())
    monkeypatch.setattr(sys, "argv", ["export.verify", "--quick", str(exported)])
    examples = reference.read(exported)
    monkeypatch.setattr(reference, "read", lambda directory: {"encode": examples["encode"]})
    verify.main()
    printed = capsys.readouterr()
    assert printed.out.startswith(
        f"{exported}: {loaders.QUICK}: 1 outputs agree (greatest difference"
    )
    assert ", 1 warm-up requests are answered" in printed.out
    assert printed.err.splitlines() == [
        f"{loaders.QUICK}, 1 of 1: loading",
        f"{loaders.QUICK}, 1 of 1: asking encode",
        f"{loaders.QUICK}: warm-up request 1 of 1, decode",
    ]


def test_all_outputs_are_compared_with_the_models_own(exported_network):
    examples = reference.read(exported_network)
    assert examples.keys() == {
        "serving_default", "predict", "predict_uint8", "predict_jpeg", "refine", "fit_keypoints",
        "fit_keypoints_parts", "prior_log_prob", "prior_sample", "encode", "decode",
    }  # fmt: skip
    assert all(example.outputs for example in examples.values())


@pytest.mark.parametrize(
    ("change", "size"),
    [
        (lambda answer: answer + 1.0, "1"),
        (lambda answer: answer[:-1], "inf"),
        (lambda answer: answer * np.nan, "nan"),
    ],
    ids=["value", "shape", "nan"],
)
def test_another_answer_is_one_line_and_code_1(
    monkeypatch, capsys, exported, only_encode, change, size
):
    spoil(exported, change)
    assert run(monkeypatch, exported) == 1
    line = (
        f"export.verify: {exported}: encode.latent by C API differs from the exported model's by"
        f" {size}"
    )
    assert capsys.readouterr().err.splitlines()[-1] == line


def test_every_version_is_checked(monkeypatch, capsys, exported, only_encode):
    spoil(shutil.copytree(exported, exported.parent / "10"), lambda answer: answer + 1.0)
    assert run(monkeypatch, exported.parent) == 1
    printed = capsys.readouterr()
    assert f"{exported}: " in printed.out
    assert f"{exported.parent / '10'}: encode" in printed.err


@pytest.mark.parametrize(
    ("spoiled", "message"),
    [
        ("saved_model.pb", "cannot use it"),
        ("variables/variables.index", "cannot use it"),
        ("assets.extra/reference.npz", "reference.npz: damaged"),
        ("assets.extra/tf_serving_warmup_requests", "tf_serving_warmup_requests: damaged"),
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
    reference.write(exported, {"refine": examples["encode"]})
    assert run(monkeypatch, exported) == 2
    assert "cannot use it: " in capsys.readouterr().err


@pytest.fixture(scope="module")
def onnx_files(prior, tmp_path_factory):
    """The exported prior for ONNX Runtime."""
    pytest.importorskip("onnxruntime")
    directory = tmp_path_factory.mktemp("onnx")
    for name, function in onnx_functions.of_prior(prior).items():
        content = onnx_functions.convert(name, function).content
        (directory / f"{name}.onnx").write_bytes(content)
    return directory


@pytest.fixture
def fast_alone(monkeypatch):
    """One loader of the SavedModel is asked the signatures of priors."""
    ask_only(monkeypatch, "prior_log_prob", "prior_sample", "encode", "decode")
    kept = {name: loaders.LOADERS[name] for name in ("C API", loaders.ONNX)}
    monkeypatch.setattr(loaders, "LOADERS", kept)


def test_onnx_files_are_asked_what_the_savedmodel_is(
    monkeypatch, capsys, exported, fast_alone, onnx_files
):
    assert run(monkeypatch, exported, "--onnx", onnx_files) == 0
    printed = capsys.readouterr()
    assert f"{exported}: C API, ONNX Runtime: 6 outputs agree" in printed.out
    asked = [line for line in printed.err.splitlines() if "ONNX Runtime, 2 of 2: asking" in line]
    assert [line.split()[-1] for line in asked] == ["prior_log_prob", "encode", "decode"]


def test_a_networks_onnx_file_answers_as_its_savedmodel(
    monkeypatch, capsys, exported_network, network, tmp_path
):
    pytest.importorskip("onnxruntime")
    function = onnx_functions.of_network(network)["predict"]
    content = onnx_functions.convert("predict", function).content
    (tmp_path / "predict.onnx").write_bytes(content)
    ask_only(monkeypatch, "predict")
    assert run(monkeypatch, exported_network, "--quick", "--onnx", tmp_path) == 0
    assert f"{loaders.QUICK}, ONNX Runtime: 8 outputs agree" in capsys.readouterr().out


def test_onnx_answers_beyond_the_tolerance_differ(
    monkeypatch, capsys, exported, fast_alone, onnx_files
):
    monkeypatch.setattr(onnx_functions, "TOLERANCE", -1.0)
    assert run(monkeypatch, exported, "--onnx", onnx_files) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert f"{exported}: prior_log_prob.log_prob by ONNX Runtime differs" in last


def test_a_directory_without_onnx_files_is_refused(
    monkeypatch, capsys, exported, fast_alone, tmp_path
):
    assert run(monkeypatch, exported, "--onnx", tmp_path) == 2
    (tmp_path / "lift.onnx").touch()
    assert run(monkeypatch, exported, "--onnx", tmp_path) == 2
    none, other = capsys.readouterr().err.splitlines()
    expected = f"export.verify: error: {tmp_path}: expected ONNX files of the model, as"
    assert none == f"{expected} export.onnx writes them, received none"
    assert other == f"{expected} export.onnx writes them, received lift.onnx"


def test_a_damaged_onnx_file_is_named(
    monkeypatch, capsys, exported, fast_alone, onnx_files, tmp_path
):
    path = tmp_path / "encode.onnx"
    path.write_bytes((onnx_files / "encode.onnx").read_bytes()[:-100])
    assert run(monkeypatch, exported, "--onnx", tmp_path) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"export.verify: error: {path}: ONNX Runtime cannot use it: ")


def test_without_onnx_runtime_the_extra_is_named(
    monkeypatch, capsys, exported, fast_alone, tmp_path
):
    (tmp_path / "encode.onnx").touch()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert run(monkeypatch, exported, "--onnx", tmp_path) == 2
    assert "pip install 'hps_tf[onnx]'" in capsys.readouterr().err.splitlines()[-1]
