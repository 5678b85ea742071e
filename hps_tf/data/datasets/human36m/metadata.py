"""The cameras in Human3.6M's ``metadata.xml``.

``w0`` holds 300 numbers: for each of 4 cameras and within it each of 11 subjects, 3 angles and the
camera's position in millimetres; then for each camera focal length (2), principal point (2), radial
(3) and tangential distortion (2). A point X of the world is R (X - T) in the camera, where
R = Rx Ry Rz of the angles. ``dbcameras/index2id`` names the cameras, the first row of ``mapping``
the subjects.
"""

import xml.etree.ElementTree as ElementTree
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from hps_tf.data.images.lens import Lens
from hps_tf.errors import InputError

NUM_CAMERAS, NUM_SUBJECTS = 4, 11

_EXTRINSIC, _INTRINSIC = 6, 9
_SIZE = NUM_CAMERAS * (NUM_SUBJECTS * _EXTRINSIC + _INTRINSIC)
_MAX_BYTES = 1 << 24
_METRES = 1e-3


class Metadata(NamedTuple):
    """The cameras.

    Attributes:
      cameras: Their names, e.g. 54138969, in order.
      subjects: The subjects, S1 to S11.
      lenses: The lens of each camera.
      extrinsics: `(4, 11, 4, 4)` from the world into each camera, metres, by subject.
    """

    cameras: tuple[str, ...]
    subjects: tuple[str, ...]
    lenses: dict[str, Lens]
    extrinsics: np.ndarray

    def world_to_camera(self, subject: str, camera: str) -> np.ndarray:
        """Gives the extrinsics `(4, 4)` of a camera while a subject was recorded."""
        return self.extrinsics[self.cameras.index(camera), self.subjects.index(subject)]


def read(data: bytes, name: str) -> Metadata:
    """Reads the file.

    Args:
      data: Its content.
      name: How errors call it.

    Raises:
      InputError: If it is no such file or a part is missing or wrong.
    """
    if len(data) > _MAX_BYTES or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise InputError(f"{name}: expected Human3.6M's metadata.xml, received something else")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise InputError(f"{name}: expected XML, received: {error}") from None
    cameras = _texts(root, "dbcameras/index2id", NUM_CAMERAS, name)
    subjects = _texts(root, "mapping/*", NUM_SUBJECTS + 2, name)[2:]
    numbers = _numbers(root, name)
    count = NUM_CAMERAS * NUM_SUBJECTS * _EXTRINSIC
    outer = numbers[:count].reshape(NUM_CAMERAS, NUM_SUBJECTS, _EXTRINSIC)
    inner = numbers[count:].reshape(NUM_CAMERAS, _INTRINSIC)
    if not (inner[:, :2] > 0).all():
        raise InputError(f"{name}, w0: expected focal lengths above 0, received {inner[:, :2]}")
    lenses = {
        camera: Lens(*np.split(row, [2, 4, 7])) for camera, row in zip(cameras, inner, strict=True)
    }
    return Metadata(cameras, subjects, lenses, _extrinsics(outer))


def _extrinsics(outer: np.ndarray) -> np.ndarray:
    angles, positions = np.split(outer.reshape(-1, _EXTRINSIC), 2, axis=1)
    rotations = Rotation.from_euler("XYZ", angles).as_matrix()
    extrinsics = np.tile(np.eye(4), (len(outer.reshape(-1, _EXTRINSIC)), 1, 1))
    extrinsics[:, :3, :3] = rotations
    extrinsics[:, :3, 3] = -np.einsum("nij,nj->ni", rotations, _METRES * positions)
    return extrinsics.reshape(*outer.shape[:2], 4, 4)


def _texts(root: ElementTree.Element, path: str, count: int, name: str) -> tuple[str, ...]:
    """The texts within the first element of a path; text of other kinds is empty."""
    element = root.find(path)
    texts = () if element is None else tuple((child.text or "").strip() for child in element)
    named = texts[-(count - 2) :] if path.startswith("mapping") else texts
    if len(texts) != count or not all(named) or len(set(named)) != len(named):
        raise InputError(f"{name}, {path}: expected {count} entries, received {list(texts)[:14]}")
    return texts


def _numbers(root: ElementTree.Element, name: str) -> np.ndarray:
    element = root.find("w0")
    text = "" if element is None else (element.text or "").strip()
    try:
        numbers = np.array([float(word) for word in text.strip("[]").split()])
    except ValueError as error:
        raise InputError(f"{name}, w0: expected {_SIZE} numbers, received: {error}") from None
    if len(numbers) != _SIZE:
        raise InputError(f"{name}, w0: expected {_SIZE} numbers, received {len(numbers)}")
    if not np.isfinite(numbers).all():
        raise InputError(f"{name}, w0: expected finite numbers, received NaN")
    return numbers
