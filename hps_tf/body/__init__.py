"""The body: skeleton, parts, the model from pose and shape to vertices, and readers of files."""

from hps_tf.body import default_body
from hps_tf.body.model import BodyModel, BodyOutput

__all__ = ["BodyModel", "BodyOutput", "load_default"]


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
