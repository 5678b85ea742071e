"""The intrinsics of images: given, of the keypoint file, or of the default camera."""

import dataclasses
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from hps_tf.data.images import default_camera
from hps_tf.data.keypoints.people import ImageEntry, Person
from hps_tf.errors import InputError
from hps_tf.geometry import camera_matrix
from hps_tf.io import json_values

_PARAMETERS = ("fx", "fy", "cx", "cy")


class Intrinsics:
    """Camera matrices from a file: one for all images, or one per image.

    Args:
      path: JSON: ``{"fx", "fy", "cx", "cy"}`` or a 3 x 3 matrix, or an object of such by file name.

    Raises:
      InputError: If it is neither.
    """

    def __init__(self, path: Path):
        self._path = path
        content = json_values.parse(path.read_bytes(), str(path))
        is_one = isinstance(content, list) or (isinstance(content, dict) and "fx" in content)
        self._shared = _matrix(content, str(path)) if is_one else None
        self._by_name: dict[str, np.ndarray] = {}
        if not is_one:
            for name, value in json_values.as_object(content, str(path)).items():
                self._by_name[name] = _matrix(value, f"{path}, {name!r}")

    def of(self, image: ImageEntry) -> np.ndarray:
        """Returns the `(3, 3)` matrix of an image.

        Raises:
          InputError: If the file has none.
        """
        if self._shared is not None:
            return self._shared
        for name in image.names:
            for known in (name, PurePath(name).name):
                if known in self._by_name:
                    return self._by_name[known]
        raise InputError(f"{self._path}: expected intrinsics of {image.names[0]!r}, received none")


def with_intrinsics(people: list[Person], given: Intrinsics | None) -> list[Person]:
    """Gives every person the intrinsics of its image: the given, the file's own, or the default.

    Raises:
      InputError: If the people of one image were seen by different cameras.
    """
    seeing: dict[int, np.ndarray] = {}
    equipped = []
    for person in people:
        matrix = given.of(person.image) if given is not None else person.intrinsics
        if matrix is None:
            assert person.image.size is not None  # image_sizes gave it one.
            matrix = default_camera.intrinsics(person.image.size)
        _check(matrix, f"the intrinsics of {person.person_id!r}")
        if not np.array_equal(seeing.setdefault(person.image.frame, matrix), matrix):
            raise InputError(
                f"the intrinsics of {person.person_id!r}: expected those of the other people in"
                " the image"
            )
        equipped.append(dataclasses.replace(person, intrinsics=matrix))
    return equipped


def _matrix(value: Any, where: str) -> np.ndarray:
    if isinstance(value, list):
        rows = [json_values.as_numbers(row, f"{where}[{i}]") for i, row in enumerate(value)]
        if [len(row) for row in rows] != [3, 3, 3]:
            raise InputError(f"{where}: expected a matrix of 3 x 3 numbers")
        matrix = np.array(rows)
    else:
        fields = json_values.as_object(value, where)
        numbers = [json_values.member(fields, name, where) for name in _PARAMETERS]
        fx, fy, cx, cy = json_values.as_numbers(numbers, f"{where}, {', '.join(_PARAMETERS)}")
        matrix = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    _check(matrix, where)
    return matrix


def _check(matrix: np.ndarray, where: str) -> None:
    if not camera_matrix.is_sound(matrix).numpy():
        raise InputError(
            f"{where}: expected {camera_matrix.EXPECTED}, received"
            f" {np.array2string(matrix, separator=', ').replace(chr(10), '')}"
        )
