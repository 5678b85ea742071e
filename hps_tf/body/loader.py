"""Body models from the embedded data and from model files."""

import os

from hps_tf.body import default_body, readers
from hps_tf.body.model import BodyModel


def load_default(num_vertices: int = 6890) -> BodyModel:
    """Loads the embedded body.

    Args:
      num_vertices: Level of detail, 6890 or 3000.

    Returns:
      The body model, with 16 shape components.

    Raises:
      ValueError: If there is no such level.
    """
    return BodyModel(default_body.read(num_vertices))


def load(path: str | os.PathLike[str], num_shape: int = 16) -> BodyModel:
    """Loads a body model file: SMPL, SMPL-H, SMPL-X (.npz or .pkl), or an export of GHUM.

    The layout is told by the content; `readers.smpl_family` and `readers.ghum` say how each model
    is mapped onto the 24 joints. Pickles are read without running code.

    Args:
      path: The file.
      num_shape: Number of shape components to keep, at most; files hold 10 to 300.

    Returns:
      The body model.

    Raises:
      InputError: If the file is damaged, of no known layout, or a field is missing or wrong.
      OSError: If there is no such file.
    """
    return BodyModel(readers.read(path, num_shape))
