"""The bodies of everybody in some images, or in the frames of a video."""

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hps_tf import formats
from hps_tf.body import BodyModel
from hps_tf.formats import Person, Scene
from hps_tf.formats.scene import one_shape
from hps_tf.io import npz_arrays

_BODIES_AT_ONCE = 64
_NEAREST = 1e-3  # Metres; what is nearer is projected as if it were there.


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Reconstruction:
    """N people of M images.

    Positions and rotations are those of the camera frame (OpenCV: x right, y down, z forward): a
    body model called with pose, shape and translation gives vertices ready to project.

    Attributes:
      images: The M images' names.
      image: `(N,)` int, the index of each person's image.
      person: `(N,)` int, who it is: counted in each image, the surest first; in a video, the same
        in all frames.
      score: `(N,)` how sure the detector is that this is a person, 0..1.
      boxes: `(N, 4)` left, top, width and height, pixels.
      keypoints_2d: `(N, 17, 2)` COCO keypoints as found, pixels.
      confidence: `(N, 17)` of them, 0..1.
      intrinsics: `(N, 3, 3)` of the camera that took the image.
      pose: `(N, 24, 3)` axis-angle, radians; joint 0 turns the body into the camera frame.
      shape: `(N, S)` in standard deviations.
      translation: `(N, 3)` metres.
      joints_3d: `(N, 24, 3)` metres.
      joint_std: `(N, 24)` metres, how far each joint, seen from the pelvis, may be off: the root of
        the summed variances along x, y and z.
      fitted_keypoints_2d: `(N, 17, 2)` the bodies' keypoints, pixels.
      loss: `(N,)` the objective of the fit, NaN of bodies that were not refined.
      prior_nll: `(N,)` nats, how far the pose is from the one lifted; NaN likewise.
      converged: `(N,)` bool, whether the last step of the fit won little.
      body: The body model.
    """

    images: tuple[str, ...]
    image: np.ndarray
    person: np.ndarray
    score: np.ndarray
    boxes: np.ndarray
    keypoints_2d: np.ndarray
    confidence: np.ndarray
    intrinsics: np.ndarray
    pose: np.ndarray
    shape: np.ndarray
    translation: np.ndarray
    joints_3d: np.ndarray
    joint_std: np.ndarray
    fitted_keypoints_2d: np.ndarray
    loss: np.ndarray
    prior_nll: np.ndarray
    converged: np.ndarray
    body: BodyModel

    def __len__(self) -> int:
        return len(self.image)

    def __repr__(self) -> str:
        return f"Reconstruction of {len(self)} people in {len(self.images)} images"

    def select(self, rows: np.ndarray | slice) -> "Reconstruction":
        """Takes some of the people: `(M,)` indices, a `(N,)` boolean mask or a slice."""
        chosen: dict[str, Any] = {name: array[rows] for name, array in self.arrays().items()}
        return dataclasses.replace(self, **chosen)

    def of_image(self, image: int) -> "Reconstruction":
        """Takes the people of one image."""
        return self.select(self.image == image)

    @property
    def residuals(self) -> np.ndarray:
        """`(N,)` pixels between found and fitted keypoints, their mean weighed by confidence."""
        distances = np.linalg.norm(self.fitted_keypoints_2d - self.keypoints_2d, axis=2)
        total = np.maximum(self.confidence.sum(axis=1), 1e-9)
        return (self.confidence * distances).sum(axis=1) / total

    def vertices(self) -> np.ndarray:
        """Computes the bodies' surfaces.

        Returns:
          `(N, V, 3)` metres in the camera frame.
        """
        parts = [np.zeros((0, self.body.num_vertices, 3), np.float32)]
        for begin in range(0, len(self), _BODIES_AT_ONCE):
            rows = slice(begin, begin + _BODIES_AT_ONCE)
            found = self.body(
                pose=self.pose[rows], shape=self.shape[rows], translation=self.translation[rows]
            )
            parts.append(found.vertices.numpy())
        return np.concatenate(parts)

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays that have a row per person, by name."""
        names = [field.name for field in dataclasses.fields(self)]
        return {name: getattr(self, name) for name in names if name not in ("images", "body")}

    def scene(self, frame_rate: float | None = None) -> Scene:
        """Gives the people as the formats of `hps_tf.formats` take them.

        Args:
          frame_rate: Frames per second, where the images are those of a video; None of one image.

        Raises:
          ValueError: If there are several images and no frame rate.
        """
        if frame_rate is None and len(set(self.image.tolist())) > 1:
            raise ValueError(
                "`frame_rate`: expected a number for the images of a video, received None; of"
                " photographs, take one: of_image(i)"
            )
        people = []
        for number in dict.fromkeys(self.person.tolist()):
            rows = np.flatnonzero(self.person == number)
            rows = rows[np.argsort(self.image[rows], kind="stable")]
            name = f"person {number}"
            projected = self.joints_3d[rows] @ np.swapaxes(self.intrinsics[rows], 1, 2)
            people.append(
                Person(
                    name=name,
                    frames=self.image[rows] if frame_rate is not None else np.zeros(1, int),
                    pose=self.pose[rows],
                    shape=one_shape(self.shape[rows], name),
                    translation=self.translation[rows],
                    keypoints_2d=self.fitted_keypoints_2d[rows],
                    confidence=self.confidence[rows],
                    joints_2d=projected[..., :2] / np.maximum(projected[..., 2:], _NEAREST),
                    joint_std=self.joint_std[rows],
                    score=self.score[rows],
                )
            )
        names = self.images if frame_rate is not None else self._image_names()
        return Scene(self.body, tuple(people), frame_rate, names)

    def save(
        self, path: str | os.PathLike[str], frame_rate: float | None = None, **more: np.ndarray
    ) -> list[Path]:
        """Writes the people to files; the suffix chooses the format.

        ``.npz``, as any other name, holds all arrays. ``.glb``, ``.bvh``, ``.smpl.npz``, ``.json``,
        ``.csv`` and ``.obj`` are those of `hps_tf.formats.write`.

        Args:
          path: The file.
          frame_rate: Frames per second of a video; see `scene`.
          **more: Further arrays of an ``.npz`` file.

        Returns:
          The files written.

        Raises:
          ValueError: If the format cannot hold the people.
        """
        path = Path(path)
        if not path.name.lower().endswith(formats.SUFFIXES):
            arrays = {**self.arrays(), "images": np.array(self.images, np.str_), **more}
            npz_arrays.write(path, arrays)
            return [path]
        return formats.write(path, self.scene(frame_rate))

    def _image_names(self) -> tuple[str, ...]:
        """The name of the one image that has people."""
        return tuple(self.images[image] for image in sorted(set(self.image.tolist())))


def concatenate(parts: Sequence[Reconstruction]) -> Reconstruction:
    """Joins reconstructions of different images, with one body model.

        everybody = concatenate([of_one_image, of_another])

    Raises:
      ValueError: If there is nothing to join.
    """
    if not parts:
        raise ValueError("`parts`: expected at least one reconstruction")
    before = np.cumsum([0, *(len(part.images) for part in parts)])
    joined: dict[str, Any] = {
        name: np.concatenate([part.arrays()[name] for part in parts]) for name in parts[0].arrays()
    }
    joined["image"] = np.concatenate(
        [part.image + first for part, first in zip(parts, before[:-1], strict=True)]
    )
    images = tuple(name for part in parts for name in part.images)
    return dataclasses.replace(parts[0], images=images, **joined)
