import sys

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from export import savedmodel, verify
from hps_tf.errors import InputError
from hps_tf.priors import PosePrior, PoseVAE
from hps_tf.priors.pose_space import SIX_D

# signature: inputs and outputs with dtype and shape
CONTRACT = {
    "serving_default": ({"x": ("float32", (None, 63))}, {"log_prob": ("float32", (None,))}),
    "log_prob": ({"x": ("float32", (None, 63))}, {"log_prob": ("float32", (None,))}),
    "sample": (
        {"n": ("int32", ()), "seed": ("int32", ())},
        {"x": ("float32", (None, 63)), "pose": ("float32", (None, 24, 3))},
    ),
    "encode": ({"x": ("float32", (None, 63))}, {"latent": ("float32", (None, 63))}),
    "decode": (
        {"latent": ("float32", (None, 63))},
        {"x": ("float32", (None, 63)), "pose": ("float32", (None, 24, 3))},
    ),
}


def saved_meta_graph(directory):
    model = saved_model_pb2.SavedModel.FromString((directory / "saved_model.pb").read_bytes())
    return model.meta_graphs[0]


def described(tensors):
    return {
        name: (
            tf.dtypes.as_dtype(info.dtype).name,
            tuple(None if axis.size == -1 else axis.size for axis in info.tensor_shape.dim),
        )
        for name, info in tensors.items()
    }


def test_signatures_are_those_documented(exported):
    saved = {
        name: (described(signature.inputs), described(signature.outputs))
        for name, signature in saved_meta_graph(exported).signature_def.items()
        if not name.startswith("__")
    }
    assert saved == CONTRACT


def test_no_function_demands_xla(exported):
    functions = saved_meta_graph(exported).graph_def.library.function
    assert len(functions) > 0
    assert not any(function.attr["_XlaMustCompile"].b for function in functions)


@pytest.mark.parametrize("num_vectors", [1, 7])
def test_served_density_is_the_priors_for_any_batch_size(exported, prior, num_vectors):
    x = prior.sample(num_vectors, seed=5)
    served = tf.saved_model.load(str(exported)).signatures["log_prob"](x=x)["log_prob"]
    np.testing.assert_allclose(served, prior.log_prob(x), rtol=1e-5)


@pytest.mark.parametrize("seed", [0, 9])
def test_served_samples_are_the_priors_of_that_seed(exported, prior, seed):
    sample = tf.saved_model.load(str(exported)).signatures["sample"]
    served = sample(n=tf.constant(6), seed=tf.constant(seed))
    expected = prior.sample(6, seed)
    np.testing.assert_allclose(served["x"], expected, atol=1e-5)
    np.testing.assert_allclose(served["pose"], prior.space.to_pose(expected), atol=1e-5)


def export(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["export.savedmodel", *map(str, arguments)])
    savedmodel.main()


def test_run_is_exported_as_a_version_that_verifies(monkeypatch, capsys, tmp_path):
    run, output = tmp_path / "run", tmp_path / "served" / "prior"
    run.mkdir()
    prior = PosePrior(SIX_D, 0.1, "light", num_steps=1, num_joint_steps=1)
    prior.save(run / "prior.npz")
    export(monkeypatch, "--run", run, "--output", output, "--version", 3)
    assert [path.name for path in output.iterdir()] == ["3"]
    assert all(comparison.agrees for comparison in verify.compare(output / "3"))
    assert f"wrote {output / '3'}" in capsys.readouterr().out


def test_existing_version_is_refused_and_kept(monkeypatch, exported, tmp_path, prior):
    prior.save(tmp_path / "prior.npz")
    before = sorted((path, path.stat().st_mtime_ns) for path in exported.rglob("*"))
    with pytest.raises(ValueError, match=r"exported/1: this version exists already; choose anoth"):
        export(monkeypatch, "--prior", tmp_path / "prior.npz", "--output", exported.parent)
    assert sorted((path, path.stat().st_mtime_ns) for path in exported.rglob("*")) == before


def test_failed_export_leaves_nothing(monkeypatch, tmp_path, prior):
    def disk_full(module, directory, **_):
        (tmp_path / "output").joinpath(directory, "saved_model.pb").write_text("half")
        raise OSError("No space left on device")

    prior.save(tmp_path / "prior.npz")
    monkeypatch.setattr(tf.saved_model, "save", disk_full)
    with pytest.raises(OSError, match="No space left"):
        export(monkeypatch, "--prior", tmp_path / "prior.npz", "--output", tmp_path / "output")
    assert list((tmp_path / "output").iterdir()) == []


def test_model_that_answers_differently_is_not_kept(monkeypatch, tmp_path, prior):
    prior.save(tmp_path / "prior.npz")
    wrong = verify.Comparison("TF1 session", "log_prob.log_prob", 1.0, agrees=False)
    monkeypatch.setattr(verify, "compare", lambda directory: [wrong])
    with pytest.raises(RuntimeError, match=r"log_prob\.log_prob"):
        export(monkeypatch, "--prior", tmp_path / "prior.npz", "--output", tmp_path / "output")
    assert list((tmp_path / "output").iterdir()) == []


@pytest.mark.parametrize("version", ["0", "-1", "one"])
def test_version_must_be_a_positive_number(monkeypatch, capsys, tmp_path, version):
    with pytest.raises(SystemExit) as stopped:
        export(monkeypatch, "--prior", "any", "--output", tmp_path, f"--version={version}")
    assert stopped.value.code == 2
    assert "--version" in capsys.readouterr().err


def test_prior_without_a_density_is_refused_before_anything_is_made(monkeypatch, tmp_path):
    PoseVAE(SIX_D, 0.1, hidden_units=4, latent_dim=2).save(tmp_path / "prior.npz")
    with pytest.raises(InputError, match="expected a prior with a density"):
        export(monkeypatch, "--run", tmp_path, "--output", tmp_path / "output")
    assert not (tmp_path / "output").exists()


def test_unknown_prior_is_refused_before_anything_is_made(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="no-such: no such prior"):
        export(monkeypatch, "--prior", "no-such", "--output", tmp_path / "output")
    assert not (tmp_path / "output").exists()
