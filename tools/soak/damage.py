"""Files of an output directory that are not whole."""

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
from PIL import Image


def files(directory: Path) -> Iterator[Path]:
    """Yields the files that a user sees: not those whose name, or directory, begins with a dot."""
    for path in sorted(directory.rglob("*")):
        is_hidden = any(part.startswith(".") for part in path.relative_to(directory).parts)
        if path.is_file() and not is_hidden:
            yield path


def left_behind(directory: Path) -> list[Path]:
    """Lists the temporary files and directories: those whose name begins with a dot."""
    return sorted(path for path in directory.rglob(".*") if path.name != ".lock")


def half_written(directory: Path) -> list[str]:
    """Reads every file of a known kind to its end.

    Args:
      directory: The output of a program that was disturbed.

    Returns:
      A line for each file that cannot be read.
    """
    found = []
    for path in files(directory):
        check = _CHECKS.get(path.suffix)
        try:
            if check is not None:
                check(path)
        except Exception as error:
            found.append(f"{path.relative_to(directory)}: {type(error).__name__}: {error}")
    return found


def _check_json(path: Path) -> None:
    json.loads(path.read_text("utf-8"))


def _check_lines(path: Path) -> None:
    """A log grows by lines: its last one may be cut off, and the next run removes that."""
    for line in path.read_text("utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            json.loads(line)


def _check_npz(path: Path) -> None:
    with np.load(path, allow_pickle=False) as file:
        for name in file.files:
            _ = file[name]


def _check_picture(path: Path) -> None:
    with Image.open(path) as image:
        image.load()


def _check_glb(path: Path) -> None:
    content = path.read_bytes()
    magic, _, length = struct.unpack("<4sII", content[:12])
    if magic != b"glTF" or length != len(content):
        raise ValueError(f"expected {length} bytes, received {len(content)}")


def _check_video(path: Path) -> None:
    with av.open(str(path)) as video:
        for _ in video.decode(video=0):
            pass


_CHECKS: dict[str, Callable[[Path], None]] = {
    ".json": _check_json,
    ".jsonl": _check_lines,
    ".npz": _check_npz,
    ".png": _check_picture,
    ".glb": _check_glb,
    ".mp4": _check_video,
}
