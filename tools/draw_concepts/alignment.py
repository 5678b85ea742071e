"""The alignment loss: a part map, a body beside it, and the gradient of each term."""

import numpy as np
import tensorflow as tf
from PIL import Image, ImageDraw

from hps_tf.body import BodyModel, load_default
from hps_tf.body.skeleton import JOINT_NAMES
from hps_tf.geometry import camera
from hps_tf.losses import AlignmentTerms, alignment_loss, pack_part_pixels
from hps_tf.rendering import part_labels, rasterize
from hps_tf.rendering.colour import to_tuple, to_uint8
from hps_tf.visualization import contact_sheet, palette

_SIDE = 96
"""Pixels a side of the part map."""

_SCALE = 5
"""Of the figure over the map."""

_FOCAL_LENGTH = 170.0
_DISTANCE = 3.6
_ARROW = 4.0
"""Length of the longest arrow, pixels of the map."""

_SHOWN = 6
"""Every how many vertices are drawn."""

_NUM_ARROWS = 330
"""About how many arrows are drawn."""

_INK = to_tuple(palette.INK)


def draw() -> np.ndarray:
    """Draws the figure: `(H, W, 3)` uint8 RGB."""
    body = load_default(3000)
    intrinsics = np.array([[_FOCAL_LENGTH, 0, _SIDE / 2], [0, _FOCAL_LENGTH, _SIDE / 2], [0, 0, 1]])
    true = _vertices(body, arms=(-0.9, 0.2), shift=0.0)
    raster = rasterize(true, body.faces, intrinsics, (_SIDE, _SIDE))
    labels = part_labels(raster, body.face_parts).astype(np.uint8)
    points = camera.project(_vertices(body, arms=(-0.3, 0.75), shift=0.12), intrinsics).numpy()
    points = points.astype(np.float32)

    terms, pulls = _terms_and_pulls(points, labels, body.vertex_parts)
    pictures = [_picture(labels, points, body.vertex_parts, None)]
    pictures += [
        _picture(labels, points, body.vertex_parts, pull) for pull in (*pulls, pulls[0] + pulls[1])
    ]
    return contact_sheet(
        pictures,
        2,
        captions=[
            "part map (areas), projected vertices (dots)",
            f"pixels to vertices: {terms.pixels_to_vertices[0]:,.0f} px; minus its gradient",
            f"vertices to pixels: {terms.vertices_to_pixels[0]:,.0f} px; minus its gradient",
            f"both: {sum(terms)[0]:,.0f} px; minus the gradient",
        ],
    )


def _vertices(body: BodyModel, arms: tuple[float, float], shift: float) -> np.ndarray:
    """A body before the camera, its left and right arm turned about z, `(V, 3)` metres."""
    pose = np.zeros((1, len(JOINT_NAMES), 3), np.float32)
    pose[0, 0, 0] = np.pi  # Upright: the camera's y is down.
    for side, angle in zip(("l", "r"), arms, strict=True):
        pose[0, JOINT_NAMES.index(f"{side}_shoulder"), 2] = angle
    place = np.array([[shift, 0.0, _DISTANCE]], np.float32)
    vertices = body(pose=pose, translation=place).vertices.numpy()[0].astype(np.float64)
    vertices[:, 1] -= (vertices[:, 1].min() + vertices[:, 1].max()) / 2
    return vertices


def _terms_and_pulls(
    points: np.ndarray, labels: np.ndarray, parts: np.ndarray
) -> tuple[AlignmentTerms, list[np.ndarray]]:
    """The terms, and minus the gradient `(V, 2)` of each."""
    variable = tf.Variable(points[None])
    with tf.GradientTape(persistent=True) as tape:
        terms = alignment_loss(variable, pack_part_pixels(labels[None]), parts)
    return terms, [-tape.gradient(term, variable).numpy()[0] for term in terms]


def _picture(
    labels: np.ndarray, points: np.ndarray, parts: np.ndarray, pulls: np.ndarray | None
) -> np.ndarray:
    ground = 0.45 * palette.PART_COLOURS[labels] + 0.55 * np.array(palette.PAPER)
    area = to_uint8(ground).repeat(_SCALE, axis=0).repeat(_SCALE, axis=1)
    image = Image.fromarray(area)
    draw = ImageDraw.Draw(image)
    places = _SCALE * (points + 0.5)
    colours = to_uint8(palette.PART_COLOURS[parts]).tolist()
    for index in range(0, len(points), _SHOWN):
        x, y = places[index]
        outline = _INK if pulls is None else None
        draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=tuple(colours[index]), outline=outline)
    if pulls is not None:
        lengths = np.linalg.norm(pulls, axis=1)
        shown = np.flatnonzero(lengths)
        # Many vertices have the same small pull, few a large one: square roots show both.
        arrows = pulls / np.sqrt(np.maximum(lengths * lengths.max(), 1e-9))[:, None]
        for index in shown[:: max(1, len(shown) // _NUM_ARROWS)]:
            _arrow(draw, places[index], places[index] + _ARROW * _SCALE * arrows[index])
    return np.asarray(image)


def _arrow(draw: ImageDraw.ImageDraw, start: np.ndarray, end: np.ndarray) -> None:
    along = end - start
    length = np.linalg.norm(along)
    along /= max(length, 1e-9)
    across = np.array([-along[1], along[0]])
    draw.line([*start, *end], fill=_INK, width=1)
    for side in (-1, 1):
        draw.line([*end, *(end - 3.5 * along + side * 2.5 * across)], fill=_INK, width=1)
