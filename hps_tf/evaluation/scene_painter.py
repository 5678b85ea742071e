"""Pictures of several rendered people, with COCO's keypoints of each.

Convention: camera frame of OpenCV (x right, y down, z forward), metres; pixel centres at integers.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

from hps_tf.data.images import default_camera
from hps_tf.data.synthetic import appearance, background, light, posing
from hps_tf.data.synthetic.appearance import Landmarks
from hps_tf.data.synthetic.style import STYLES
from hps_tf.data.synthetic.surface import Surface
from hps_tf.geometry.camera import project
from hps_tf.rendering.colour import to_uint8

_STYLE = STYLES["a"]
_NUM_VERTICES = 6890
_BACKGROUND_SIDE = 1024
"""Pixels of the longer side of a drawn background; larger pictures have it enlarged."""

_PLACEMENTS = 4  # Corrections of depth and place, each of which brings the box nearer to its goal.
_NEAREST = 0.3  # Metres from the camera to the nearest vertex, at least.
_TEXTURED = 256


class Figure(NamedTuple):
    """Someone to paint.

    Attributes:
      pose: `(24, 3)` axis-angle; the root is replaced.
      middle: `(2,)` x and y of the box's middle, shares of the picture's width and height.
      extent: Pixels of the box's longer side.
      heading: Degrees by which the person is turned away from the camera, to the person's left.
      pitch: Degrees by which the camera looks down on the person.
      roll: Degrees by which the person is turned clockwise in the picture.
    """

    pose: np.ndarray
    middle: tuple[float, float]
    extent: float
    heading: float = 0.0
    pitch: float = 5.0
    roll: float = 0.0


class Painted(NamedTuple):
    """A person as painted.

    Attributes:
      keypoints: `(17, 2)` COCO's, pixels.
      mask: `(H, W)` bool, what the picture shows of the person.
      box: `(4,)` left, top, width and height of the mask.
    """

    keypoints: np.ndarray
    mask: np.ndarray
    box: np.ndarray


class Picture(NamedTuple):
    """A picture `(H, W, 3)` uint8, the same without people, and those in it, in their order."""

    image: np.ndarray
    empty: np.ndarray
    people: list[Painted]


class ScenePainter:
    """Paints people; the nearer cover the farther."""

    def __init__(self) -> None:
        self._body = posing.load_body(_NUM_VERTICES)
        self._surface = Surface(self._body)
        self._landmarks = Landmarks.of(self._body)

    def paint(
        self,
        figures: Sequence[Figure],
        size: tuple[int, int],
        rng: np.random.Generator,
        counter: float | None = None,
    ) -> Picture:
        """Paints a picture.

        Args:
          figures: The people.
          size: Height and width of the picture.
          rng: Source of clothes, light and background.
          counter: Share of the height from which on a counter hides what is behind it.
        """
        height, width = size
        empty = _background(size, rng)
        lamp = light.draw(rng, _STYLE)
        image = empty.copy()
        owner = np.full(size, -1)
        placed = [self._place(figure, size, rng) for figure in figures]
        for number in sorted(range(len(figures)), key=lambda i: -placed[i][0][:, 2].mean()):
            rows, columns, colours = self._seen(placed[number][0], size, lamp, rng)
            image[rows, columns] = colours
            owner[rows, columns] = number
        if counter is not None:
            top = round(counter * height)
            cloth = background.textured(rng, _STYLE, _TEXTURED)
            resized = Image.fromarray(cloth).resize((width, height - top))
            image[top:] = empty[top:] = np.asarray(resized)
            owner[top:] = -1
        people = [
            _painted(keypoints, owner == number) for number, (_, keypoints) in enumerate(placed)
        ]
        return Picture(image, empty, people)

    def _place(
        self, figure: Figure, size: tuple[int, int], rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Vertices `(V, 3)` before the camera, and keypoints `(17, 2)`, pixels."""
        pose = np.array(figure.pose, np.float32)
        turns = (("z", figure.roll), ("x", figure.pitch), ("x", 180.0), ("y", figure.heading))
        root = Rotation.identity()
        for axis, angle in turns:
            root = root * Rotation.from_euler(axis, angle, degrees=True)
        pose[0] = root.as_rotvec()
        shape = np.clip(rng.normal(size=self._body.num_shape), -2, 2).astype(np.float32)[None]
        vertices = self._body(pose=pose[None], shape=shape).vertices.numpy()[0]
        keypoints = self._body.keypoints("coco17", pose=pose[None], shape=shape).numpy()[0]
        intrinsics = default_camera.intrinsics(size)
        focal = intrinsics[0, 0]
        goal = np.array(figure.middle) * size[::-1] - 0.5
        depth = focal * np.ptp(vertices[:, :2], axis=0).max() / figure.extent
        place = np.append((goal - intrinsics[:2, 2]) * depth / focal, depth)
        for _ in range(_PLACEMENTS):
            place[2] = max(place[2], _NEAREST - vertices[:, 2].min())
            pixels = _projected(vertices + place, intrinsics)
            low, high = pixels.min(axis=0), pixels.max(axis=0)
            place[:2] += (goal - (low + high) / 2) * place[2] / focal
            place *= (high - low).max() / figure.extent
        place[2] = max(place[2], _NEAREST - vertices[:, 2].min())
        return vertices + place, _projected(keypoints + place, intrinsics)

    def _seen(
        self,
        vertices: np.ndarray,
        size: tuple[int, int],
        lamp: light.ColouredLight,
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows and columns of the pixels that show someone, and their `(N, 3)` colours."""
        outfit = appearance.draw(rng, _STYLE, self._landmarks)
        intrinsics = default_camera.intrinsics(size)
        pixels = _projected(vertices, intrinsics)
        low = np.floor(np.clip(pixels.min(axis=0), 0, np.array(size[::-1]) - 1)).astype(int)
        high = np.ceil(np.clip(pixels.max(axis=0), 0, np.array(size[::-1]) - 1)).astype(int)
        window = int((high - low).max()) + 1  # The square of the picture that holds the person.
        intrinsics[:2, 2] -= low
        seen = self._surface.see(vertices.astype(np.float32), intrinsics, window)
        colours = to_uint8(lamp.shade(outfit.paint(seen.places), seen.normals))
        rows, columns = np.nonzero(seen.mask)
        rows, columns = rows + low[1], columns + low[0]
        inside = (rows < size[0]) & (columns < size[1])
        return rows[inside], columns[inside], colours[inside]


def _background(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    side = min(max(size), _BACKGROUND_SIDE)
    height, width = (max(1, round(side * length / max(size))) for length in size)
    drawn = background.draw(rng, _STYLE, side)[side - height :, :width]
    return np.array(Image.fromarray(drawn).resize(size[::-1], Image.Resampling.BICUBIC))


def _painted(keypoints: np.ndarray, mask: np.ndarray) -> Painted:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return Painted(keypoints, mask, np.zeros(4))
    corner = np.array([columns[0], rows[0]])
    return Painted(keypoints, mask, np.append(corner, (columns[-1], rows[-1]) - corner + 1))


def _projected(points: np.ndarray, intrinsics: np.ndarray) -> np.ndarray:
    return project(points.astype(np.float64), intrinsics).numpy()
