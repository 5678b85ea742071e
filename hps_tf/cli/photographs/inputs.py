"""Input files: photographs, videos and directories of them.

The content of a file decides what it is. A file of a directory that is neither a photograph nor a
video is skipped, unless its name says that it should be one.
"""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from hps_tf.io.sorting import natural_order

_IMAGE_SUFFIX = re.compile(
    r"\.(avif|bmp|gif|hei[cf]|jfif|jp2|jpe|jpeg|jpg|pgm|png|ppm|tiff?|webp)", re.IGNORECASE
)
_VIDEO_SUFFIX = re.compile(
    r"\.(3gp|avi|flv|m2ts|m4v|mkv|mov|mp4|mpe?g|mts|ogv|ts|webm|wmv)", re.IGNORECASE
)
_IMAGE_STARTS = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"\0\0\0\x0cjP",
    b"\xff\x4f\xff\x51",
)
_VIDEO_STARTS = (b"\x1aE\xdf\xa3", b"\0\0\1\xba", b"\0\0\1\xb3", b"FLV\1", b"0&\xb2u", b"OggS")
_STILL_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")
_MAX_NAMED = 5


@dataclasses.dataclass(frozen=True)
class Failure:
    """An unusable input, and a line that says why."""

    name: str
    line: str

    @classmethod
    def of(cls, path: Path, reason: str) -> "Failure":
        """Makes the line of a path and the reason."""
        return cls(str(path), f"{path}: {reason}")


@dataclasses.dataclass(frozen=True)
class Inputs:
    """The work of a run.

    Attributes:
      photographs: Files.
      videos: Files of videos, and lists of the files that are the frames of one.
      failures: Inputs that cannot be used.
      skipped: Lines about what directories hold besides.
    """

    photographs: list[Path]
    videos: list[Path | list[Path]]
    failures: list[Failure]
    skipped: list[str]


def gather(paths: Sequence[Path], *, is_video: bool) -> Inputs:
    """Finds the files.

    Args:
      paths: Files and directories; of a directory, the files in it.
      is_video: Whether photographs are the frames of a video: those of each directory, and those
        given by name together.
    """
    found = Inputs([], [], [], [])
    seen: set[Path] = set()
    frames: list[Path] = []
    for path in paths:
        if path.is_dir():
            _gather_directory(path, found, seen, is_video)
        elif not path.is_file():
            received = "something else" if path.exists() else "none"
            reason = f"expected a file or a directory, received {received}"
            found.failures.append(Failure.of(path, reason))
        elif path.resolve() not in seen:
            seen.add(path.resolve())
            if _is_video(path):
                found.videos.append(path)
            else:
                (frames if is_video else found.photographs).append(path)
    if frames:
        found.videos.append(frames)
    return found


def _gather_directory(directory: Path, found: Inputs, seen: set[Path], is_video: bool) -> None:
    entries = sorted(directory.iterdir(), key=lambda path: natural_order(path.name))
    entries = [path for path in entries if not path.name.startswith(".")]
    photographs, others, directories, count = [], [], [], 0
    for path in entries:
        if path.is_dir():
            directories.append(path.name)
        elif not path.is_file() or not (_is_image(path) or _is_video(path)):
            others.append(path.name)
        else:
            count += 1
            if path.resolve() in seen:
                continue
            seen.add(path.resolve())
            if _is_video(path):
                found.videos.append(path)
            else:
                photographs.append(path)
    if is_video and photographs:
        found.videos.append(photographs)
    else:
        found.photographs.extend(photographs)
    if not count:
        reason = "expected photographs or videos, received a directory without"
        found.failures.append(Failure.of(directory, reason))
    if others:
        found.skipped.append(f"{directory}: no photographs or videos: {_named(others)}")
    if directories:
        found.skipped.append(f"{directory}: directories in it: {_named(directories)}")


def _is_image(path: Path) -> bool:
    if _IMAGE_SUFFIX.fullmatch(path.suffix):
        return True
    head = _head(path)
    is_still = head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS
    is_webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    return is_still or is_webp or head.startswith(_IMAGE_STARTS)


def _is_video(path: Path) -> bool:
    head = _head(path)
    if head.startswith(_IMAGE_STARTS):
        return False
    if head[4:8] == b"ftyp":
        return head[8:12] not in _STILL_BRANDS
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return True
    return head.startswith(_VIDEO_STARTS) or _VIDEO_SUFFIX.fullmatch(path.suffix) is not None


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(12)
    except OSError:
        return b""


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MAX_NAMED])
    return shown + (f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else "")
