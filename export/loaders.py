"""The ways to load a SavedModel, or the ONNX files of the same model, and ask it.

Each is a context that loads the model and gives a function from a signature and its inputs to its
outputs.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf

from export import c_api, c_program, plain_graphs
from export.signature import Request
from hps_tf import extras
from hps_tf.errors import InputError

Ask = Callable[[str, Request], Request]
Loader = Callable[[Path], contextlib.AbstractContextManager[Ask]]

_UNUSABLE = (OSError, ValueError, KeyError, TypeError, tf.errors.OpError)


@contextlib.contextmanager
def loaded(loader: str, directory: Path) -> Iterator[Ask]:
    """Loads a model in one of the `LOADERS`' ways.

    Raises:
      InputError: If it cannot be loaded, lacks a signature or fails to answer.
    """
    try:
        with LOADERS[loader](directory) as ask:
            yield ask
    except InputError:
        raise
    except _UNUSABLE as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{directory}: {loader} cannot use it: {reason}") from error


@contextlib.contextmanager
def _saved_model_load(directory: Path) -> Iterator[Ask]:
    signatures = tf.saved_model.load(str(directory)).signatures

    def ask(name: str, inputs: Request) -> Request:
        tensors = {key: tf.constant(array) for key, array in inputs.items()}
        with plain_graphs.in_this_process():
            return {key: tensor.numpy() for key, tensor in signatures[name](**tensors).items()}

    yield ask


@contextlib.contextmanager
def _tf1_session(directory: Path) -> Iterator[Ask]:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        model = tf.compat.v1.saved_model.load(session, ["serve"], str(directory))

        def ask(name: str, inputs: Request) -> Request:
            signature = model.signature_def[name]
            fetches = {key: tensor.name for key, tensor in signature.outputs.items()}
            feeds = {signature.inputs[key].name: array for key, array in inputs.items()}
            return session.run(fetches, feeds)

        yield ask


@contextlib.contextmanager
def _c_api(directory: Path) -> Iterator[Ask]:
    with c_api.load(directory) as session:
        yield session.run


@contextlib.contextmanager
def _plain_c_api(directory: Path) -> Iterator[Ask]:
    with c_api.load(directory, plain_graphs.session_config()) as session:
        yield session.run


@contextlib.contextmanager
def _onnx_runtime(directory: Path) -> Iterator[Ask]:
    with extras.needed("onnx"):
        import onnxruntime

    def loaded_file(path: Path) -> Any:
        with _onnx_errors(path):
            return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    files = {name: directory / f"{name}.onnx" for name in onnx_signatures(directory)}
    sessions = {name: loaded_file(path) for name, path in files.items()}

    def ask(name: str, inputs: Request) -> Request:
        session = sessions[name]
        outputs = [output.name for output in session.get_outputs()]
        with _onnx_errors(files[name]):
            return dict(zip(outputs, session.run(outputs, inputs), strict=True))

    yield ask


@contextlib.contextmanager
def _onnx_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # ONNX Runtime's errors have no class in common.
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: ONNX Runtime cannot use it: {reason}") from error


def onnx_signatures(directory: Path) -> list[str]:
    """The signatures that have a file of `export.onnx` in a directory."""
    return sorted(path.stem for path in directory.glob("*.onnx"))


QUICK = "C API, graphs as traced"
"""The loader of a quick check."""

ONNX = "ONNX Runtime"
"""The loader of ONNX files, whose directory is their own."""

LOADERS: dict[str, Loader] = {
    "tf.saved_model.load": _saved_model_load,
    "TF1 session": _tf1_session,
    "C API": _c_api,
    "C program": c_program.load,
    QUICK: _plain_c_api,
    ONNX: _onnx_runtime,
}


def available() -> list[str]:
    """The loaders of a whole check of a SavedModel that this machine has what it takes for."""
    whole = [name for name in LOADERS if name not in (QUICK, ONNX)]
    return [name for name in whole if name != "C program" or c_program.compiler()]
