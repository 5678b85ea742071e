"""Files of ONNX Runtime beside TensorFlow."""

import sys

import numpy as np
import pytest

from export import onnx, onnx_functions
from hps_tf.body import load_small
from hps_tf.models import Predictor, StagedNetwork, saved_model

onnxruntime = pytest.importorskip("onnxruntime")


def opened(converted):
    return onnxruntime.InferenceSession(converted.content, providers=["CPUExecutionProvider"])


def run(session, request):
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, request), strict=True))


@pytest.fixture(scope="module")
def functions(prior):
    return onnx_functions.of_prior(prior)


@pytest.mark.parametrize(
    ("name", "inputs", "outputs"),
    [
        ("prior_log_prob", ["x"], ["log_prob"]),
        ("encode", ["x"], ["latent"]),
        ("decode", ["latent"], ["pose", "x"]),
    ],
)
def test_functions_of_a_prior_have_the_names_and_numbers_of_the_savedmodel(
    functions, prior, name, inputs, outputs
):
    converted = onnx_functions.convert(name, functions[name])
    assert max(converted.difference.values()) < onnx_functions.TOLERANCE
    session = opened(converted)
    assert [each.name for each in session.get_inputs()] == inputs
    assert [each.name for each in session.get_outputs()] == outputs
    for count in (1, 5):  # Any batch size.
        vectors = np.asarray(prior.sample(count, seed=1))
        found = run(session, {inputs[0]: vectors})
        if name == "prior_log_prob":
            np.testing.assert_allclose(found["log_prob"], prior.log_prob(vectors), atol=1e-3)
        assert all(len(array) == count for array in found.values())


def test_a_network_predicts_as_in_tensorflow(prior):
    network = StagedNetwork("tiny", prior=prior)
    function = onnx_functions.of_network(network)["predict"]
    converted = onnx_functions.convert("predict", function)
    assert max(converted.difference.values()) < onnx_functions.TOLERANCE
    request = {name: array[:1] for name, array in function.request.items()}
    found = run(opened(converted), request)
    predictor = Predictor(network, load_small())
    expected = saved_model.answer(predictor.predict(request["images"], request["intrinsics"]))
    assert found.keys() == expected.keys()
    for name, array in found.items():
        np.testing.assert_allclose(array, expected[name].numpy(), atol=1e-3)


def test_the_command_writes_a_file_per_function(monkeypatch, tmp_path, capsys):
    arguments = ["--prior", "cmu-6d-light", "--output", str(tmp_path / "onnx")]
    monkeypatch.setattr(sys, "argv", ["export.onnx", *arguments])
    onnx.main()
    names = {path.name for path in (tmp_path / "onnx").iterdir()}
    assert names == {"prior_log_prob.onnx", "encode.onnx", "decode.onnx"}
    assert "from TensorFlow" in capsys.readouterr().out


def test_outputs_that_differ_are_not_written(monkeypatch, tmp_path, functions):
    monkeypatch.setattr(onnx_functions, "TOLERANCE", -1.0)
    arguments = ["--prior", "cmu-6d-light", "--output", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["export.onnx", *arguments])
    monkeypatch.setattr(onnx_functions, "of_prior", lambda _: functions)
    with pytest.raises(RuntimeError, match="prior_log_prob: ONNX Runtime differs by"):
        onnx.main()
    assert not list(tmp_path.iterdir())
