"""Fitted bodies over the photograph they were fitted to, with detected and fitted keypoints.

Convention: bodies in the camera frame of OpenCV, metres; pixels with centres at integers; colours
sRGB in [0, 1].
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hps_tf.geometry import checks
from hps_tf.rendering import NEAR
from hps_tf.rendering.colour import to_tuple, to_uint8
from hps_tf.visualization import body_layer, palette, skeleton_lines

_OPACITY = 0.62
"""Of bodies: the person is to be seen through them."""

_MARKER_SUPERSAMPLING = 4
_MARKER_RADIUS = 0.0045
"""Radius of a keypoint's mark, of the image's mean side."""

_MIN_MARKER_RADIUS = 1.8
_FONT_SIZE = 11
_INK = to_tuple(palette.INK)
_WHITE = (255, 255, 255)


class Marks(NamedTuple):
    """Keypoints of P people.

    Attributes:
      detected: `(P, K, 2)` pixels; anything where one is missing.
      is_seen: `(P, K)` bool.
      fitted: `(P, K, 2)` pixels.
      names: Of the K keypoints, as COCO's; with them, lines join neighbours, blue on the person's
        left and orange on the right.
    """

    detected: np.ndarray
    is_seen: np.ndarray
    fitted: np.ndarray
    names: Sequence[str] | None = None


def overlay(
    photograph: np.ndarray,
    vertices: np.ndarray,
    faces: np.ndarray,
    intrinsics: np.ndarray,
    *,
    marks: Marks | None = None,
    labels: Sequence[str] | None = None,
    doubt: np.ndarray | None = None,
    numbers: np.ndarray | None = None,
) -> np.ndarray:
    """Draws people over their photograph, each in a colour, the nearer before the farther.

    Bodies are translucent, so that the person is seen too, and outlined.

    A detected keypoint is a ring, the fitted one a dot in the person's colour, and a dark line
    joins the two. Rings are white, or with `Marks.names` of their side's colour.

    Args:
      photograph: `(H, W, 3)` uint8 RGB; plain white will do.
      vertices: `(P, V, 3)` in the camera frame, metres.
      faces: `(F, 3)` vertex indices of one person.
      intrinsics: `(3, 3)` of the photograph's camera.
      marks: The keypoints, if they are to be shown.
      labels: A short text above each person.
      doubt: `(P, V)` how unsure each vertex is, 0..1: it is drawn paler and fainter.
      numbers: `(P,)` int, which colour each person has; by default they are counted.

    Returns:
      `(H, W, 3)` uint8 RGB.

    Raises:
      ValueError: If a shape is wrong.
    """
    checks.shape("photograph", photograph, ("height", "width", 3))
    checks.shape("vertices", vertices, ("people", "vertices", 3))
    numbers = np.arange(len(vertices)) if numbers is None else numbers
    colours = body_layer.person_colours(numbers)
    size = (photograph.shape[0], photograph.shape[1])
    layer = body_layer.paint(
        vertices, faces, intrinsics, size, colours=colours, opacity=_OPACITY, doubt=doubt
    )
    picture = photograph.copy() if layer is None else layer.over(photograph)
    if marks is not None:
        picture = _with_marks(picture, marks, colours)
    if labels is not None:
        picture = _with_labels(picture, labels, vertices, intrinsics)
    return picture


def _with_marks(picture: np.ndarray, marks: Marks, colours: np.ndarray) -> np.ndarray:
    height, width, _ = picture.shape
    radius = max(_MIN_MARKER_RADIUS, _MARKER_RADIUS * (height + width) / 2)
    step = _MARKER_SUPERSAMPLING
    layer = Image.new("RGBA", (step * width, step * height))
    draw = ImageDraw.Draw(layer)
    line = max(1, round(step * radius / 4))
    _draw_skeletons(draw, marks, step, 3 * line)
    rings: list[tuple[int, ...]] = [_WHITE] * marks.detected.shape[1]
    if marks.names is not None:
        rings = [to_tuple(colour) for colour in skeleton_lines.colours(marks.names)]
    for person, colour in enumerate(to_uint8(colours).tolist()):
        seen = marks.is_seen[person]
        detected = step * (marks.detected[person][seen] + 0.5)
        fitted = step * (marks.fitted[person][seen] + 0.5)
        for start, end in zip(detected.tolist(), fitted.tolist(), strict=True):
            draw.line([*start, *end], fill=_INK, width=line)
        for (x, y), number in zip(detected.tolist(), np.flatnonzero(seen), strict=True):
            _disc(draw, x, y, step * radius, _INK)
            _disc(draw, x, y, step * radius - line, rings[number])
        for x, y in fitted.tolist():
            _disc(draw, x, y, step * radius / 2 + line, _INK)
            _disc(draw, x, y, step * radius / 2, tuple(colour))
    layer = layer.resize((width, height), Image.Resampling.BOX)
    flat = Image.alpha_composite(Image.fromarray(picture).convert("RGBA"), layer)
    return np.asarray(flat.convert("RGB"))


def _draw_skeletons(draw: ImageDraw.ImageDraw, marks: Marks, step: int, width: int) -> None:
    """Joins the neighbouring keypoints that are seen."""
    for start, end, colour in skeleton_lines.lines(marks.names or ()):
        for points, seen in zip(marks.detected, marks.is_seen, strict=True):
            if seen[start] and seen[end]:
                ends = (step * (points[[start, end]] + 0.5)).ravel().tolist()
                draw.line(ends, fill=to_tuple(colour), width=width)


def _disc(
    draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: tuple[int, ...]
) -> None:
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)


def _with_labels(
    picture: np.ndarray, labels: Sequence[str], vertices: np.ndarray, intrinsics: np.ndarray
) -> np.ndarray:
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(_FONT_SIZE)
    for label, points in zip(labels, vertices, strict=True):
        pixels = points @ np.asarray(intrinsics, np.float64).T
        pixels = pixels[:, :2] / np.maximum(pixels[:, 2:], NEAR)
        length = font.getlength(label)
        x = np.clip((pixels[:, 0].min() + pixels[:, 0].max() - length) / 2, 2, None)
        y = np.clip(pixels[:, 1].min() - _FONT_SIZE - 5, 2, None)
        x = min(x, picture.shape[1] - length - 2)
        y = min(y, picture.shape[0] - _FONT_SIZE - 4)
        draw.text((x, y), label, font=font, fill=_WHITE, stroke_width=2, stroke_fill=_INK)
    return np.asarray(image)
