"""Posed people standing on the floor, and their pictures under one camera.

Convention: world frame y up, people facing +z, metres; the floor is y = 0.
"""

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from hps_tf.body import BodyModel
from hps_tf.visualization.body_picture import body_picture
from hps_tf.visualization.viewpoint import framing

_BATCH = 32


def standing(
    body: BodyModel, rotation_matrices: np.ndarray, shape: np.ndarray | None = None
) -> np.ndarray:
    """Poses people with the pelvis above the origin and the lowest vertex on the floor.

    Args:
      body: The body model.
      rotation_matrices: `(N, 24, 3, 3)` joint rotations.
      shape: `(N, S)` shape components; the mean shape if left out.

    Returns:
      `(N, V, 3)` float64 vertices.
    """
    batches = range(0, len(rotation_matrices), _BATCH)
    vertices = [
        body(
            rotation_matrices=rotation_matrices[start : start + _BATCH],
            shape=None if shape is None else shape[start : start + _BATCH],
        ).vertices.numpy()
        for start in batches
    ]
    people = np.concatenate(vertices).astype(np.float64)
    people[..., 1] -= people[..., 1].min(axis=1, keepdims=True)
    return people


def portraits(
    body: BodyModel,
    rotation_matrices: np.ndarray,
    image_size: tuple[int, int],
    colours: npt.ArrayLike,
    description: str,
) -> list[np.ndarray]:
    """Pictures each person alone, all by the same camera, with progress on the terminal.

    Args:
      body: The body model.
      rotation_matrices: `(N, 24, 3, 3)` joint rotations.
      image_size: Height and width of a picture.
      colours: `(3,)` or `(N, 3)` colours of the people.
      description: Their name in the progress bar.

    Returns:
      N pictures `(H, W, 3)`, uint8 RGB.
    """
    people = standing(body, rotation_matrices)
    view = framing(people, image_size)
    each_colour = np.broadcast_to(colours, (len(people), 3))
    return [
        body_picture(vertices, body.faces, colours=colour, view=view, floor=0.0)
        for vertices, colour in zip(
            tqdm(people, description, unit="picture"), each_colour, strict=True
        )
    ]
