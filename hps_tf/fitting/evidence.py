"""Image observations to fit: 2D keypoints of people and optional maps of their body parts.

Convention: pixels as in `hps_tf.geometry.camera`. Part maps cover a box of the full frame each, all
at one size; label 0 is the background, 1 to 14 are the parts of `hps_tf.body.parts`.
"""

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hps_tf.body.skeleton import KEYPOINT_NAMES
from hps_tf.data.keypoints import subjects, tracks
from hps_tf.data.keypoints.part_masks import PartMap
from hps_tf.data.keypoints.people import Skipped
from hps_tf.data.keypoints.subjects import Subject
from hps_tf.field_shapes import ShapesInRepr
from hps_tf.fitting import evidence_rules

#: Height and width at which part maps of files are aligned.
MAP_SIZE = (128, 128)

PathLike = str | os.PathLike[str]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Evidence(ShapesInRepr):
    """The evidence of N people, or of N frames of one person's video.

    `from_file` and its siblings read files of annotators and detectors:

        seen = Evidence.from_coco("person_keypoints_val2017.json", image_dir="val2017")
        result = hps_tf.fitting.fit(seen)

    Attributes:
      keypoints: `(N, K, 2)` float32 pixels of the full frame.
      confidence: `(N, K)` float32, not negative; where 0 the keypoint is missing and may hold
        anything.
      intrinsics: `(N, 3, 3)` float32 of the full frame's camera.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      part_labels: `(N, H, W)` uint8, or None without part maps; a map of background alone is a
        person without one.
      part_boxes: `(N, 4)` float32 left, top, width, height of the maps in the full frame.
      person_ids: `(N,)` texts, what the file calls the people, or None.
      image_names: `(N,)` texts, the images that they are seen in, or None.
      frames: `(N,)` whole numbers of the images; of a video, when they were taken, in frames, as
        `VideoFitter.fit` takes them. None where unknown.
      left_out: Whom the file holds, but not the evidence, each with the reason.

    Raises:
      ValueError: If a shape does not fit, a number is not finite, or a person has no keypoint;
        names the field and the first such person.
    """

    keypoints: np.ndarray
    confidence: np.ndarray
    intrinsics: np.ndarray
    keypoint_set: str = "coco17"
    part_labels: np.ndarray | None = None
    part_boxes: np.ndarray | None = None
    person_ids: np.ndarray | None = None
    image_names: np.ndarray | None = None
    frames: np.ndarray | None = None
    left_out: tuple[Skipped, ...] = ()

    @classmethod
    def from_file(
        cls,
        path: PathLike,
        *others: PathLike,
        parts: PathLike | None = None,
        image_dir: PathLike | None = None,
        intrinsics: PathLike | None = None,
        image_size: tuple[int, int] | None = None,
        keypoint_set: str | None = None,
        is_video: bool = False,
        only: str | None = None,
    ) -> "Evidence":
        """Reads people from keypoint files of any known format.

        The camera is that of `intrinsics`, of the file, or the default one: its focal length is the
        image's diagonal in pixels, its principal point the image's middle.

        Args:
          path: A file, or a directory of them: COCO's annotations and results, OpenPose,
            AlphaPose, MediaPipe, MoveNet, MMPose, ViTPose, Detectron2, YOLO, or .npz.
          *others: Further ones, of the same keypoint set.
          parts: A directory of label images, or a JSON file of DensePose, with maps of the parts.
          image_dir: Where the photographs are, which tell the images' sizes.
          intrinsics: A JSON file of camera matrices.
          image_size: Height and width of images of which neither a photograph nor the keypoint file
            tells the size. MediaPipe, MoveNet and YOLO's labels give fractions of it.
          keypoint_set: ``"body_25"`` or ``"body_25b"``, the layout of OpenPose's 25 keypoints; by
            default by where they lie.
          is_video: Whether the images are frames of one camera. The rows are then the frames of one
            person after those of another, in order of time, and `person_ids` say who is who.
          only: The format that all files must have, see
            `hps_tf.data.keypoints.keypoint_sources.FORMATS`.

        Returns:
          The evidence. `left_out` lists who cannot be fitted, and entries that are damaged.

        Raises:
          InputError: If a file is missing, damaged as a whole or of no known format, or nobody can
            be fitted.
        """
        found = subjects.gather(
            [Path(each).expanduser() for each in (path, *others)],
            parts=_path(parts),
            image_dir=_path(image_dir),
            intrinsics=_path(intrinsics),
            image_size=image_size,
            keypoint_set=keypoint_set,
            is_video=is_video,
            only=only,
        )
        if is_video:
            people = tracks.of(found.subjects)
            rows = [subject for track in people for subject in track.subjects]
            person_ids = [track.person_id for track in people for _ in track.subjects]
            frames = [moment for track in people for moment in track.moments]
        else:
            rows = found.subjects
            person_ids = [subject.person.person_id for subject in rows]
            frames = [subject.person.image.frame for subject in rows]
        return dataclasses.replace(
            cls.of_subjects(rows, found.keypoint_set),
            person_ids=np.array(person_ids),
            frames=np.array(frames),
            left_out=tuple(found.skipped),
        )

    @classmethod
    def from_coco(cls, path: PathLike, *others: PathLike, **options: Any) -> "Evidence":
        """Reads people from COCO's annotations or results; see `from_file`."""
        return cls.from_file(path, *others, **options, only="coco")

    @classmethod
    def from_openpose(cls, path: PathLike, *others: PathLike, **options: Any) -> "Evidence":
        """Reads people from OpenPose's JSON files, or a directory of them; see `from_file`."""
        return cls.from_file(path, *others, **options, only="openpose")

    @classmethod
    def from_mediapipe(cls, path: PathLike, *others: PathLike, **options: Any) -> "Evidence":
        """Reads people from results of MediaPipe's Pose Landmarker as JSON; see `from_file`.

        The landmarks are fractions of the image, so `image_dir` or `image_size` is needed.
        """
        return cls.from_file(path, *others, **options, only="mediapipe")

    @classmethod
    def from_npz(cls, path: PathLike, *others: PathLike, **options: Any) -> "Evidence":
        """Reads people from .npz files with an array `keypoints`; see `from_file`."""
        return cls.from_file(path, *others, **options, only="npz")

    @classmethod
    def of_subjects(
        cls, people: Sequence[Subject], keypoint_set: str, has_maps: bool | None = None
    ) -> "Evidence":
        """Arranges people whom `hps_tf.data.keypoints.gather` read.

        Args:
          people: The people, with intrinsics.
          keypoint_set: The keypoints' set.
          has_maps: Whether to give part maps, empty ones of people without; by default whether
            anybody has one.
        """
        persons = [subject.person for subject in people]
        confidence = np.stack([np.where(p.is_seen, p.confidence, 0.0) for p in persons])
        keypoints = np.stack([person.keypoints for person in persons])
        maps = [subject.part_map for subject in people]
        if has_maps is None:
            has_maps = any(part_map is not None for part_map in maps)
        nobody = PartMap(np.zeros(MAP_SIZE, np.uint8), np.array([0.0, 0.0, 1.0, 1.0]))
        shown = [nobody if part_map is None else part_map for part_map in maps]
        return cls(
            keypoints=np.where(confidence[..., None] > 0, keypoints, 0.0),
            confidence=confidence,
            intrinsics=np.array([person.intrinsics for person in persons]),
            keypoint_set=keypoint_set,
            part_labels=np.stack([m.resampled(MAP_SIZE) for m in shown]) if has_maps else None,
            part_boxes=np.stack([m.box for m in shown]) if has_maps else None,
            person_ids=np.array([person.person_id for person in persons]),
            image_names=np.array([person.image.names[0] for person in persons]),
        )

    def __post_init__(self):
        if self.keypoint_set not in KEYPOINT_NAMES:
            known = ", ".join(KEYPOINT_NAMES)
            raise ValueError(
                f"`keypoint_set`: expected one of {known}, received {self.keypoint_set!r}"
            )
        num_keypoints = len(KEYPOINT_NAMES[self.keypoint_set])
        if np.ndim(self.keypoints) != 3:
            raise ValueError(_why_not_rows(np.shape(self.keypoints), num_keypoints))
        count = len(self.keypoints)
        self._set("keypoints", np.float32, (count, num_keypoints, 2))
        self._set("confidence", np.float32, (count, num_keypoints))
        self._set("intrinsics", np.float32, (count, 3, 3))
        if (self.part_labels is None) != (self.part_boxes is None):
            raise ValueError("`part_labels` and `part_boxes`: expected both or neither")
        if self.part_labels is not None and self.part_boxes is not None:
            self._set("part_labels", np.uint8, (count, *np.shape(self.part_labels)[1:3]))
            self._set("part_boxes", np.float32, (count, 4))
        for field in _FIELDS_OF_ROWS:
            if getattr(self, field) is not None:
                self._set(field, np.int64 if field == "frames" else None, (count,))
        for rule in evidence_rules.rules(self):
            holds = rule.holds.numpy()
            if not holds.all():
                person = int(np.flatnonzero(~holds)[0])
                raise ValueError(f"`{rule.field}` of person {person}: expected {rule.expected}")

    def __len__(self) -> int:
        return len(self.keypoints)

    def select(self, rows: np.ndarray | slice) -> "Evidence":
        """Takes some of the people.

        Args:
          rows: `(M,)` indices, a `(N,)` boolean mask or a slice.

        Returns:
          The evidence of those people.
        """
        chosen = {
            name: value[rows]
            for name in (*_ARRAYS, *_FIELDS_OF_ROWS)
            if (value := getattr(self, name)) is not None
        }
        return dataclasses.replace(self, **chosen)

    def followed_by(self, other: "Evidence") -> "Evidence":
        """Puts another evidence of the same kind behind this one."""

        def both(name: str) -> np.ndarray | None:
            first, second = getattr(self, name), getattr(other, name)
            if name in _FIELDS_OF_ROWS and (first is None or second is None):
                return None
            return None if first is None else np.concatenate([first, second])

        arrays: dict[str, Any] = {name: both(name) for name in (*_ARRAYS, *_FIELDS_OF_ROWS)}
        left_out = tuple(dict.fromkeys((*self.left_out, *other.left_out)))
        return dataclasses.replace(self, **arrays, left_out=left_out)

    def _set(self, field: str, dtype: type | None, shape: tuple[int, ...]) -> None:
        value: np.ndarray = np.asarray(getattr(self, field), dtype)
        if value.shape != shape:
            raise ValueError(f"`{field}`: expected shape {shape}, received {value.shape}")
        object.__setattr__(self, field, value)


_ARRAYS = ("keypoints", "confidence", "intrinsics", "part_labels", "part_boxes")
_FIELDS_OF_ROWS = ("person_ids", "image_names", "frames")


def _path(path: PathLike | None) -> Path | None:
    return None if path is None else Path(path).expanduser()


def _why_not_rows(shape: tuple[int, ...], num_keypoints: int) -> str:
    expected = (
        f"`keypoints`: expected shape (N, {num_keypoints}, 2), a row for each person or frame"
    )
    if shape == (num_keypoints, 2):
        return (
            f"{expected}, received one person without a row, {shape}; add the axis: keypoints[None]"
        )
    return f"{expected}, received {shape}"
