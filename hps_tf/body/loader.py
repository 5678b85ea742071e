"""Body models from the embedded data and from model files."""

import os

import tensorflow as tf

from hps_tf.body import default_body
from hps_tf.body.model import BodyModel

_SMALL = 3000


def load_default(num_vertices: int = 6890, dtype: tf.DType = tf.float32) -> BodyModel:
    """Loads the embedded body.

        body = hps_tf.body.load_default(num_vertices=3000)

    Args:
      num_vertices: Level of detail, 6890 or 3000.
      dtype: Floating type of arguments and results.

    Returns:
      The body model, with 16 shape components.

    Raises:
      ValueError: If there is no such level.
    """
    return BodyModel.from_preset("default", num_vertices, dtype)


def load_small() -> BodyModel:
    """Loads the embedded body's smaller mesh, which networks, fits and measures use.

        body = hps_tf.body.load_small()

    Returns:
      The body model, with 3,000 vertices.
    """
    return load_default(_SMALL)


def load(
    name_or_path: str | os.PathLike[str],
    num_shape: int = 16,
    *,
    all_joints: bool = False,
    dtype: tf.DType = tf.float32,
) -> BodyModel:
    """Loads a body model file: SMPL, SMPL-H, SMPL-X (.npz or .pkl), or an export of GHUM.

        body = hps_tf.body.load("SMPL_NEUTRAL.npz", num_shape=10)

    The content shows which layout it is; `readers.smpl_family` and `readers.ghum` say how each
    model is mapped onto the 24 joints. Pickles are read without running code.

    Args:
      name_or_path: The file, or ``"default"`` for the embedded body.
      num_shape: Number of shape components to keep, at most; files hold 10 to 300.
      all_joints: Whether the body has all joints of the file, those of fingers and face too, in
        place of the 24. Only with files of SMPL's family.
      dtype: Floating type of arguments and results.

    Returns:
      The body model.

    Raises:
      InputError: If the file is damaged, of no known layout, or a field is missing or wrong.
      OSError: If there is no such file.
    """
    if name_or_path == "default":
        return BodyModel(default_body.read(), dtype)
    return BodyModel.from_file(name_or_path, num_shape, all_joints=all_joints, dtype=dtype)
