"""Bodies as a layer to lay over a picture: shaded, outlined, with one colour per person.

Convention: bodies in the camera frame of OpenCV, metres; pixels with centres at integers; colours
sRGB in [0, 1].
"""

from typing import NamedTuple

import numpy as np

from hps_tf.rendering import BACKGROUND, NEAR, Raster, lit_vertices, merge, rasterize
from hps_tf.rendering.supersampling import block_mean
from hps_tf.visualization import palette

_SUPERSAMPLING = 2
"""Pixels a side of a block that is averaged against jagged edges."""

_MANY_PIXELS = 150_000
"""Of a window that is drawn without supersampling: on such pictures jags are small."""

_STEP_IN_DEPTH = 0.08
"""Metres between neighbouring pixels that are parted by an outline: an arm before a chest."""

_OUTLINE_DARKNESS = 0.55
_OUTLINE_OPACITY = 0.8
_DOUBTFUL_OPACITY = 0.6
"""Opacity of doubtful parts, relative to that of the rest."""


class Layer(NamedTuple):
    """Bodies in a window of a picture.

    Attributes:
      window: The rows and columns.
      paint: `(h, w, 3)` colours of 0..255 times opacity.
      opacity: `(h, w, 1)`.
    """

    window: tuple[slice, slice]
    paint: np.ndarray
    opacity: np.ndarray

    def over(self, picture: np.ndarray) -> np.ndarray:
        """Lays the bodies over a picture `(H, W, 3)` uint8."""
        result = picture.copy()
        below = (1 - self.opacity) * picture[self.window]
        result[self.window] = np.round(self.paint + below)
        return result


def person_colours(numbers: np.ndarray) -> np.ndarray:
    """Gives people `(P, 3)` colours by their `(P,)` numbers."""
    return palette.PERSON_COLOURS[numbers % len(palette.PERSON_COLOURS)]


def vertex_colours(colours: np.ndarray, doubt: np.ndarray) -> np.ndarray:
    """Pales `(P, 3)` colours by `(P, V)` doubts of 0..1; `(P, V, 3)`."""
    share = np.clip(doubt, 0.0, 1.0)[..., None]
    return (1 - share) * colours[:, None] + share * np.array(palette.DOUBT)


def paint(
    vertices: np.ndarray,
    faces: np.ndarray,
    intrinsics: np.ndarray,
    size: tuple[int, int],
    *,
    colours: np.ndarray,
    opacity: float,
    doubt: np.ndarray | None = None,
) -> Layer | None:
    """Paints people, the nearer before the farther.

    Args:
      vertices: `(P, V, 3)` in the camera frame, metres.
      faces: `(F, 3)` vertex indices of one person.
      intrinsics: `(3, 3)` of the picture's camera.
      size: Height and width of the picture.
      colours: `(P, 3)` of the people.
      opacity: Of bodies, 0..1.
      doubt: `(P, V)` how unsure each vertex is, 0..1: it is painted paler and fainter.

    Returns:
      The layer, or None if nobody is in sight.
    """
    window = _window(vertices, intrinsics, size) if len(vertices) else None
    if window is None:
        return None
    rows, columns = window
    height, width = rows.stop - rows.start, columns.stop - columns.start
    step = _SUPERSAMPLING if height * width < _MANY_PIXELS else 1
    camera = np.array(intrinsics, np.float64)
    camera[:2, 2] -= (columns.start - 0.5, rows.start - 0.5)
    camera[:2] *= step
    camera[:2, 2] -= 0.5

    joined, joined_faces = merge(vertices, faces)
    raster = _raster(joined, joined_faces, camera, (step * height, step * width))
    unsure = np.zeros(vertices.shape[:2]) if doubt is None else np.clip(doubt, 0.0, 1.0)
    paler = vertex_colours(colours, unsure).reshape(-1, 3)
    lit = 255 * lit_vertices(joined, joined_faces, paler)
    cover = opacity * (1 - (1 - _DOUBTFUL_OPACITY) * unsure.ravel())
    outline = _outlines(raster, len(faces))

    seen = raster.triangles != BACKGROUND
    values = np.concatenate([lit, cover[:, None]], axis=1).astype(np.float32)
    corners = values[joined_faces[raster.triangles[seen]]]
    at_pixels = np.einsum("nk,nkc->nc", raster.barycentrics[seen], corners)
    edge = outline[seen, None]
    shown = np.where(edge, 1 - _OUTLINE_DARKNESS, 1.0) * at_pixels[:, :3]
    covered = np.where(edge, np.maximum(at_pixels[:, 3:], _OUTLINE_OPACITY), at_pixels[:, 3:])
    layer = np.zeros((*seen.shape, 4), np.float32)
    layer[seen] = np.concatenate([shown * covered, covered], axis=1)
    layer = block_mean(layer, step)
    return Layer(window, layer[..., :3], layer[..., 3:])


def _raster(
    vertices: np.ndarray, faces: np.ndarray, intrinsics: np.ndarray, size: tuple[int, int]
) -> Raster:
    """Rasterizes the triangles that face the camera: closed bodies hide the others."""
    towards = _towards(vertices, faces)
    raster = rasterize(vertices, faces[towards], intrinsics, size)
    triangles = np.where(
        raster.triangles == BACKGROUND, BACKGROUND, towards[raster.triangles]
    ).astype(np.int32)
    return raster._replace(triangles=triangles)


def _towards(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Indices of the triangles that face the camera; of all where the camera may be in a body."""
    first, second, third = np.moveaxis(vertices[faces], 1, 0)
    volumes = (first * np.cross(second, third)).sum(axis=1)  # Of tetrahedra up to the camera.
    outwards = np.sign(volumes.sum())  # Negative if the corners are counted the other way round.
    towards = np.flatnonzero(volumes * outwards < 0)
    if not len(towards) or (vertices[:, 2] <= NEAR).any():
        return np.arange(len(faces))
    return towards


def _outlines(raster: Raster, num_faces: int) -> np.ndarray:
    """`(H, W)` bool, pixels of a body beside another body, beside none, or far behind."""
    owner = np.where(raster.triangles == BACKGROUND, -1, raster.triangles // num_faces)
    depth = np.where(owner < 0, 0.0, raster.depth)
    outline = np.zeros(owner.shape, bool)
    for axis in (0, 1):
        ahead = [slice(None)] * 2
        behind = [slice(None)] * 2
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        first, second = tuple(behind), tuple(ahead)
        parts = (owner[first] != owner[second]) | (
            np.abs(depth[first] - depth[second]) > _STEP_IN_DEPTH
        )
        outline[first] |= parts
        outline[second] |= parts
    return outline & (owner >= 0)


def _window(
    vertices: np.ndarray, intrinsics: np.ndarray, size: tuple[int, int]
) -> tuple[slice, slice] | None:
    """The rows and columns of the image that may show a body; None if none does."""
    points = vertices.reshape(-1, 3)
    if (points[:, 2] <= NEAR).any():
        return slice(0, size[0]), slice(0, size[1])
    pixels = points @ np.asarray(intrinsics, np.float64).T
    pixels = pixels[:, :2] / pixels[:, 2:]
    low = np.maximum(np.floor(pixels.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(pixels.max(axis=0)) + 1, size[::-1]).astype(int)
    if (low >= high).any():
        return None
    return slice(low[1], high[1]), slice(low[0], high[0])
