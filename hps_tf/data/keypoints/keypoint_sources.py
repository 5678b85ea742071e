"""Keypoint files of any known format, read as one list of people.

The content of a file decides its format, except that arrays and YOLO's labels end in .npz, .npy
and .txt.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hps_tf.data.keypoints import (
    coco_keypoints,
    detections_json,
    detectron2_pth,
    keypoint_arrays,
    keypoint_npz,
    movenet_pose,
    openpose_json,
    vitpose_json,
    yolo_labels,
)
from hps_tf.data.keypoints.people import People, Person, Skipped
from hps_tf.errors import InputError
from hps_tf.io import json_values
from hps_tf.io.sorting import natural_order

#: Names of formats that a caller may ask for.
FORMATS = {
    "coco": "COCO's annotations or results",
    "openpose": "OpenPose's people",
    "npz": "arrays of keypoints",
    "yolo": "YOLO's labels",
    "vitpose": "easy_ViTPose's frames",
    **{kind.FORMAT: kind.NAME for kind in detections_json.KINDS},
}

_MAX_BYTES = 1 << 30
_NUM_LOOKED_AT = 50  # Files that decide together which layout OpenPose's 25 keypoints have.
_SUFFIXES = ("*.json", "*.txt", "*.npz", "*.npy")
_LINES = (".jsonl", ".ndjson")  # Files of a JSON text per line.
_NO_LABELS = ("classes.txt", "labels.txt")  # Names of classes beside YOLO's labels.


class _File(NamedTuple):
    """A file that was parsed: its format, its content, and what reads that."""

    path: Path
    format: str
    content: Any
    read: Callable[..., People]


def read(
    paths: Sequence[Path], *, keypoint_set: str | None = None, only: str | None = None
) -> People:
    """Reads keypoint files one after the other.

    Args:
      paths: Files, or directories of the files of one program, which are read by name.
      keypoint_set: ``"body_25"`` or ``"body_25b"``, the layout of OpenPose's 25 keypoints; by
        default by where the keypoints of all files lie.
      only: A key of `FORMATS` that all files must have.

    Returns:
      All people; images are numbered on from file to file.

    Raises:
      InputError: If a file is missing, damaged or of no known format, the files' keypoints are of
        different sets, or an identifier stands for two people.
    """
    people: list[Person] = []
    skipped: list[Skipped] = []
    num_images = 0
    known_set = None
    known: dict[str, Path] = {}
    first = list(itertools.islice(parsed := _parsed(paths, only), _NUM_LOOKED_AT))
    layout = keypoint_set or _layout_of_25(first)
    for file in itertools.chain(first, parsed):
        options = {"layout_of_25": layout} if file.format == "openpose" else {}
        found = file.read(file.content, str(file.path), num_images, **options)
        if known_set not in (None, found.keypoint_set):
            raise InputError(
                f"{file.path}: expected keypoints of the set {known_set} as in the other files,"
                f" received {found.keypoint_set}"
            )
        ids = {p.person_id for p in found.people} | {s.person_id for s in found.skipped}
        for person_id in sorted(ids & known.keys()):
            raise InputError(
                f"{file.path}: expected other people than in {known[person_id]}, received"
                f" {person_id!r} again"
            )
        known |= dict.fromkeys(ids, file.path)
        people += found.people
        skipped += found.skipped
        num_images += found.num_images
        known_set = found.keypoint_set
    return People(known_set or "coco17", people, skipped, num_images)


def _parsed(paths: Sequence[Path], only: str | None) -> Iterator[_File]:
    for path in _files(paths):
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path}: expected at most {_MAX_BYTES} bytes")
        file = _parse(path)
        if only is not None and file.format != only:
            raise InputError(f"{path}: expected {FORMATS[only]}, received {FORMATS[file.format]}")
        yield file


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from _files_of(path)
        elif path.is_file():
            yield path
        else:
            raise InputError(f"{path}: expected a keypoint file or a directory of them")


def _files_of(directory: Path) -> list[Path]:
    """The files of a directory that have the first suffix of which there is a file."""
    for suffix in _SUFFIXES:
        files = [path for path in directory.glob(suffix) if not path.name.startswith("._")]
        files = [path for path in files if path.name not in _NO_LABELS]
        if files:
            return sorted(files, key=lambda file: natural_order(file.name))
    raise InputError(f"{directory}: expected *.json files, or *.txt, *.npz or *.npy, received none")


def _parse(path: Path) -> _File:
    data = path.read_bytes()
    suffix = path.suffix.lower()
    if suffix == ".npz":
        if keypoint_arrays.is_archive_of_movenet(data):
            return _File(path, movenet_pose.FORMAT, data, keypoint_arrays.read)
        return _File(path, "npz", data, keypoint_npz.read)
    if suffix == ".npy":
        return _File(path, movenet_pose.FORMAT, data, keypoint_arrays.read)
    if suffix == ".txt" and yolo_labels.matches(data):
        return _File(path, "yolo", data, yolo_labels.read)
    if detectron2_pth.matches(data):
        return _File(path, "coco", detectron2_pth.parse(data, str(path)), _read_coco)
    if suffix in _LINES:
        lines = [line for line in data.splitlines() if line.strip()]
        parsed = [json_values.parse(text, f"{path}, line {i + 1}") for i, text in enumerate(lines)]
        return _of_json(path, parsed)
    return _of_json(path, json_values.parse(data, str(path)))


def _of_json(path: Path, content: Any) -> _File:
    if openpose_json.matches(content):
        return _File(path, "openpose", content, openpose_json.read)
    if isinstance(content, dict) and "annotations" in content:
        return _File(path, "coco", content, _read_coco)
    if vitpose_json.matches(content):
        return _File(path, "vitpose", content, vitpose_json.read)
    is_list = isinstance(content, list)
    if is_list and any(isinstance(entry, dict) and "image_id" in entry for entry in content):
        return _File(path, "coco", content, _read_coco)
    kind = detections_json.kind_of(content)
    if kind is not None:
        return _File(path, kind.FORMAT, content, detections_json.read)
    if is_list and not _holds_anything(content):  # Nobody was detected.
        return _File(path, "coco", [], _read_coco)
    received = repr(content)[:60] if not isinstance(content, list) else "a list of others"
    if isinstance(content, dict):
        received = "fields " + (", ".join(map(repr, list(content)[:5])) or "none")
    raise InputError(
        f"{path}: expected COCO's annotations, a list of COCO's results, or OpenPose's people,"
        f" or poses of MediaPipe, MoveNet, MMPose, ViTPose, AlphaPose or YOLO, received {received}"
    )


def _holds_anything(value: Any) -> bool:
    """Whether nested lists and objects hold anything but one another."""
    inside = [value]
    while inside:
        item = inside.pop()
        if isinstance(item, list | dict):
            inside += item.values() if isinstance(item, dict) else item
        elif item is not None:
            return True
    return False


def _read_coco(content: Any, name: str, first_frame: int) -> People:
    """Skips what is damaged, called by where it stands in the file."""
    found = coco_keypoints.read(content, name, first_frame, skip_bad=True)
    damaged = [Skipped(*error.split(": ", 1)) for error in found.damaged]
    return found._replace(skipped=found.skipped + damaged, damaged=())


def _layout_of_25(files: Iterable[_File]) -> str:
    people: list[np.ndarray] = []
    for file in files:
        if file.format == "openpose":
            people += openpose_json.people_of_25(file.content)
    return openpose_json.tell_layout(people)
