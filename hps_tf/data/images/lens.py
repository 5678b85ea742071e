"""Cameras with a lens that distorts, and crops from which the distortion is taken out.

Convention: pixels (x right, y down), centres at integers; slopes are x/z and y/z in OpenCV's camera
frame. Human3.6M's lens model: slopes s at distance r from the axis are seen at
s (1 + k₁ r² + k₂ r⁴ + k₃ r⁶ + p₁ s_y + p₂ s_x) + r² (p₂, p₁). (OpenCV's tangential terms are p₁
and p₂ too, but twice as large in part.)

A crop is resampled once, straight from the distorted image into that of a camera without
distortion whose pixels are square, so that its intrinsics are exact.
"""

import io
import math
from typing import NamedTuple

import numpy as np
from PIL import Image

#: Side of a crop over the longer side of the box of a person's joints: heels, toes and fingers lie
#: outside.
MARGIN = 1.35

_GREY = (128, 128, 128)  # Outside the photograph.
_JPEG_QUALITY = 95
_CELLS = 16  # A side; within each the lens is taken to be bilinear.
_MAX_SUPERSAMPLING = 8


class Lens(NamedTuple):
    """How a camera sees.

    Attributes:
      focal_length: `(2,)` pixels.
      principal_point: `(2,)` pixels.
      radial: `(3,)` k.
      tangential: `(2,)` p.
    """

    focal_length: np.ndarray
    principal_point: np.ndarray
    radial: np.ndarray = np.zeros(3)
    tangential: np.ndarray = np.zeros(2)

    def see(self, slopes: np.ndarray) -> np.ndarray:
        """Gives the pixels `(..., 2)` at which slopes `(..., 2)` are seen."""
        squares = (slopes**2).sum(axis=-1, keepdims=True)
        powers = squares ** np.arange(1, 4)
        factor = 1.0 + powers @ self.radial + slopes[..., ::-1] @ self.tangential
        distorted = slopes * factor[..., np.newaxis] + squares * self.tangential[::-1]
        return distorted * self.focal_length + self.principal_point

    def project(self, points: np.ndarray) -> np.ndarray:
        """Gives the pixels `(..., 2)` of points `(..., 3)` in the camera frame."""
        return self.see(points[..., :2] / points[..., 2:])


class Crop(NamedTuple):
    """A square crop.

    Attributes:
      image: `(S, S, 3)` as an encoded JPEG; grey outside the photograph.
      intrinsics: `(3, 3)` of the camera without distortion that sees it.
    """

    image: bytes
    intrinsics: np.ndarray


def crop(photograph: Image.Image, lens: Lens, points: np.ndarray, image_size: int) -> Crop:
    """Cuts out the square around points.

    Args:
      photograph: The whole image, RGB.
      lens: How its camera sees.
      points: `(N, 3)` in the camera frame, z > 0.
      image_size: S.

    Returns:
      The crop.

    Raises:
      ValueError: If a point is not before the camera or they all coincide.
    """
    if not (np.isfinite(points).all() and (points[:, 2] > 0).all()):
        raise ValueError("`points`: expected finite points before the camera")
    slopes = points[:, :2] / points[:, 2:]
    low, high = slopes.min(axis=0), slopes.max(axis=0)
    side = MARGIN * (high - low).max()
    if side <= 0:
        raise ValueError("`points`: expected points that differ, received equal ones")
    focal_length = image_size / side
    centre = (image_size - 1) / 2 - focal_length * (low + high) / 2
    intrinsics = np.diag([focal_length, focal_length, 1.0])
    intrinsics[:2, 2] = centre
    finer = math.ceil(lens.focal_length.max() / focal_length)
    finer = min(max(finer, 1), _MAX_SUPERSAMPLING)
    image = photograph.transform(
        (finer * image_size, finer * image_size),
        Image.Transform.MESH,
        _mesh(lens, intrinsics, image_size, finer),
        Image.Resampling.BILINEAR,
        fillcolor=_GREY,
    ).reduce(finer)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return Crop(buffer.getvalue(), intrinsics)


def _mesh(
    lens: Lens, intrinsics: np.ndarray, image_size: int, finer: int
) -> list[tuple[tuple[int, ...], tuple[float, ...]]]:
    """Cells of the crop, enlarged, and the corners of what they show; both count from edges."""
    edges = np.linspace(0, finer * image_size, _CELLS + 1).round().astype(int)
    x, y = np.meshgrid(edges, edges)
    pixels = np.stack([x, y], axis=-1) / finer - 0.5
    corners = lens.see((pixels - intrinsics[:2, 2]) / intrinsics[0, 0]) + 0.5
    cells = []
    for row in range(_CELLS):
        for column in range(_CELLS):
            box = (edges[column], edges[row], edges[column + 1], edges[row + 1])
            around = [(row, column), (row + 1, column), (row + 1, column + 1), (row, column + 1)]
            quad = tuple(float(value) for corner in around for value in corners[corner])
            cells.append((tuple(map(int, box)), quad))
    return cells
