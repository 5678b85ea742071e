"""The README's picture: people of many shapes in a prior's poses, and their body parts."""

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.geometry import axis_angle
from hps_tf.priors import PosePrior
from hps_tf.rendering import merge
from hps_tf.visualization import palette
from hps_tf.visualization.body_picture import body_picture
from hps_tf.visualization.portraits import standing
from hps_tf.visualization.viewpoint import framing

_CANDIDATES = 16
_GAP = 0.12
"""Free space between people, metres."""

_LARGEST_TURN = np.radians(40)
_LARGEST_SHAPE = 2.0


def gallery(
    prior: PosePrior, body: BodyModel, num_people: int, seed: int, image_size: tuple[int, int]
) -> np.ndarray:
    """Pictures a row of people in skin colour and again in the colours of their parts.

        image = gallery(prior, body, num_people=7, seed=0, image_size=(310, 1200))

    Args:
      prior: Whose poses they take.
      body: The body model.
      num_people: How many.
      seed: Of poses, shapes and turns.
      image_size: Height and width of one row.

    Returns:
      `(2·H, W, 3)` uint8 RGB.
    """
    rng = np.random.default_rng(seed)
    rotations = varied_poses(prior, body, num_people, seed)
    turns = rng.uniform(-_LARGEST_TURN, _LARGEST_TURN, num_people)
    rotations[:, 0] = axis_angle.to_matrix(np.outer(turns, (0.0, 1.0, 0.0))).numpy()
    shape = rng.normal(size=(num_people, body.num_shape)).clip(-_LARGEST_SHAPE, _LARGEST_SHAPE)
    people = in_a_row(standing(body, rotations, shape))

    vertices, faces = merge(people, body.faces)
    view = framing(
        vertices, image_size, azimuth=0.0, elevation=np.radians(7), field_of_view=np.radians(20)
    )
    part_colours = np.tile(palette.PART_COLOURS[body.face_parts], (num_people, 1))
    rows = [
        body_picture(vertices, faces, colours=colours, view=view, floor=0.0)
        for colours in (palette.SKIN, part_colours)
    ]
    return np.concatenate(rows)


def varied_poses(prior: PosePrior, body: BodyModel, count: int, seed: int) -> np.ndarray:
    """Chooses likely samples that differ from each other.

    Of many samples the likelier half is kept; then, from the likeliest on, always the one whose
    joints are farthest from those of all chosen.

    Returns:
      `(count, 24, 3, 3)` rotation matrices.
    """
    vectors = prior.sample(_CANDIDATES * count, seed)
    likeliest_first = np.argsort(prior.energy(vectors).numpy())
    kept = likeliest_first[: _CANDIDATES * count // 2]
    rotations = prior.space.to_matrices(vectors).numpy()[kept]
    joints = body.joints(rotation_matrices=rotations).numpy()
    chosen = [0]
    while len(chosen) < count:
        gaps = np.linalg.norm(joints[:, None] - joints[chosen], axis=-1).mean(axis=-1)
        chosen.append(int(gaps.min(axis=1).argmax()))
    return rotations[chosen]


def in_a_row(people: np.ndarray) -> np.ndarray:
    """Moves people `(P, V, 3)` beside each other along x, left to right, without overlap."""
    low, high = people[..., 0].min(axis=1), people[..., 0].max(axis=1)
    ends = np.cumsum(high - low + _GAP)
    offsets = np.zeros((len(people), 1, 3))
    offsets[:, 0, 0] = ends - _GAP - high
    return people + offsets
