"""The result.npz of `hps photo` and `hps fit`, read as scenes.

Rows of one person in several images are a video; all others are photographs, a scene each.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.errors import InputError
from hps_tf.formats.scene import Person, Scene, one_shape
from hps_tf.io.npz_arrays import NpzArrays

DEFAULT_RATE = 30.0
"""Frames per second of a video whose result does not say."""


class StoredScene(NamedTuple):
    """A scene as a result holds it.

    Attributes:
      name: Of the image, or of the video's first frame.
      scene: The people.
      intrinsics: `(3, 3)` of the camera, pixels.
      figures: By person's name, named values, one per frame of the person.
    """

    name: str
    scene: Scene
    intrinsics: np.ndarray
    figures: dict[str, dict[str, list[float]]]


def read(path: Path, body: BodyModel, frame_rate: float | None = None) -> list[StoredScene]:
    """Reads a result.

    Args:
      path: The ``.npz`` file.
      body: The body model of everybody.
      frame_rate: Frames per second of a video; None takes the result's own.

    Returns:
      The scenes, in the order of their images.

    Raises:
      InputError: If the file is damaged or not such a result.
    """
    stored = _Rows(NpzArrays(path.read_bytes(), str(path)), body)
    if not len(stored.frames):
        return []
    frames = stored.frames
    is_video = len(set(stored.ids)) < len(stored.ids)
    if is_video:
        rate = frame_rate or stored.frame_rate()
        return [stored.scene(np.arange(len(frames)), rate)]
    return [stored.scene(np.flatnonzero(frames == frame), None) for frame in np.unique(frames)]


class _Rows:
    """The checked arrays of a result, a row per person and frame."""

    def __init__(self, arrays: NpzArrays, body: BodyModel):
        self._arrays, self._body = arrays, body
        self.ids = arrays.texts("person_ids")
        count = len(self.ids)
        self.pose = self._numbers("pose", (count, 24, 3))
        self.shape = self._numbers("shape", (count, body.num_shape))
        self.translation = self._numbers("translation", (count, 3))
        self.joints_3d = self._numbers("joints_3d", (count, 24, 3))
        self.intrinsics = self._numbers("intrinsics", (count, 3, 3))
        self.sizes = self._numbers("image_sizes", (count, 2)).astype(int)
        self.image_names = arrays.texts("image_names")
        number = "image" if "image" in arrays.names else "frames"
        self.frames = self._numbers(number, (count,)).astype(int)
        if len(self.image_names) != count or (self.frames < 0).any():
            raise InputError(f"{arrays.file}: expected a result of hps photo or hps fit")

    def _numbers(self, field: str, shape: tuple[int, ...]) -> np.ndarray:
        array = self._arrays.finite_numbers(field)
        if array.shape != shape:
            raise InputError(
                f"{self._arrays.file}, field {field!r}: expected shape {shape}, received"
                f" {array.shape}"
            )
        return array

    def frame_rate(self) -> float:
        """Gives the frames per second that the times of the frames imply."""
        if "times" not in self._arrays.names:
            return DEFAULT_RATE
        times = self._arrays.finite_numbers("times")
        steps = np.diff(times)
        return float(1 / np.median(steps)) if len(steps) and np.median(steps) > 0 else DEFAULT_RATE

    def scene(self, rows: np.ndarray, frame_rate: float | None) -> StoredScene:
        """Makes a scene of some rows: those of one image, or of a whole video."""
        first = int(self.frames[rows].min())
        people, figures = [], {}
        for name in dict.fromkeys(self.ids[row] for row in rows):
            own = np.array([row for row in rows if self.ids[row] == name])
            own = own[np.argsort(self.frames[own], kind="stable")]
            start = 0 if frame_rate else first
            people.append(self._person(name, own, self.frames[own] - start))
            figures[name] = self._figures(own)
        count = max(int(person.frames[-1]) + 1 for person in people)
        names, sizes = [""] * count, [tuple(self.sizes[rows[0]].tolist())] * count
        for row in rows:
            place = self.frames[row] - (0 if frame_rate else first)
            names[place] = self.image_names[row]
        try:
            scene = Scene(self._body, tuple(people), frame_rate, tuple(names), tuple(sizes))
        except ValueError as error:
            raise InputError(f"{self._arrays.file}: {error}") from None
        name = Path(self.image_names[rows[0]]).name
        return StoredScene(name, scene, self.intrinsics[rows[0]], figures)

    def _person(self, name: str, rows: np.ndarray, frames: np.ndarray) -> Person:
        fields: dict[str, Any] = {}
        for field, stored in (
            ("keypoints_2d", "joints_2d"),
            ("confidence", "confidence"),
            ("joint_std", "joint_std"),
            ("score", "score"),
        ):
            if stored in self._arrays.names:
                fields[field] = self._arrays.numbers(stored)[rows]
        points = self.joints_3d[rows]
        projected = np.einsum("tij,tkj->tki", self.intrinsics[rows], points)
        try:
            return Person(
                name=name,
                frames=frames,
                pose=self.pose[rows].astype(np.float32),
                shape=one_shape(self.shape[rows], name).astype(np.float32),
                translation=self.translation[rows].astype(np.float32),
                joints_2d=projected[..., :2] / np.maximum(projected[..., 2:], 1e-6),
                **fields,
            )
        except ValueError as error:
            raise InputError(f"{self._arrays.file}: {error}") from None

    def _figures(self, rows: np.ndarray) -> dict[str, list[float]]:
        found = {"distance, m": np.round(self.joints_3d[rows, 0, 2], 2)}
        if "score" in self._arrays.names:
            found["detection score"] = np.round(self._arrays.finite_numbers("score")[rows], 2)
        residuals = self._residuals(rows)
        if residuals is not None:
            found["keypoints off by, px"] = np.round(residuals, 1)
        if "joint_std" in self._arrays.names:
            worst = self._arrays.finite_numbers("joint_std")[rows].max(axis=1)
            found["least sure joint, cm"] = np.round(100 * worst, 1)
        return {label: values.tolist() for label, values in found.items()}

    def _residuals(self, rows: np.ndarray) -> np.ndarray | None:
        """Gives the mean distances of the body's keypoints from the detected ones, pixels."""
        if "fitted_keypoints_2d" not in self._arrays.names:
            return None
        fitted = self._arrays.numbers("fitted_keypoints_2d")[rows]
        distances = np.linalg.norm(fitted - self._arrays.numbers("keypoints_2d")[rows], axis=2)
        weights = self._arrays.numbers("confidence")[rows]
        return (weights * distances).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-6)
