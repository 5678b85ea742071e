"""A picture of example fits: the evidence, the truth, and what some methods make of it."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from hps_tf.body import BodyModel
from hps_tf.evaluation.held_out_people import IMAGE_SIZE, People
from hps_tf.geometry import axis_angle, camera
from hps_tf.rendering import rasterize, shade
from hps_tf.rendering.colour import to_tuple, to_uint8
from hps_tf.visualization import palette
from hps_tf.visualization.contact_sheet import contact_sheet

QUANTILES = (0.2, 0.5, 0.8)
"""Of the errors that choose whom to show."""

_VIEW = (160, 160)
_DOT = 2
_QUARTER_TURN = axis_angle.to_matrix(np.array([0.0, np.pi / 2, 0.0], np.float32)).numpy()


@dataclasses.dataclass(frozen=True, eq=False)
class Fits:
    """The bodies that one method fitted to all people.

    Attributes:
      name: Of the method.
      pose: `(N, 24, 3)` axis-angle in the camera frame, radians.
      shape: `(N, S)`.
      translation: `(N, 3)` metres.
      mpjpe: `(N,)` cm.
    """

    name: str
    pose: np.ndarray
    shape: np.ndarray
    translation: np.ndarray
    mpjpe: np.ndarray


def examples(errors: np.ndarray) -> list[int]:
    """Chooses people at the `QUANTILES` of `(N,)` errors."""
    order = np.argsort(errors, kind="stable")
    return [int(order[round(quantile * (len(order) - 1))]) for quantile in QUANTILES]


def draw(
    people: People, chosen: Sequence[int], fits: Sequence[Fits], body: BodyModel
) -> np.ndarray:
    """Draws a row per person: evidence, truth, fits; bodies from the camera and from a side.

    Args:
      people: The truth.
      chosen: Whom to show.
      fits: The bodies of each method.
      body: The body model whose vertices `people` have.

    Returns:
      `(H, W, 3)` uint8 RGB.
    """
    images, captions = [], []
    for person in chosen:
        intrinsics = people.evidence.intrinsics[person]
        images.append(_evidence(people, person))
        captions.append(f"{people.clips[person]} #{people.frames[person]}")
        root = people.joints_3d[person, 0]
        images.append(_two_views(people.vertices[person], root, intrinsics, body, palette.SKIN))
        captions.append("truth")
        for each in fits:
            vertices, joints = body(
                pose=each.pose[person : person + 1],
                shape=each.shape[person : person + 1],
                translation=each.translation[person : person + 1],
            )
            root = joints.numpy()[0, 0]
            images.append(_two_views(vertices.numpy()[0], root, intrinsics, body, palette.ACCENT))
            captions.append(f"{each.name}: {each.mpjpe[person]:.1f} cm")
    return contact_sheet(
        images,
        columns=2 + len(fits),
        title="Evidence, truth and fits, as the camera sees them and from the side (MPJPE)",
        captions=captions,
    )


def _evidence(people: People, person: int) -> np.ndarray:
    """The part map with the keypoints on it, beside nothing, as large as two views."""
    assert people.evidence.part_labels is not None
    colours = to_uint8(palette.PART_COLOURS)[people.evidence.part_labels[person]]
    picture = Image.fromarray(colours)
    pen = ImageDraw.Draw(picture)
    ink = to_tuple(palette.INK)
    for x, y in people.evidence.keypoints[person]:
        pen.ellipse((x - _DOT, y - _DOT, x + _DOT, y + _DOT), fill=ink)
    height, width = _VIEW
    sheet = Image.new("RGB", (2 * width, height), tuple(colours[0, 0].tolist()))
    sheet.paste(picture.resize((width, height)), (width // 2, 0))
    return np.asarray(sheet)


def _two_views(
    vertices: np.ndarray,
    root: np.ndarray,
    intrinsics: np.ndarray,
    body: BodyModel,
    colour: np.ndarray | tuple[float, ...],
) -> np.ndarray:
    """The body as the camera sees it and turned a quarter about its vertical, side by side."""
    zoomed = camera.crop_intrinsics(
        intrinsics, np.array([0, 0, IMAGE_SIZE[1], IMAGE_SIZE[0]], np.float32), _VIEW
    ).numpy()
    turned = (vertices - root) @ _QUARTER_TURN.T + root
    views = []
    for points in (vertices, turned):
        raster = rasterize(points, body.faces, zoomed, _VIEW)
        views.append(shade(raster, points, body.faces, colours=colour, background=palette.PAPER))
    return np.concatenate(views, axis=1)
