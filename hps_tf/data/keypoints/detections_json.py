"""Reader of detectors' JSON whose poses lie in images or frames, in any usual nesting.

A pose is of one of the kinds of `KINDS`. A file holds one pose; a list of them; objects with such a
list under `landmarks`, `instances` or the like, one per image or frame; a list of these under
`frames`, `instance_info` or the like; or an object of these by image name. Frames are known by
`frame_id` or the like or by their place, images by `file_name` or the like; the only image of a
file is named after the file.
"""

from collections.abc import Iterator
from pathlib import PurePath
from types import ModuleType
from typing import Any, NamedTuple

from hps_tf.data.keypoints import landmark_pose, mmpose_pose, movenet_pose, ultralytics_pose
from hps_tf.data.keypoints.people import ImageEntry, People, image_names
from hps_tf.data.keypoints.roster import Roster, size_of, stem_names
from hps_tf.errors import InputError

#: Modules of kinds of poses, each with `matches`, `read` and `lists_are_frames`.
KINDS: tuple[ModuleType, ...] = (ultralytics_pose, landmark_pose, mmpose_pose, movenet_pose)

_MAX_DEPTH = 6
_MAX_LOOKED_AT = 64  # Entries of a list or object in which a pose is looked for.

_FRAMES = ("frames", "results", "data", "instance_info", "predictions", "detections")
_POSES = (
    "instances",
    "poses",
    "landmarks",
    "pose_landmarks",
    "poseLandmarks",
    "output_0",
    "keypoints",
)
_NAMES = ("file_name", "filename", "image_name", "image_path", "img_path", "image", "path")
_NUMBERS = ("frame_id", "frame_index", "frame_idx", "frame_number", "frame", "index")
_SIDES = (
    ("height", "width"),
    ("image_height", "image_width"),
    ("canvas_height", "canvas_width"),
    ("img_height", "img_width"),
    ("imageHeight", "imageWidth"),
)
#: What programs put around an image's stem in the names of their files.
_PREFIX, _SUFFIXES = "results_", ("_result", "_results", "_keypoints", "_landmarks", "_pose")


class _Frame(NamedTuple):
    """An image or a frame: what the file says of it, and its poses with where they stand."""

    poses: list[tuple[str, Any]]
    fields: dict[str, Any]
    key: str | None = None
    track_id: str | None = None


def kind_of(content: Any) -> ModuleType | None:
    """Returns the kind of the first pose in a file; None without one."""
    return _find(content, 0)


def read(content: Any, name: str, first_frame: int = 0) -> People:
    """Reads people from parsed JSON.

    Args:
      content: The file's content, as `json_values.parse` gives it.
      name: The file's name; errors call it so, and its only image is named after it.
      first_frame: Index of the first image.

    Returns:
      The people; coordinates are fractions of the image where the file gives fractions. Damaged
      poses are left out.

    Raises:
      InputError: If there is no pose of a known kind.
    """
    kind = kind_of(content)
    if kind is None:
        raise InputError(f"{name}: expected poses of a known kind, received none")
    frames = list(_frames(content, name, kind))
    roster = Roster(first_frame)
    stem = image_stem(name)
    names = _keypoint_names(content)
    for place, frame in enumerate(frames):
        image, image_stem_ = _image(roster, frame, place, stem, is_only=len(frames) == 1)
        for where, pose in frame.poses:
            person_id = roster.name(image, image_stem_)
            with roster.tolerance(person_id):
                if not kind.matches(pose):
                    raise InputError(f"{where}: expected {kind.NAME} like the others in the file")
                detection = kind.read(pose, where, names)
                if detection.track_id is None:
                    detection = detection._replace(track_id=frame.track_id)
                roster.add(person_id, image, detection)
    return roster.people()


def image_stem(name: str) -> str:
    """Returns the stem of the image that a file of one image is named after."""
    stem = PurePath(name).stem.removeprefix(_PREFIX)
    for suffix in _SUFFIXES:
        stem = stem.removesuffix(suffix)
    return stem or PurePath(name).stem


def _find(value: Any, depth: int) -> ModuleType | None:
    for kind in KINDS:
        if kind.matches(value):
            return kind
    if depth == _MAX_DEPTH or not isinstance(value, dict | list):
        return None
    entries = list(value.values()) if isinstance(value, dict) else value
    for entry in [entry for entry in entries[:_MAX_LOOKED_AT] if entry] or _first_filled(entries):
        found = _find(entry, depth + 1)
        if found is not None:
            return found
    return None


def _first_filled(entries: list[Any]) -> list[Any]:
    """The first entry that is not empty, of a video that nobody is in for long."""
    return [next(filter(None, entries))] if any(entries) else []


def _frames(
    value: Any, where: str, kind: ModuleType, depth: int = 0, *, is_whole: bool = True
) -> Iterator[_Frame]:
    """Walks through a file; an entry without poses is an image without people.

    Args:
      value: A part of the file.
      where: How errors call it.
      kind: The kind of its poses.
      depth: How deep it lies.
      is_whole: Whether it is all frames of the file, not what one of them holds.
    """
    if kind.matches(value):
        yield _Frame([(where, value)], value if isinstance(value, dict) else {})
    elif depth > _MAX_DEPTH or not isinstance(value, dict | list) or not value:
        yield _Frame([], value if isinstance(value, dict) else {})
    elif isinstance(value, list):
        poses = _poses(value, where, kind)
        if poses is not None and _are_of_one_image(poses, kind, is_whole):
            yield _Frame(poses, {})
        else:
            for index, entry in enumerate(value):
                inside = f"{where}[{index}]"
                yield from _frames(entry, inside, kind, depth + 1, is_whole=False)
    else:
        yield from _frames_of_object(value, where, kind, depth)


def _frames_of_object(
    value: dict[str, Any], where: str, kind: ModuleType, depth: int
) -> Iterator[_Frame]:
    for field in _FRAMES:
        if isinstance(value.get(field), list):
            frames = list(_frames(value[field], f"{where}, {field}", kind, depth + 1))
            # What names a file of several frames names a video, not an image.
            names = () if len(frames) == 1 else (*_NAMES, *_NUMBERS)
            shared = {name: value[name] for name in value if name not in names}
            yield from (frame._replace(fields=shared | frame.fields) for frame in frames)
            return
    for field in _POSES:
        if field in value:
            inside = f"{where}, {field}"
            inner = _frames(value[field], inside, kind, depth + 1, is_whole=False)
            yield from (frame._replace(fields=value | frame.fields) for frame in inner)
            return
    for key, entry in value.items():
        if isinstance(entry, dict | list):
            inside = f"{where}, {key!r}"
            for frame in _frames(entry, inside, kind, depth + 1, is_whole=False):
                # Of people by identifier, each with frames by number.
                is_track = frame.key is not None and frame.key.isdecimal()
                track_id = key if is_track else frame.track_id
                yield frame._replace(key=frame.key or key, track_id=track_id)


def _poses(value: list[Any], where: str, kind: ModuleType) -> list[tuple[str, Any]] | None:
    """The poses of a list of poses, damaged ones too; None of a list of anything else."""
    is_pose = [kind.matches(entry) for entry in value]
    if not any(is_pose):
        return None
    return [(f"{where}[{index}]", entry) for index, entry in enumerate(value) if entry]


def _are_of_one_image(poses: list[tuple[str, Any]], kind: ModuleType, is_whole: bool) -> bool:
    """Whether a list of poses is of one image: they name none, nor a frame, of their own."""
    of_their_own = (*_NAMES, *_NUMBERS)
    for _, pose in poses:
        if isinstance(pose, dict) and not pose.keys().isdisjoint(of_their_own):
            return False
    return not is_whole or not kind.lists_are_frames(poses[0][1])


def _image(
    roster: Roster, frame: _Frame, place: int, stem: str, *, is_only: bool
) -> tuple[ImageEntry, str]:
    """The image of a frame, and the stem that its people are named after."""
    fields = frame.fields
    size = next(
        (size for h, w in _SIDES if (size := size_of(fields.get(h), fields.get(w))) is not None),
        None,
    )
    named = [fields[field] for field in _NAMES if _is_name(fields.get(field))]
    if named:
        return roster.image((named[0],), size), PurePath(named[0].replace("\\", "/")).stem
    if frame.key is not None and not frame.key.isdecimal() and _is_name(frame.key):
        suffix = PurePath(frame.key).suffix
        names = (frame.key,) if suffix else stem_names(frame.key)
        return roster.image(names, size), PurePath(frame.key.replace("\\", "/")).stem
    numbers = [fields[field] for field in _NUMBERS if _is_number(fields.get(field))]
    if is_only:
        return roster.image(image_names(stem), size), stem
    number = numbers[0] if numbers else place
    if frame.key is not None and frame.key.isdecimal() and len(frame.key) < 16:
        number = int(frame.key)
    return roster.image(stem_names(f"{int(number):06d}"), size), f"{stem}_{int(number):06d}"


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) < 1000 and value.isprintable()


def _is_number(value: Any) -> bool:
    is_whole = isinstance(value, int | float) and not isinstance(value, bool)
    return is_whole and 0 <= value < 1e15 and value == int(value)


def _keypoint_names(content: Any) -> list[str] | None:
    """The names of the keypoints as MMPose's `meta_info` lists them, by number."""
    meta = content.get("meta_info") if isinstance(content, dict) else None
    names = meta.get("keypoint_id2name") if isinstance(meta, dict) else None
    if not isinstance(names, dict) or not names:
        return None
    ordered = [names.get(str(number)) for number in range(len(names))]
    return [str(name) for name in ordered] if all(ordered) else None
