"""Reader of 3DPW's sequences (von Marcard et al. 2018): SMPL parameters of people before a camera.

``sequenceFiles/SPLIT/SEQUENCE.pkl`` is a pickle of Python 2, read without running code; its image i
is ``imageFiles/SEQUENCE/image_0000i.jpg``. Per person it holds ``poses`` (N, 72), ``betas``,
``trans`` (N, 3), ``jointPositions`` (N, 72), ``poses2d`` (N, 3, 18), ``campose_valid`` (N,) and
``genders``, a list each, a person an entry; per sequence ``cam_poses`` (N, 4, 4) from the world
into the camera and ``cam_intrinsics`` (3, 3).

Convention: metres, radians, pixels; poses, translations and joints are in the world.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hps_tf.body.readers import restricted_pickle
from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.data.images import camera_frame
from hps_tf.data.images.lens import Lens
from hps_tf.errors import InputError

SPLITS = ("train", "validation", "test")
NUM_SHAPE = 10

_MAX_BYTES = 1 << 28
_MAX_FRAMES = 1 << 20
_LARGEST_TURN = 8 * np.pi
_GENDERS = {"m": "m", "f": "f", "male": "m", "female": "f"}

#: Where COCO's 17 keypoints are among OpenPose's 18, which have a neck and begin on the right.
_COCO17 = (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10)
_NUM_KEYPOINTS = 18


class Person(NamedTuple):
    """A person in N frames.

    Attributes:
      gender: ``m`` or ``f``.
      pose: `(N, 24, 3)` axis-angle.
      shape: `(10,)` of SMPL for that gender.
      translation: `(N, 3)`.
      joints: `(N, 24, 3)` of SMPL.
      keypoints: `(N, 17, 3)` detected COCO keypoints: x, y, confidence; all 0 where there are none.
      is_valid: `(N,)` whether the camera is known for this person.
    """

    gender: str
    pose: np.ndarray
    shape: np.ndarray
    translation: np.ndarray
    joints: np.ndarray
    keypoints: np.ndarray
    is_valid: np.ndarray


class Sequence(NamedTuple):
    """A video of one or two people.

    Attributes:
      name: Its name, of the directory of its images too.
      lens: The camera's lens.
      extrinsics: `(N, 4, 4)` from the world into the camera.
      people: The people.
    """

    name: str
    lens: Lens
    extrinsics: np.ndarray
    people: list[Person]


def folder(root: Path, name: str) -> Path:
    """Returns ``sequenceFiles`` or ``imageFiles``.

    Archives that were unpacked into a directory of their name hold it once more.
    """
    nested = root / name / name
    return nested if nested.is_dir() else root / name


def find(root: Path) -> dict[str, list[Path]]:
    """Finds the sequences of each split that is there; see `folder`.

    Raises:
      InputError: If there is none.
    """
    sequences = folder(root, "sequenceFiles")
    found = {split: sorted((sequences / split).glob("*.pkl")) for split in SPLITS}
    found = {split: paths for split, paths in found.items() if paths}
    if not found:
        raise InputError(
            f"{root}: expected sequenceFiles/train/*.pkl, validation or test, received none"
        )
    return found


def read(path: Path) -> Sequence:
    """Reads a sequence.

    Args:
      path: Its pickle.

    Raises:
      InputError: If it is damaged, asks for anything but arrays, or a field is missing or wrong.
      OSError: If it cannot be read.
    """
    if path.stat().st_size > _MAX_BYTES:
        raise InputError(f"{path}: expected at most {_MAX_BYTES} bytes")
    fields = _Fields(path, restricted_pickle.load(path))
    name = fields.text("sequence", fields.value("sequence"))
    if not name or Path(name).name != name or name.startswith("."):
        raise fields.wrong("sequence", "a name", repr(name))
    extrinsics = fields.numbers("cam_poses", fields.value("cam_poses"), (None, 4, 4), finite=False)
    count = len(extrinsics)
    if not 0 < count <= _MAX_FRAMES:
        raise fields.wrong("cam_poses", "at least one frame", str(count))
    genders = fields.entries("genders")
    if not genders:
        raise fields.wrong("genders", "a list, a person an entry", repr(genders))
    people = [_person(fields, i, count) for i in range(len(genders))]
    # Where a camera was aligned to nobody it may be anything.
    is_used = np.any([person.is_valid for person in people], axis=0)
    if not camera_frame.is_rigid(extrinsics[is_used]):
        raise fields.wrong("cam_poses", "rigid motions where campose_valid is 1", "others")
    extrinsics[~is_used] = np.eye(4)
    return Sequence(name, _lens(fields), extrinsics, people)


def _lens(fields: "_Fields") -> Lens:
    matrix = fields.numbers("cam_intrinsics", fields.value("cam_intrinsics"), (3, 3))
    (fx, skew, cx), (zero, fy, cy), last = matrix
    if skew or zero or not (fx > 0 and fy > 0) or tuple(last) != (0, 0, 1):
        raise fields.wrong(
            "cam_intrinsics", "[[fx, 0, cx], [0, fy, cy], [0, 0, 1]]", str(matrix.tolist())
        )
    return Lens(np.array([fx, fy]), np.array([cx, cy]))


def _person(fields: "_Fields", index: int, count: int) -> Person:
    word = fields.text(f"genders[{index}]", fields.entry("genders", index))
    gender = _GENDERS.get(word.strip().lower())
    if gender is None:
        raise fields.wrong(f"genders[{index}]", "m or f", repr(word))
    fields.entry("poses", index)  # The first to miss if there are more genders than people.
    is_valid = (
        fields.numbers(f"campose_valid[{index}]", fields.entry("campose_valid", index), (count,))
        > 0
    )

    def numbers(field: str, *shape: int | None) -> np.ndarray:
        """Of a frame whose camera is not known for this person, what stands there may be NaN."""
        name = f"{field}[{index}]"
        array = fields.numbers(name, fields.entry(field, index), shape, finite=False)
        if not np.isfinite(array[is_valid]).all():
            raise fields.wrong(name, "finite numbers", "NaN where campose_valid is 1")
        return np.nan_to_num(array, nan=0.0, posinf=0.0, neginf=0.0)

    pose = numbers("poses", count, 3 * NUM_JOINTS)
    if np.abs(pose).max() > _LARGEST_TURN:
        raise fields.wrong(f"poses[{index}]", "radians", f"{np.abs(pose).max():.4g}")
    shape = fields.numbers(f"betas[{index}]", fields.entry("betas", index), None).ravel()
    if len(shape) < NUM_SHAPE:
        raise fields.wrong(f"betas[{index}]", f"at least {NUM_SHAPE} numbers", str(len(shape)))
    keypoints = np.zeros((count, 3, _NUM_KEYPOINTS))
    if fields.has_entry("poses2d", index):
        keypoints = numbers("poses2d", count, 3, _NUM_KEYPOINTS)
    return Person(
        gender,
        pose.reshape(count, NUM_JOINTS, 3),
        shape[:NUM_SHAPE],
        numbers("trans", count, 3),
        numbers("jointPositions", count, 3 * NUM_JOINTS).reshape(count, NUM_JOINTS, 3),
        np.swapaxes(keypoints, 1, 2)[:, list(_COCO17)],
        is_valid,
    )


class _Fields:
    """The fields of a pickle."""

    def __init__(self, path: Path, content: dict[str, Any]):
        self._path = path
        self._content = content

    def value(self, field: str) -> Any:
        if field not in self._content:
            raise self.wrong(field, "a field of that name", "none")
        return self._content[field]

    def entries(self, field: str) -> list[Any]:
        """The entries of a list or a tuple, or of an array whose first axis is the person."""
        values = self.value(field)
        if isinstance(values, list | tuple):
            return list(values)
        try:
            return list(restricted_pickle.to_array(values))
        except Exception as error:  # A damaged array can raise anything.
            raise self.wrong(field, "a list, a person an entry", str(error)) from None

    def has_entry(self, field: str, index: int) -> bool:
        """Whether there is an entry for a person: some have no detected keypoints."""
        entries = self.entries(field)
        entry = entries[index] if index < len(entries) else None
        return entry is not None and not (isinstance(entry, list) and not entry)

    def entry(self, field: str, index: int) -> Any:
        """A person's entry; see `entries`."""
        values = self.entries(field)
        if index >= len(values):
            raise self.wrong(field, f"an entry for person {index}", f"{len(values)} entries")
        return values[index]

    def text(self, name: str, value: Any) -> str:
        """A text, of Python 2 or 3 or NumPy."""
        if not isinstance(value, str | bytes):
            try:
                value = restricted_pickle.to_array(value).item()
            except Exception as error:  # A damaged array can raise anything.
                raise self.wrong(name, "a name", str(error)) from None
        if isinstance(value, bytes):
            value = value.decode("latin1")
        if not isinstance(value, str):
            raise self.wrong(name, "a name", repr(value))
        return value

    def numbers(
        self, name: str, value: Any, shape: tuple[int | None, ...] | None, finite: bool = True
    ) -> np.ndarray:
        """Numbers as float64, all finite unless they need not be; None admits any size or shape."""
        try:
            array = restricted_pickle.to_array(value)
            if array.dtype.kind not in "fiub":
                raise TypeError(f"values of type {array.dtype}")
        except Exception as error:  # A damaged array can raise anything.
            raise self.wrong(name, "an array of numbers", str(error)) from None
        fits = shape is None or (
            array.ndim == len(shape)
            and all(a in (None, b) for a, b in zip(shape, array.shape, strict=True))
        )
        if not fits:
            raise self.wrong(name, f"shape {shape}", str(array.shape))
        array = array.astype(np.float64)
        if finite and not np.isfinite(array).all():
            raise self.wrong(name, "finite numbers", "NaN")
        return array

    def wrong(self, name: str, expected: str, received: str) -> InputError:
        return InputError(f"{self._path}, field {name}: expected {expected}, received {received}")
