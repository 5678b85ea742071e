"""Keypoint files of any known format, read as one list of people."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hps_tf.data.keypoints import coco_keypoints, keypoint_npz, openpose_json
from hps_tf.data.keypoints.people import People, Person, Skipped
from hps_tf.errors import InputError
from hps_tf.io import json_values
from hps_tf.io.natural_order import natural_order

_MAX_BYTES = 1 << 30


def read(paths: Sequence[Path]) -> People:
    """Reads keypoint files one after the other.

    Args:
      paths: COCO's JSON, OpenPose's, .npz files, or directories of OpenPose's, read by name.

    Returns:
      All people; images are numbered on from file to file.

    Raises:
      InputError: If a file is missing, damaged or of no known format, the files' keypoints are of
        different sets, or an identifier stands for two people.
    """
    people: list[Person] = []
    skipped: list[Skipped] = []
    num_images = 0
    keypoint_set = None
    known: dict[str, Path] = {}
    for path in _files(paths):
        found = _read_one(path, num_images)
        if keypoint_set not in (None, found.keypoint_set):
            raise InputError(
                f"{path}: expected keypoints of the set {keypoint_set} as in the other files,"
                f" received {found.keypoint_set}"
            )
        for person_id in [p.person_id for p in found.people] + [s.person_id for s in found.skipped]:
            if person_id in known:
                raise InputError(
                    f"{path}: expected other people than in {known[person_id]}, received"
                    f" {person_id!r} again"
                )
            known[person_id] = path
        people += found.people
        skipped += found.skipped
        num_images += found.num_images
        keypoint_set = found.keypoint_set
    return People(keypoint_set or "coco17", people, skipped, num_images)


def _without_damaged(found: People) -> People:
    """Skips what is damaged, called by where it stands in the file."""
    damaged = [Skipped(*error.split(": ", 1)) for error in found.damaged]
    return found._replace(skipped=found.skipped + damaged, damaged=())


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            files = sorted(path.glob("*.json"), key=lambda file: natural_order(file.name))
            if not files:
                raise InputError(f"{path}: expected OpenPose's *.json files, received none")
            yield from files
        elif path.is_file():
            yield path
        else:
            raise InputError(f"{path}: expected a keypoint file or a directory of them")


def _read_one(path: Path, first_frame: int) -> People:
    if path.stat().st_size > _MAX_BYTES:
        raise InputError(f"{path}: expected at most {_MAX_BYTES} bytes")
    if path.suffix == ".npz":
        return keypoint_npz.read(path.read_bytes(), str(path), first_frame)
    content: Any = json_values.parse(path.read_bytes(), str(path))
    if isinstance(content, dict) and "people" in content:
        return openpose_json.read(content, str(path), first_frame)
    if isinstance(content, list) or (isinstance(content, dict) and "annotations" in content):
        return _without_damaged(coco_keypoints.read(content, str(path), first_frame, skip_bad=True))
    received = repr(content)[:60]
    if isinstance(content, dict):
        received = "fields " + (", ".join(map(repr, list(content)[:5])) or "none")
    raise InputError(
        f"{path}: expected COCO's annotations, a list of COCO's results, or OpenPose's people,"
        f" received {received}"
    )
