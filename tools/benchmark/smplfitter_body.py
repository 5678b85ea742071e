"""smplfitter's TensorFlow body model, as a peer."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

NAME = "smplfitter"

#: Where it looks for the neutral SMPL model inside a directory, and for what it needs beside it.
MODEL_FILE = "basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl"
KID_FILE = "kid_template.npy"


def is_installed() -> bool:
    """Whether the peer can be measured."""
    return importlib.util.find_spec("smplfitter") is not None


def vertices_function(directory: Path) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]:
    """Loads the body model and returns its vertices as a function of pose, shape, translation.

    smplfitter asks whether the batch is empty on a symbolic size, which XLA can't differentiate.
    Here the question is answered from the static shape, so that it can run in its best mode.

    Args:
      directory: Holds `MODEL_FILE`.
    """
    from smplfitter.tf import bodymodel

    bodymodel.check_batch_size = _static_batch_size
    # All zero: its own mark for the template that comes from elsewhere and isn't there.
    np.save(directory / KID_FILE, np.zeros((1, 3)))
    body = bodymodel.BodyModel("smpl", "neutral", model_root=str(directory))

    def vertices(pose: tf.Tensor, shape: tf.Tensor, translation: tf.Tensor) -> tf.Tensor:
        return body(pose, shape, translation)["vertices"]

    return vertices


def _static_batch_size(*arguments: tf.Tensor | None) -> int:
    return next(argument.shape[0] for argument in arguments if argument is not None)
