"""Cameras that frame people.

Convention: world frame y up, people facing +z; camera frame OpenCV (x right, y down, z forward);
metres; pixel centres at integers.
"""

from typing import NamedTuple

import numpy as np


class Viewpoint(NamedTuple):
    """A camera in the world.

    Attributes:
      rotation: `(3, 3)` from the world to the camera frame.
      position: `(3,)` of the camera in the world, metres.
      focal_length: Pixels.
      image_size: Height and width.
    """

    rotation: np.ndarray
    position: np.ndarray
    focal_length: float
    image_size: tuple[int, int]

    @property
    def intrinsics(self) -> np.ndarray:
        """`(3, 3)` camera matrix with the principal point in the image's middle."""
        height, width = self.image_size
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        focal = self.focal_length
        return np.array([[focal, 0, middle_x], [0, focal, middle_y], [0, 0, 1]])

    def to_camera(self, points: np.ndarray) -> np.ndarray:
        """Moves `(..., 3)` world points to the camera frame."""
        return (points - self.position) @ self.rotation.T

    def magnified(self, factor: int) -> "Viewpoint":
        """The same view with `factor` times the pixels per side."""
        height, width = self.image_size
        return self._replace(
            focal_length=factor * self.focal_length, image_size=(factor * height, factor * width)
        )


def framing(
    points: np.ndarray,
    image_size: tuple[int, int],
    *,
    azimuth: float = np.radians(30),
    elevation: float = np.radians(12),
    field_of_view: float = np.radians(25),
    margin: float = 0.06,
) -> Viewpoint:
    """Chooses the camera nearest to the points that sees them all.

    Each side of the image bounds the camera's position by a plane parallel to that of the viewing
    pyramid, touching the outermost point; where opposite planes meet, the camera stands.

    Args:
      points: `(..., 3)` in the world, metres.
      image_size: Height and width of the picture.
      azimuth: Where the camera stands: 0 before people, positive to their left; radians.
      elevation: How far above the horizon; radians.
      field_of_view: Angle of the image's longer side, radians.
      margin: Share of the image's shorter side left free around the points.

    Returns:
      The camera.
    """
    height, width = image_size
    rotation = _rotation(azimuth, elevation)
    focal_length = max(height, width) / (2 * np.tan(field_of_view / 2))
    free = margin * min(height, width)
    turned = points.reshape(-1, 3) @ rotation.T

    middles, depths = [], []
    for axis, pixels in enumerate((width, height)):
        slope = (pixels / 2 - free) / focal_length
        upper = (turned[:, axis] - slope * turned[:, 2]).max()
        lower = (-turned[:, axis] - slope * turned[:, 2]).max()
        middles.append((upper - lower) / 2)
        depths.append(-(upper + lower) / (2 * slope))
    position = np.array([*middles, min(depths)]) @ rotation
    return Viewpoint(rotation, position, float(focal_length), image_size)


def _rotation(azimuth: float, elevation: float) -> np.ndarray:
    backward = np.array(
        [
            np.sin(azimuth) * np.cos(elevation),
            np.sin(elevation),
            np.cos(azimuth) * np.cos(elevation),
        ]
    )
    right = np.array([np.cos(azimuth), 0.0, -np.sin(azimuth)])
    return np.stack([right, np.cross(-backward, right), -backward])
