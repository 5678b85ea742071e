"""The ways to load a SavedModel and ask it.

Each takes the model's directory and requests by signature, and returns the answers by signature.
"""

from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from export import c_api
from export.reference import Arrays
from hps_tf.errors import InputError

Loader = Callable[[Path, dict[str, Arrays]], dict[str, Arrays]]

_UNUSABLE = (OSError, ValueError, KeyError, tf.errors.OpError)


def answers(loader: str, directory: Path, requests: dict[str, Arrays]) -> dict[str, Arrays]:
    """Asks a model loaded in one of the `LOADERS`' ways.

    Raises:
      InputError: If it cannot be loaded, lacks a signature or fails to answer.
    """
    try:
        return LOADERS[loader](directory, requests)
    except _UNUSABLE as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{directory}: {loader} cannot use it: {reason}") from error


def _saved_model_load(directory: Path, requests: dict[str, Arrays]) -> dict[str, Arrays]:
    signatures = tf.saved_model.load(str(directory)).signatures
    answers = {}
    for name, inputs in requests.items():
        tensors = {key: tf.constant(array) for key, array in inputs.items()}
        outputs = signatures[name](**tensors)
        answers[name] = {key: tensor.numpy() for key, tensor in outputs.items()}
    return answers


def _tf1_session(directory: Path, requests: dict[str, Arrays]) -> dict[str, Arrays]:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        model = tf.compat.v1.saved_model.load(session, ["serve"], str(directory))
        answers = {}
        for name, inputs in requests.items():
            signature = model.signature_def[name]
            fetches = {key: tensor.name for key, tensor in signature.outputs.items()}
            feeds = {signature.inputs[key].name: array for key, array in inputs.items()}
            answers[name] = session.run(fetches, feeds)
        return answers


def _c_api(directory: Path, requests: dict[str, Arrays]) -> dict[str, Arrays]:
    with c_api.load(directory) as session:
        return {name: session.run(name, inputs) for name, inputs in requests.items()}


LOADERS: dict[str, Loader] = {
    "tf.saved_model.load": _saved_model_load,
    "TF1 session": _tf1_session,
    "C API": _c_api,
}
