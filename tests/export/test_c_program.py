import numpy as np
import pytest

from export import c_program, loaders, reference

needs_compiler = pytest.mark.skipif(c_program.compiler() is None, reason="no C compiler (cc)")


@needs_compiler
def test_answers_are_those_of_the_model(exported_network):
    examples = reference.read(exported_network)
    with c_program.load(exported_network) as ask:
        for signature in ("predict_jpeg", "prior_sample"):
            answer = ask(signature, examples[signature].inputs)
            for name, expected in examples[signature].outputs.items():
                assert answer[name].dtype == expected.dtype
                np.testing.assert_allclose(answer[name], expected, atol=1e-3)
        with pytest.raises(
            OSError, match=r"`x`: expected shape \(batch, 63\), received shape\] \[1 5\]"
        ):
            ask("encode", {"x": np.zeros((1, 5), np.float32)})


@needs_compiler
def test_damaged_models_are_refused_with_the_reason(exported):
    (exported / "variables" / "variables.index").write_bytes(b"not what it was")
    reason = "too short to be an sstable"
    with pytest.raises(OSError, match=reason), c_program.load(exported) as ask:
        ask("encode", {"x": np.zeros((1, 63), np.float32)})


def test_without_a_compiler_the_other_loaders_remain(monkeypatch):
    monkeypatch.setattr(c_program, "compiler", lambda: None)
    assert loaders.available() == ["tf.saved_model.load", "TF1 session", "C API"]
