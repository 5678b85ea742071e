import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from export import c_api, reference, savedmodel, served_model, verification, versions, writing
from export.served_model import ServedModel
from export.served_weights import ServedWeights
from hps_tf import models
from hps_tf.errors import InputError
from hps_tf.priors import PoseVAE
from hps_tf.priors.pose_space import SIX_D

PEOPLE = {
    "pose": ("float32", (None, 24, 3)),
    "shape": ("float32", (None, 16)),
    "translation": ("float32", (None, 3)),
    "joints": ("float32", (None, 24, 3)),
    "vertices": ("float32", (None, 3000, 3)),
    "keypoints_2d": ("float32", (None, 17, 2)),
}
FOUND = PEOPLE | {
    "confidence": ("float32", (None, 17)),
    "part_labels": ("uint8", (None, 8, 8)),
}
FITTED = PEOPLE | {"loss": ("float32", (None,)), "valid": ("bool", (None,))}
CAMERA = ("float32", (None, 3, 3))
IMAGES = {"images": ("float32", (None, 32, 32, 3)), "intrinsics": CAMERA}
SEEN = {
    "keypoints_2d": ("float32", (None, 17, 2)),
    "confidence": ("float32", (None, 17)),
    "intrinsics": CAMERA,
}
BOXES = ("float32", (None, 4))
VECTOR = ("float32", (None, 63))
VECTOR_AND_POSE = {"x": VECTOR, "pose": ("float32", (None, 24, 3))}

# signature: inputs and outputs with dtype and shape
PRIOR_CONTRACT = {
    "prior_log_prob": ({"x": VECTOR}, {"log_prob": ("float32", (None,))}),
    "prior_sample": ({"n": ("int32", ()), "seed": ("int32", ())}, VECTOR_AND_POSE),
    "encode": ({"x": VECTOR}, {"latent": VECTOR}),
    "decode": ({"latent": VECTOR}, VECTOR_AND_POSE),
    "fit_keypoints": (SEEN, FITTED),
}
NETWORK_CONTRACT = PRIOR_CONTRACT | {
    "predict": (IMAGES, FOUND),
    "predict_uint8": (IMAGES | {"images": ("uint8", (None, 32, 32, 3))}, FOUND),
    "predict_jpeg": (
        {"jpeg": ("string", (None,)), "boxes": BOXES, "intrinsics": CAMERA},
        FOUND | {"boxes": BOXES, "intrinsics": CAMERA},
    ),
    "fit_keypoints_parts": (
        SEEN | {"part_labels": ("uint8", (None, 8, 8)), "part_boxes": BOXES},
        FITTED,
    ),
    "refine": (IMAGES, FITTED),
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


def contract(directory):
    return {
        name: (described(signature.inputs), described(signature.outputs))
        for name, signature in saved_meta_graph(directory).signature_def.items()
        if not name.startswith("__")
    }


def test_a_networks_signatures_are_those_documented(exported_network):
    expected = NETWORK_CONTRACT | {"serving_default": NETWORK_CONTRACT["predict"]}
    assert contract(exported_network) == expected


def test_a_priors_signatures_are_those_documented(exported_prior):
    found = contract(exported_prior)
    parts = found.pop("fit_keypoints_parts")
    assert parts[0]["part_labels"] == ("uint8", (None, 64, 64))
    assert found == PRIOR_CONTRACT | {"serving_default": PRIOR_CONTRACT["prior_log_prob"]}


def test_signatures_need_neither_xla_nor_python(exported_network):
    functions = saved_meta_graph(exported_network).graph_def.library.function
    assert len(functions) > 0
    assert not any(function.attr["_XlaMustCompile"].b for function in functions)
    operations = {node.op for function in functions for node in function.node_def}
    assert not {op for op in operations if "PyFunc" in op or op.startswith("Xla")}


def test_no_operation_is_named_after_all_the_flows_steps(exported_network):
    functions = saved_meta_graph(exported_network).graph_def.library.function
    assert max(len(node.name) for function in functions for node in function.node_def) < 300


def test_weights_are_saved_once(exported_network, network):
    size = sum(path.stat().st_size for path in (exported_network / "variables").iterdir())
    count = network.num_parameters + sum(np.prod(w.shape) for w in network.prior.weights)
    assert size < 1.2 * 4 * count


def test_served_answers_do_not_depend_on_the_batch(exported_network):
    request = reference.read(exported_network)["predict"].inputs
    with c_api.load(exported_network) as session:
        together = session.run("predict", request)
        alone = session.run("predict", {name: array[1:2] for name, array in request.items()})
    np.testing.assert_allclose(alone["vertices"][0], together["vertices"][1], atol=1e-4)


@pytest.mark.parametrize("seed", [0, 9])
def test_served_samples_are_the_priors_of_that_seed(exported_prior, prior, seed):
    with c_api.load(exported_prior) as session:
        served = session.run("prior_sample", {"n": np.int32(6), "seed": np.int32(seed)})
    expected = prior.sample(6, seed)
    np.testing.assert_allclose(served["x"], expected, atol=1e-5)
    np.testing.assert_allclose(served["pose"], prior.space.to_pose(expected), atol=1e-5)


@pytest.fixture
def quick(monkeypatch, prior, tmp_path):
    """Runs the program on a run directory, but exports something that is exported at once."""
    run = tmp_path / "mine"
    run.mkdir()
    prior.save(run / "prior.npz")

    def write(served, directory, name, say):
        (directory / "saved_model.pb").write_text(name)

    monkeypatch.setattr(served_model, "of_prior", lambda *_: None)
    monkeypatch.setattr(writing, "write", write)
    monkeypatch.setattr(
        verification,
        "check",
        lambda *_, **__: verification.Report([_comparison(agrees=True)], 0, {}, {}),
    )

    def export(*options, source=("--run", run)):
        arguments = [*source, "--output", tmp_path / "served", *options]
        monkeypatch.setattr(sys, "argv", ["export.savedmodel", *map(str, arguments)])
        savedmodel.main()

    return export


def _comparison(agrees):
    return verification.Comparison("TF1 session", "encode.latent", 1.0, agrees)


def test_versions_count_up_and_are_named_after_the_run(quick, tmp_path, capsys):
    quick()
    quick("--version", 7)
    quick()
    assert {path.name for path in tmp_path.iterdir()} == {"mine", "served"}
    assert [path.name for path in (tmp_path / "served").iterdir()] == ["mine"]
    assert versions.listed(tmp_path / "served" / "mine") == [1, 7, 8]
    assert f"wrote {tmp_path / 'served' / 'mine' / '8'}" in capsys.readouterr().out


def test_the_half_precise_variant_has_a_name_of_its_own(quick, tmp_path):
    quick("--float16")
    assert (tmp_path / "served" / "mine-float16" / "1").is_dir()


def test_existing_version_is_refused_and_kept(quick, tmp_path):
    quick()
    before = (tmp_path / "served" / "mine" / "1").stat().st_mtime_ns
    with pytest.raises(InputError, match=r"mine/1: expected a new version, received one that exis"):
        quick("--version", 1)
    assert (tmp_path / "served" / "mine" / "1").stat().st_mtime_ns == before


def test_failed_export_leaves_nothing(quick, monkeypatch, tmp_path):
    def disk_full(_, directory, *__):
        (directory / "saved_model.pb").write_text("half")
        raise OSError("No space left on device")

    monkeypatch.setattr(writing, "write", disk_full)
    with pytest.raises(OSError, match="No space left"):
        quick()
    assert list((tmp_path / "served").iterdir()) == []


def test_model_that_answers_differently_is_not_kept(quick, monkeypatch, tmp_path):
    wrong = verification.Report([_comparison(agrees=False)], 0, {}, {})
    monkeypatch.setattr(verification, "check", lambda *_, **__: wrong)
    with pytest.raises(RuntimeError, match=r"encode\.latent"):
        quick()
    assert list((tmp_path / "served").iterdir()) == []


@pytest.mark.parametrize("version", ["0", "-1", "one"])
def test_version_must_be_a_positive_number(quick, capsys, version):
    with pytest.raises(SystemExit) as stopped:
        quick(f"--version={version}")
    assert stopped.value.code == 2
    assert "--version" in capsys.readouterr().err


def test_prior_without_a_density_is_refused_before_anything_is_made(quick, tmp_path):
    PoseVAE(SIX_D, 0.1, hidden_units=4, latent_dim=2).save(tmp_path / "mine" / "prior.npz")
    with pytest.raises(InputError, match="expected a prior with a density"):
        quick()
    assert not (tmp_path / "served").exists()


def test_unknown_models_and_runs_are_refused_before_anything_is_made(quick, tmp_path):
    with pytest.raises(InputError, match=r"--model: expected one of .*cmu-6d-light.*'no-such'"):
        quick(source=("--model", "no-such"))
    with pytest.raises(InputError, match=r"empty: expected the directory of a finished run, with"):
        quick(source=("--run", tmp_path / "empty"))
    assert not (tmp_path / "served").exists()


def test_a_network_run_is_told_from_a_priors(quick, monkeypatch, network, tmp_path):
    models.save(network, tmp_path / "mine" / "network.npz")
    exported = []
    monkeypatch.setattr(served_model, "of_network", lambda network, dtype: exported.append(dtype))
    quick()
    assert exported == [tf.float32]


def test_exports_at_once_get_versions_of_their_own(tmp_path):
    ready = threading.Barrier(8)

    def export(content):
        with versions.publishing(tmp_path / "model") as publication:
            (publication.scratch / "saved_model.pb").write_text(content)
            ready.wait()

    threads = [threading.Thread(target=export, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert versions.listed(tmp_path / "model") == list(range(1, 9))
    contents = {
        (tmp_path / "model" / str(number) / "saved_model.pb").read_text() for number in range(1, 9)
    }
    assert contents == {str(number) for number in range(8)}
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


_KILLED = """
import sys, time
from pathlib import Path
from export import versions
with versions.publishing(Path(sys.argv[1]), 2) as publication:
    (publication.scratch / "saved_model.pb").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


def test_killed_export_shows_nothing_and_is_cleared_away_by_the_next(tmp_path):
    directory = tmp_path / "model"
    with versions.publishing(directory) as publication:
        (publication.scratch / "saved_model.pb").write_text("whole")
    child = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(directory)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "writing\n"
    assert versions.listed(directory) == [1]
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert [path.name for path in directory.iterdir()] == ["1"]
    with versions.publishing(directory) as publication:
        (publication.scratch / "saved_model.pb").write_text("next")
    assert versions.listed(directory) == [1, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_signature_is_traced_once(tmp_path):
    traces = []

    @tf.function(input_signature=[tf.TensorSpec((None, 2), tf.float32, "x")], autograph=False)
    def double(x):
        traces.append(x)
        return {"y": 2.0 * x}

    request = {"x": np.ones((3, 2), np.float32)}
    lines = []
    served = ServedModel(ServedWeights([]), {"double": double}, "double", {"double": request})
    writing.write(served, tmp_path, "model", lines.append)
    assert len(traces) == 1
    assert lines == [
        "model: tracing double, 1 of 1",
        "model: writing",
        "model: answering double, 1 of 1",
    ]
    assert reference.read(tmp_path)["double"].outputs["y"].tolist() == [[2.0, 2.0]] * 3


def test_outputs_that_rounding_decides_are_named(tmp_path):
    @tf.function(input_signature=[tf.TensorSpec((None, 2), tf.float32, "x")], autograph=False)
    def valleys(x):
        return {"loss": tf.reduce_sum(x, 1), "shape": 4.0 * tf.cast(x < 1.0, tf.float32)}

    request = {"x": np.ones((3, 2), np.float32)}
    lines = []
    name = "fit_keypoints"
    served = ServedModel(ServedWeights([]), {name: valleys}, name, {name: request})
    writing.write(served, tmp_path, "model", lines.append)
    assert lines[-1] == "model: fit_keypoints: rounding decides shape; unchecked"
    assert list(reference.read(tmp_path)[name].outputs) == ["loss"]


@pytest.mark.slow
def test_all_outputs_of_the_photograph_network_are_checked(tmp_path):
    lines = []
    writing.write(served_model.of_network(models.load("photo")), tmp_path, "photo", lines.append)
    assert not any("rounding" in line for line in lines)
