"""Visible output: the overlay and the side views of an image, and its people's meshes."""

from pathlib import Path

import numpy as np
from PIL import Image

from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.geometry import camera
from hps_tf.reconstruction import Reconstruction
from hps_tf.visualization import body_layer, doubt, glb, png
from hps_tf.visualization.overlay import Marks, overlay
from hps_tf.visualization.side_views import side_views

MAX_SIDE = 1280
"""Pixels of the longer side of a photograph as it is drawn."""

_MIN_SIDE = 320
"""Pixels of the longer side below which a photograph is enlarged to be drawn."""

_MIN_CONFIDENCE = 0.2  # Of a keypoint that is marked.
_CAMERA_TO_GLTF = np.array([1.0, -1.0, -1.0])


def person_id(stem: str, person: int) -> str:
    """Names a person of an image, and its files."""
    return f"{stem}-{person}"


class Pictures:
    """The pictures and meshes of a run.

    Args:
      directory: Where they go; ``overlays``, ``meshes`` and ``scenes`` are made in it.
    """

    def __init__(self, directory: Path):
        self._overlays = directory / "overlays"
        self._meshes = directory / "meshes"
        self._scenes = directory / "scenes"
        for path in (self._overlays, self._meshes, self._scenes):
            path.mkdir(parents=True, exist_ok=True)

    def write(self, stem: str, photograph: np.ndarray, people: Reconstruction) -> None:
        """Writes ``overlays/STEM.png`` and, where there is somebody, the meshes.

        The meshes are ``meshes/STEM-i.glb`` of each person and ``scenes/STEM.glb`` of all together.
        Bodies stand where the camera saw them, turned to glTF's frame (x right, y up, z backward).

        Args:
          stem: The image's name.
          photograph: `(H, W, 3)` uint8 RGB.
          people: Those of this image.
        """
        vertices = people.vertices()
        self.save(stem, picture(photograph, people, vertices), people, vertices)

    def save(
        self, stem: str, drawn: np.ndarray, people: Reconstruction, vertices: np.ndarray
    ) -> None:
        """Writes what was drawn, and the meshes.

        Args:
          stem: The image's name.
          drawn: The result of `picture`.
          people: Those of this image.
          vertices: `(P, V, 3)` theirs.
        """
        png.write(self._overlays / f"{stem}.png", drawn, is_quick=True)
        if len(people):
            self._write_meshes(stem, people, vertices * _CAMERA_TO_GLTF)

    def _write_meshes(self, stem: str, people: Reconstruction, vertices: np.ndarray) -> None:
        faces = people.body.faces
        unsure = doubt.of_vertices(people.joint_std, people.body.vertex_parts)
        colours = body_layer.vertex_colours(body_layer.person_colours(people.person), unsure)
        names = [person_id(stem, person) for person in people.person]
        for name, points, colour in zip(names, vertices, colours, strict=True):
            glb.write(self._meshes / f"{name}.glb", points, faces, colours=colour)
        glb.write_scene(
            self._scenes / f"{stem}.glb",
            dict(zip(names, vertices, strict=True)),
            faces,
            dict(zip(names, colours, strict=True)),
        )


def drawn_size(size: tuple[int, int]) -> tuple[int, int]:
    """Gives height and width at which an image is drawn: 320 to 1,280 pixels the longer side."""
    scale = np.clip(max(size), _MIN_SIDE, MAX_SIDE) / max(size)
    height, width = (max(1, round(side * scale)) for side in size)
    return height, width


def over(photograph: np.ndarray, people: Reconstruction, vertices: np.ndarray) -> np.ndarray:
    """Draws people over their photograph.

    Args:
      photograph: `(H, W, 3)` uint8 RGB.
      people: Those of this image.
      vertices: `(P, V, 3)` theirs.

    Returns:
      `(h, w, 3)` uint8 RGB, of `drawn_size`.
    """
    height, width = photograph.shape[:2]
    size = drawn_size((height, width))
    if size != (height, width):
        method = Image.Resampling.BOX if size[0] < height else Image.Resampling.BICUBIC
        photograph = np.asarray(Image.fromarray(photograph).resize(size[::-1], method))
    if not len(people):
        return photograph
    zoom = np.array([size[1] / width, size[0] / height])
    whole = np.array([0.0, 0.0, width, height])
    intrinsics = camera.crop_intrinsics(people.intrinsics[0].astype(np.float64), whole, size)
    return overlay(
        photograph,
        vertices,
        people.body.faces,
        intrinsics.numpy(),
        marks=Marks(
            (people.keypoints_2d + 0.5) * zoom - 0.5,
            people.confidence >= _MIN_CONFIDENCE,
            (people.fitted_keypoints_2d + 0.5) * zoom - 0.5,
            COCO17_NAMES,
        ),
        labels=[str(person) for person in people.person],
        **_looks(people),
    )


def picture(photograph: np.ndarray, people: Reconstruction, vertices: np.ndarray) -> np.ndarray:
    """Draws people over their photograph and, beside it, from the side; see `over`."""
    left = over(photograph, people, vertices)
    if not len(people):
        return left
    height, width = left.shape[:2]
    right = side_views(vertices, people.body.faces, height, width, **_looks(people))
    return np.concatenate([left, right], axis=1)


def _looks(people: Reconstruction) -> dict[str, np.ndarray]:
    unsure = doubt.of_vertices(people.joint_std, people.body.vertex_parts)
    return {"doubt": unsure, "numbers": people.person}
