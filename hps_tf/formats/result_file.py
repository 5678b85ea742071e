"""The result.npz of `hps photo` and `hps fit`, read as scenes.

Rows of one person in several images are a video; all others are photographs, a scene each.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.errors import InputError
from hps_tf.formats.scene import Person, Scene, one_shape
from hps_tf.io.npz_arrays import NpzArrays

DEFAULT_RATE = 30.0
"""Frames per second of a video whose result does not say."""

_SHORTEST_STEP = 1e-4  # Seconds between frames.

#: The largest number of a frame, and side of an image; a damaged one would fill the memory.
_MOST = 1 << 24

#: Fields that not every result has: how they are read, and their shape per person. K: any number.
_OPTIONAL: dict[str, tuple[str, tuple[int | None, ...]]] = {
    "joints_2d": ("numbers", (17, 2)),
    "keypoints_2d": ("numbers", (None, 2)),
    "fitted_keypoints_2d": ("numbers", (None, 2)),
    "confidence": ("single_precision", (None,)),
    "joint_std": ("single_precision", (24,)),
    "score": ("single_precision", ()),
}


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
        single = arrays.single_precision
        self.pose = self._of_shape("pose", (count, 24, 3), single)
        self.shape = self._of_shape("shape", (count, body.num_shape), single)
        self.translation = self._of_shape("translation", (count, 3), single)
        self.joints_3d = self._of_shape("joints_3d", (count, 24, 3), single)
        self.intrinsics = self._of_shape("intrinsics", (count, 3, 3), single)
        self.sizes = self._whole("image_sizes", (count, 2))
        self.image_names = arrays.texts("image_names")
        self.frames = self._whole("image" if "image" in arrays.names else "frames", (count,))
        if len(self.image_names) != count:
            raise InputError(f"{arrays.file}: expected a result of hps photo or hps fit")
        self.optional = {
            field: self._of_shape(field, (count, *shape), getattr(arrays, read))
            for field, (read, shape) in _OPTIONAL.items()
            if field in arrays.names
        }
        self._check_keypoints()

    def _of_shape(
        self, field: str, shape: tuple[int | None, ...], read: Callable[[str], np.ndarray]
    ) -> np.ndarray:
        array = read(field)
        fits = len(array.shape) == len(shape) and all(
            wanted in (None, size) for wanted, size in zip(shape, array.shape, strict=True)
        )
        if not fits:
            wanted = ", ".join("K" if size is None else str(size) for size in shape)
            raise InputError(
                f"{self._arrays.file}, field {field!r}: expected shape ({wanted}), received"
                f" {array.shape}"
            )
        return array

    def _whole(self, field: str, shape: tuple[int, ...]) -> np.ndarray:
        array = self._of_shape(field, shape, self._arrays.finite_numbers)
        if (array < 0).any() or (array > _MOST).any() or (array % 1).any():
            raise InputError(
                f"{self._arrays.file}, field {field!r}: expected whole numbers from 0 to {_MOST},"
                f" received {array.min():g} to {array.max():g}"
            )
        return array.astype(int)

    def _check_keypoints(self) -> None:
        """Checks that what was detected and what was fitted are the same keypoints."""
        if "fitted_keypoints_2d" not in self.optional:
            return
        shape = self.optional["fitted_keypoints_2d"].shape
        for field, wanted in (("keypoints_2d", shape), ("confidence", shape[:2])):
            received = self.optional[field].shape if field in self.optional else "no such field"
            if received != wanted:
                raise InputError(
                    f"{self._arrays.file}, field {field!r}: expected shape {wanted}, as of"
                    f" 'fitted_keypoints_2d', received {received}"
                )

    def frame_rate(self) -> float:
        """Gives the frames per second that the times of the frames imply."""
        if "times" not in self._arrays.names:
            return DEFAULT_RATE
        times = self._of_shape("times", (None,), self._arrays.finite_numbers)
        step = np.median(np.diff(times)) if len(times) > 1 else 0.0
        return float(1 / step) if step > _SHORTEST_STEP else DEFAULT_RATE

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
            if stored in self.optional:
                fields[field] = self.optional[stored][rows]
        points = self.joints_3d[rows]
        projected = np.einsum("tij,tkj->tki", self.intrinsics[rows], points)
        try:
            return Person(
                name=name,
                frames=frames,
                pose=self.pose[rows],
                shape=one_shape(self.shape[rows], name).astype(np.float32),
                translation=self.translation[rows],
                joints_2d=projected[..., :2] / np.maximum(projected[..., 2:], 1e-6),
                **fields,
            )
        except ValueError as error:
            raise InputError(f"{self._arrays.file}: {error}") from None

    def _figures(self, rows: np.ndarray) -> dict[str, list[float]]:
        found = {"distance, m": np.round(self.joints_3d[rows, 0, 2].astype(float), 2)}
        if "score" in self.optional:
            found["detection score"] = np.round(self.optional["score"][rows].astype(float), 2)
        residuals = self._residuals(rows)
        if residuals is not None:
            found["keypoints off by, px"] = np.round(residuals, 1)
        if "joint_std" in self.optional:
            worst = self.optional["joint_std"][rows].max(axis=1).astype(float)
            found["least sure joint, cm"] = np.round(100 * worst, 1)
        return {label: values.tolist() for label, values in found.items()}

    def _residuals(self, rows: np.ndarray) -> np.ndarray | None:
        """Gives the mean distances of the body's keypoints from the detected ones, pixels."""
        if "fitted_keypoints_2d" not in self.optional:
            return None
        fitted, found, weights = (
            self.optional[field][rows]
            for field in ("fitted_keypoints_2d", "keypoints_2d", "confidence")
        )
        with np.errstate(over="ignore", invalid="ignore"):  # Keypoints not seen may be anywhere.
            distances = np.linalg.norm(fitted - found, axis=2)
            weighted = np.where(weights > 0, weights * distances, 0)
        return weighted.sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-6)
