"""What is seen of people: 2D keypoints and, where there are any, maps of their body parts.

Convention: pixels as in `hps_tf.geometry.camera`. Part maps cover a box of the full frame each, all
at one size; label 0 is the background, 1 to 14 are the parts of `hps_tf.body.parts`.
"""

import dataclasses
from typing import Any

import numpy as np

from hps_tf.body.parts import NUM_PARTS
from hps_tf.body.skeleton import KEYPOINT_NAMES
from hps_tf.field_shapes import ShapesInRepr
from hps_tf.geometry import camera_matrix


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Evidence(ShapesInRepr):
    """The evidence of N people, or of N frames of one person's video.

    Attributes:
      keypoints: `(N, K, 2)` float32 pixels of the full frame.
      confidence: `(N, K)` float32, not negative; where 0 the keypoint is missing and may hold
        anything.
      intrinsics: `(N, 3, 3)` float32 of the full frame's camera.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      part_labels: `(N, H, W)` uint8, or None without part maps; a map of background alone is a
        person without one.
      part_boxes: `(N, 4)` float32 left, top, width, height of the maps in the full frame.

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

    def __post_init__(self):
        if self.keypoint_set not in KEYPOINT_NAMES:
            known = ", ".join(KEYPOINT_NAMES)
            raise ValueError(f"`keypoint_set` must be one of {known}, got {self.keypoint_set!r}")
        num_keypoints = len(KEYPOINT_NAMES[self.keypoint_set])
        if np.ndim(self.keypoints) != 3:  # Of one person without an axis N there is no N to tell.
            raise ValueError(
                f"`keypoints` must have shape (N, {num_keypoints}, 2), a row for each person or"
                f" frame, got {np.shape(self.keypoints)}"
            )
        count = len(self.keypoints)
        self._set("keypoints", np.float32, (count, num_keypoints, 2))
        self._set("confidence", np.float32, (count, num_keypoints))
        self._set("intrinsics", np.float32, (count, 3, 3))
        self._check("confidence", np.isfinite(self.confidence) & (self.confidence >= 0), "≥ 0")
        is_seen = self.confidence > 0
        self._check("confidence", is_seen.any(axis=1), "above 0 for at least one keypoint")
        is_given = np.isfinite(self.keypoints).all(axis=2) | ~is_seen
        self._check("keypoints", is_given, "finite where confidence is above 0")
        is_camera = camera_matrix.is_sound(self.intrinsics).numpy()
        self._check("intrinsics", is_camera, camera_matrix.EXPECTED)
        if (self.part_labels is None) != (self.part_boxes is None):
            raise ValueError("`part_labels` and `part_boxes` must be given together")
        if self.part_labels is not None and self.part_boxes is not None:
            self._set("part_labels", np.uint8, (count, *np.shape(self.part_labels)[1:3]))
            self._set("part_boxes", np.float32, (count, 4))
            self._check("part_labels", self.part_labels <= NUM_PARTS, f"at most {NUM_PARTS}")
            self._check("part_boxes", np.isfinite(self.part_boxes), "finite")
            self._check("part_boxes", self.part_boxes[:, 2:] > 0, "of positive width and height")

    def __len__(self) -> int:
        return len(self.keypoints)

    def select(self, rows: np.ndarray | slice) -> "Evidence":
        """Takes some of the people.

        Args:
          rows: `(M,)` indices, a `(N,)` boolean mask or a slice.

        Returns:
          The evidence of those people.
        """
        return dataclasses.replace(
            self,
            keypoints=self.keypoints[rows],
            confidence=self.confidence[rows],
            intrinsics=self.intrinsics[rows],
            part_labels=None if self.part_labels is None else self.part_labels[rows],
            part_boxes=None if self.part_boxes is None else self.part_boxes[rows],
        )

    def followed_by(self, other: "Evidence") -> "Evidence":
        """Puts another evidence of the same kind behind this one."""

        def both(name: str) -> np.ndarray | None:
            first, second = getattr(self, name), getattr(other, name)
            return None if first is None else np.concatenate([first, second])

        names = ("keypoints", "confidence", "intrinsics", "part_labels", "part_boxes")
        arrays: dict[str, Any] = {name: both(name) for name in names}
        return dataclasses.replace(self, **arrays)

    def _set(self, field: str, dtype: type, shape: tuple[int, ...]) -> None:
        value: np.ndarray = np.asarray(getattr(self, field), dtype)
        if value.shape != shape:
            raise ValueError(f"`{field}` must have shape {shape}, got {value.shape}")
        object.__setattr__(self, field, value)

    def _check(self, field: str, holds: Any, expected: str) -> None:
        by_person = np.all(holds, axis=tuple(range(1, np.ndim(holds))))
        if not by_person.all():
            person = int(np.flatnonzero(~by_person)[0])
            raise ValueError(f"`{field}` must be {expected}; person {person} is not")
