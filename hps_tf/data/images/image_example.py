"""One person in a square image, with the labels that exist.

Convention: pixels of the image, x right, y down, centres at integers; metres and radians in
OpenCV's camera frame. The camera has square pixels and no skew. `pose[0]` turns the body, whose own
frame is y up, into the camera frame. Part labels are those of `hps_tf.body.parts`.
"""

import dataclasses
import io

import numpy as np
from PIL import Image, UnidentifiedImageError

from hps_tf.body.parts import NUM_PARTS
from hps_tf.body.skeleton import COCO17_NAMES, H36M17_NAMES, NUM_JOINTS
from hps_tf.errors import InputError

NUM_KEYPOINTS = len(COCO17_NAMES)
NUM_MARKERS = len(H36M17_NAMES)

#: The labels an example may have.
LABELS = ("keypoints", "parts", "pose", "markers")

_MAX_BYTES = 1 << 26

_LARGEST = float(np.finfo(np.float32).max)
"""Records hold float32."""


@dataclasses.dataclass(frozen=True, eq=False)
class ImageExample:
    """A person, alone or the one in the middle.

    Attributes:
      name: Unlike all others of the dataset.
      image: `(S, S, 3)` pixels as an encoded JPEG or PNG.
      intrinsics: `(3, 3)` of the camera that sees this image.
      subject: Who it is.
      action: The action.
      sequence: Which video it is from, or empty.
      frame: Its place in that video.
      keypoints_2d: `(17, 2)` COCO keypoints, pixels; anything where one is not labelled.
      keypoint_weights: `(17,)` from 0, not labelled, to 1. Comes with `keypoints_2d`.
      part_labels: `(S, S)` uint8, 0..14, this person's visible parts; all else is background.
      is_silhouette: Whether everything that `part_labels` calls background is background, so that
        it can be replaced.
      pose: `(24, 3)` axis-angle, radians.
      shape: `(B,)` shape components of the dataset's body. Comes with `pose`.
      translation: `(3,)` metres. Comes with `pose`.
      markers_3d: `(17, 3)` Human3.6M's joints as captured, metres in the camera frame.
    """

    name: str
    image: bytes
    intrinsics: np.ndarray
    subject: str = ""
    action: str = ""
    sequence: str = ""
    frame: int = 0
    keypoints_2d: np.ndarray | None = None
    keypoint_weights: np.ndarray | None = None
    part_labels: np.ndarray | None = None
    is_silhouette: bool = False
    pose: np.ndarray | None = None
    shape: np.ndarray | None = None
    translation: np.ndarray | None = None
    markers_3d: np.ndarray | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Which of `LABELS` the example has."""
        values = (self.keypoints_2d, self.part_labels, self.pose, self.markers_3d)
        return tuple(
            label for label, value in zip(LABELS, values, strict=True) if value is not None
        )


def check(example: ImageExample, image_size: int, num_shape: int) -> None:
    """Checks an example before it is written.

    Args:
      example: The example.
      image_size: S of the dataset.
      num_shape: B of the dataset.

    Raises:
      InputError: If an array has a wrong shape or is not finite, a weight or part is out of range,
        the image has another size, the camera has skew or oblong pixels, or a label lacks what
        comes with it.
    """
    where = f"example {example.name!r}"
    if not example.name:
        raise InputError("expected an example with a name, received none")
    _check_shape(where, "intrinsics", example.intrinsics, (3, 3))
    _check_finite(where, "intrinsics", example.intrinsics)
    (fx, skew, _), (zero, fy, _), last = np.asarray(example.intrinsics)
    if skew or zero or not np.isclose(fx, fy) or not fx > 0 or tuple(last) != (0, 0, 1):
        raise InputError(
            f"{where}, field 'intrinsics': expected [[f, 0, cx], [0, f, cy], [0, 0, 1]], received"
            f" {np.asarray(example.intrinsics).tolist()}"
        )
    size = _image_size(example.image, where)
    if size != (image_size, image_size):
        raise InputError(
            f"{where}, field 'image': expected {image_size} x {image_size} pixels, received"
            f" {size[1]} x {size[0]}"
        )
    together: dict[str, dict[str, tuple[int, ...]]] = {
        "keypoints_2d": {"keypoints_2d": (NUM_KEYPOINTS, 2), "keypoint_weights": (NUM_KEYPOINTS,)},
        "pose": {"pose": (NUM_JOINTS, 3), "shape": (num_shape,), "translation": (3,)},
        "markers_3d": {"markers_3d": (NUM_MARKERS, 3)},
        "part_labels": {"part_labels": (image_size, image_size)},
    }
    for label, fields in together.items():
        for field, shape in fields.items():
            value = getattr(example, field)
            if getattr(example, label) is not None:
                _check_shape(where, field, value, shape)
            elif value is not None:
                raise InputError(
                    f"{where}, field {label!r}: expected it with {field!r}, received none"
                )
    for field in ("pose", "shape", "translation", "markers_3d"):
        _check_finite(where, field, getattr(example, field))
    if example.keypoints_2d is not None:
        weights = np.asarray(example.keypoint_weights)
        _check_range(where, "keypoint_weights", weights, 1)
        _check_finite(where, "keypoints_2d", np.asarray(example.keypoints_2d)[weights > 0])
    if example.part_labels is not None:
        _check_range(where, "part_labels", example.part_labels, NUM_PARTS)


def _check_shape(where: str, field: str, value: np.ndarray | None, shape: tuple[int, ...]) -> None:
    received = "none" if value is None else np.shape(value)
    if received != shape:
        raise InputError(f"{where}, field {field!r}: expected shape {shape}, received {received}")


def _check_finite(where: str, field: str, value: np.ndarray | None) -> None:
    if value is not None and not (np.abs(value) <= _LARGEST).all():
        raise InputError(f"{where}, field {field!r}: expected finite numbers, received others")


def _check_range(where: str, field: str, value: np.ndarray, most: int) -> None:
    # Written so that NaN is out of range.
    is_outside = ~((np.asarray(value) >= 0) & (np.asarray(value) <= most))
    if is_outside.any():
        raise InputError(
            f"{where}, field {field!r}: expected numbers from 0 to {most}, received"
            f" {np.asarray(value)[is_outside][0]}"
        )


def _image_size(encoded: bytes, where: str) -> tuple[int, int]:
    """Height and width of an encoded image, from its header."""
    expected = f"{where}, field 'image': expected a JPEG or PNG"
    if len(encoded) > _MAX_BYTES:
        raise InputError(f"{expected} of at most {_MAX_BYTES} bytes, received {len(encoded)}")
    try:
        with Image.open(io.BytesIO(encoded), formats=("JPEG", "PNG")) as image:
            return image.height, image.width
    except UnidentifiedImageError:
        raise InputError(f"{expected}, received something else") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"{expected}, received: {error}") from None
