"""A z-buffer rasterizer: which triangle each pixel sees, where on it, and how far away.

Convention: camera frame as OpenCV (x right, y down, z forward), metres; pixel centres at integers,
so the image covers [-0.5, W - 0.5] x [-0.5, H - 0.5]; a pixel sees what its centre sees.

Rules, all decided in float64:
  * An edge shared by two triangles is evaluated to the same magnitude and opposite sign for each.
    A centre exactly on it belongs to the triangle for which it is a left edge (the inside lies to
    the right of it) or a horizontal top edge (inside below): no pixel twice, none missed.
  * The nearest surface wins; of surfaces at exactly the same depth, the triangle first in `faces`.
  * Both sides of a triangle are seen. One of zero area in the image is not.
  * What is nearer than `NEAR` is cut away; a triangle through that plane shows its farther part.
  * A triangle with a coordinate that is not finite is not seen.
"""

import math
from typing import NamedTuple

import numpy as np

from hps_tf.geometry import checks
from hps_tf.rendering.clipping import clip_near

NEAR = 0.01
"""Depth of the near plane, metres."""

BACKGROUND = -1
"""Triangle index of a pixel that sees nothing."""

_MAX_CANDIDATES = 1 << 20
"""Pixels tested at once; bounds the memory of triangles that fill large images."""


class Raster(NamedTuple):
    """The triangle and depth that each pixel sees.

    Attributes:
      triangles: `(..., H, W)` int32 index into `faces`, `BACKGROUND` where nothing is seen.
      barycentrics: `(..., H, W, 3)` float32 coordinates of the seen point in its triangle,
        perspective-correct; they sum to 1, or are 0 on the background.
      depth: `(..., H, W)` float32 z in the camera frame, metres; infinite on the background.
    """

    triangles: np.ndarray
    barycentrics: np.ndarray
    depth: np.ndarray


def rasterize(
    vertices: np.ndarray,
    faces: np.ndarray,
    intrinsics: np.ndarray,
    image_size: tuple[int, int],
) -> Raster:
    """Renders meshes that share their triangles, each into an image of its own.

    Several people in one image are one mesh: see `hps_tf.rendering.mesh.merge`.

    Args:
      vertices: `(..., V, 3)` in the camera frame, metres.
      faces: `(F, 3)` vertex indices.
      intrinsics: `(3, 3)` or `(..., 3, 3)` camera matrices [[fx, s, cx], [0, fy, cy], [0, 0, 1]],
        pixels.
      image_size: Height and width.

    Returns:
      The raster, with the batch axes of `vertices`.

    Raises:
      ValueError: If a shape is wrong or the image has no pixels.
    """
    checks.shape("vertices", vertices, (..., "vertices", 3))
    checks.shape("faces", faces, ("faces", 3))
    checks.shape("intrinsics", intrinsics, (..., 3, 3))
    height, width = image_size
    if height < 1 or width < 1:
        raise ValueError(
            f"`image_size`: expected (height, width), both positive, received {image_size}"
        )
    batch = vertices.shape[:-2]
    meshes = np.asarray(vertices, np.float64).reshape(math.prod(batch), *vertices.shape[-2:])
    cameras = np.broadcast_to(intrinsics, (*batch, 3, 3)).astype(np.float64).reshape(-1, 3, 3)
    images = [
        _rasterize_one(mesh, faces, camera, height, width)
        for mesh, camera in zip(meshes, cameras, strict=True)
    ]
    triangles, barycentrics, depth = zip(*images, strict=True) if images else ((), (), ())
    return Raster(
        np.array(triangles, np.int32).reshape(*batch, height, width),
        np.array(barycentrics, np.float32).reshape(*batch, height, width, 3),
        np.array(depth, np.float32).reshape(*batch, height, width),
    )


class _Fragments(NamedTuple):
    """Points of triangles at pixel centres.

    Attributes:
      pixel: `(N,)` index into the flattened image.
      piece: `(N,)` the triangle it lies on.
      inverse_depth: `(N,)` 1 / z, 1 / metres.
      weights: `(N, 3)` perspective-correct barycentric coordinates.
    """

    pixel: np.ndarray
    piece: np.ndarray
    inverse_depth: np.ndarray
    weights: np.ndarray


class _Projection(NamedTuple):
    """Triangles in the image whose bounding box holds a pixel centre.

    Attributes:
      piece: `(T,)` which triangle.
      first: `(2, T)` the first column and row of the box.
      size: `(2, T)` its width and height in pixels.
      edges: `(3, 3, T)` edge functions; ``edges[i]`` is (a, b, c) of a x + b y + c, which vanishes
        on the edge facing corner i, is positive inside and proportional to the weight of corner i.
      inverse_depths: `(3, T)` 1 / z of the corners.
    """

    piece: np.ndarray
    first: np.ndarray
    size: np.ndarray
    edges: np.ndarray
    inverse_depths: np.ndarray


def _rasterize_one(
    vertices: np.ndarray, faces: np.ndarray, intrinsics: np.ndarray, height: int, width: int
) -> Raster:
    triangles = np.full(height * width, BACKGROUND, np.int32)
    barycentrics = np.zeros((height * width, 3), np.float32)
    depth = np.full(height * width, np.inf, np.float32)

    pieces = clip_near(np.where(np.isfinite(vertices), vertices, np.nan)[faces], NEAR)
    projection = _project(pieces.corners, intrinsics, height, width)
    fragments = _fragments(projection, width)
    source = pieces.source[fragments.piece]
    seen = _nearest(fragments.pixel, fragments.inverse_depth, source, height * width)

    pixel, piece = fragments.pixel[seen], fragments.piece[seen]
    triangles[pixel] = source[seen]
    barycentrics[pixel] = np.einsum("fi,fij->fj", fragments.weights[seen], pieces.weights[piece])
    depth[pixel] = 1 / fragments.inverse_depth[seen]
    return Raster(
        triangles.reshape(height, width),
        barycentrics.reshape(height, width, 3),
        depth.reshape(height, width),
    )


def _project(corners: np.ndarray, intrinsics: np.ndarray, height: int, width: int) -> _Projection:
    x, y, z = np.ascontiguousarray(corners.T)
    (fx, skew, cx), (_, fy, cy), _ = intrinsics
    columns = (fx * x + skew * y) / z + cx
    rows = fy * y / z + cy

    first = np.ceil(np.maximum([columns.min(axis=0), rows.min(axis=0)], 0))
    limits = [[width - 1], [height - 1]]
    last = np.floor(np.minimum([columns.max(axis=0), rows.max(axis=0)], limits))
    # Comparisons with NaN are false, so NaN and infinity end here.
    piece = np.flatnonzero((first <= last).all(axis=0))

    a, b, c = _edge_functions(columns[:, piece], rows[:, piece])
    area_signs = np.sign(c.sum(axis=0))
    return _Projection(
        piece,
        first=first[:, piece].astype(np.int64),
        size=(last - first + 1)[:, piece].astype(np.int64),
        edges=np.stack([a, b, c], axis=1) * area_signs,
        inverse_depths=1 / z[:, piece],
    )


def _edge_functions(columns: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Lines through the two other corners of each; swapping these negates every bit exactly."""
    next_columns, next_rows = np.roll(columns, -1, axis=0), np.roll(rows, -1, axis=0)
    last_columns, last_rows = np.roll(columns, -2, axis=0), np.roll(rows, -2, axis=0)
    return (
        next_rows - last_rows,
        last_columns - next_columns,
        next_columns * last_rows - last_columns * next_rows,
    )


def _fragments(projection: _Projection, image_width: int) -> _Fragments:
    """Tests every pixel centre of every triangle's box, some boxes at a time."""
    num_candidates = projection.size.prod(axis=0)
    portions = np.cumsum(num_candidates) // _MAX_CANDIDATES
    starts = np.flatnonzero(np.diff(portions)) + 1
    found = [
        _fragments_of(projection, triangles, num_candidates[triangles], image_width)
        for triangles in np.split(np.arange(len(num_candidates)), starts)
    ]
    return _Fragments(*map(np.concatenate, zip(*found, strict=True)))


def _fragments_of(
    projection: _Projection, triangles: np.ndarray, num_candidates: np.ndarray, image_width: int
) -> _Fragments:
    # One entry a candidate: a triangle and a pixel of its box, row by row.
    ends = np.cumsum(num_candidates)
    triangle = np.repeat(triangles, num_candidates)
    position = np.arange(len(triangle)) - np.repeat(ends - num_candidates, num_candidates)
    row, column = np.divmod(position, projection.size[0][triangle])
    column += projection.first[0][triangle]
    row += projection.first[1][triangle]

    for a, b, c in projection.edges:
        value = a[triangle] * column + b[triangle] * row + c[triangle]
        inside = value > 0
        on_edge = np.flatnonzero(value == 0)
        is_left_or_top = (a > 0) | ((a == 0) & (b > 0))
        inside[on_edge] = is_left_or_top[triangle[on_edge]]
        triangle, column, row = triangle[inside], column[inside], row[inside]

    a, b, c = projection.edges[:, :, triangle].swapaxes(0, 1)
    # Convex combinations: of bounded error however thin the triangle. 1 / z is affine in the image.
    screen_weights = a * column + b * row + c
    screen_weights /= screen_weights.sum(axis=0)
    weights = screen_weights * projection.inverse_depths[:, triangle]
    inverse_depth = weights.sum(axis=0)
    return _Fragments(
        pixel=row * image_width + column,
        piece=projection.piece[triangle],
        inverse_depth=inverse_depth,
        weights=(weights / inverse_depth).T,
    )


def _nearest(
    pixel: np.ndarray, inverse_depth: np.ndarray, source: np.ndarray, num_pixels: int
) -> np.ndarray:
    """Finds the fragment that each covered pixel shows: the nearest, then the first in `source`."""
    nearest = np.zeros(num_pixels)
    np.maximum.at(nearest, pixel, inverse_depth)
    tied = np.flatnonzero(inverse_depth == nearest[pixel])
    first = np.full(num_pixels, np.iinfo(source.dtype).max)
    np.minimum.at(first, pixel[tied], source[tied])
    return tied[source[tied] == first[pixel[tied]]]
