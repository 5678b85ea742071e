"""The files of a data set, from a directory or a tar archive.

An archive is read member by member and never unpacked, so that nothing in it can write anywhere.
"""

import lzma
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from hps_tf.errors import InputError

#: No motion file is as large; an archive that claims one would fill the memory.
MAX_FILE_BYTES = 1 << 30


class SourceFile(NamedTuple):
    """A file: its path within the data set, with forward slashes, and its content."""

    path: str
    data: bytes


#: Told of a wanted file that cannot be read: its path within the data set, and why.
Unreadable = Callable[[str, Exception], None]


def read_all(
    source: Path, wanted: Callable[[str], bool], unreadable: Unreadable | None = None
) -> Iterator[SourceFile]:
    """Reads the wanted files of a directory or archive, one at a time.

    Args:
      source: A directory, searched with its subdirectories in order of name, then with those it
        links to; or a tar archive, plain or compressed, in its own order.
      wanted: Tells from the path within the data set whether to read a file.
      unreadable: Told of the files of a directory that cannot be read; without it, they are errors.

    Raises:
      InputError: If there is no such directory or archive, the archive is damaged, or one of its
        members is a link, a device or has a path that leads outside.
    """
    if source.is_dir():
        yield from _read_directory(source, wanted, unreadable or _refuse)
    elif source.is_file():
        yield from _read_archive(source, wanted)
    else:
        raise InputError(f"{source}: expected a directory or a tar archive, received neither")


def _read_directory(
    source: Path, wanted: Callable[[str], bool], unreadable: Unreadable
) -> Iterator[SourceFile]:
    for path in _walk(source):
        relative = path.relative_to(source).as_posix()
        if not wanted(relative):
            continue
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise InputError(f"{path}: expected at most {MAX_FILE_BYTES} bytes")
            data = path.read_bytes()
        except (InputError, OSError) as error:
            unreadable(relative, error)
        else:
            yield SourceFile(relative, data)


def _walk(source: Path) -> Iterator[Path]:
    """Lists the files of a directory and of those it links to, each directory once.

    What lies within comes first, so that it keeps its own path if a link leads to it as well.
    """
    seen: set[tuple[int, int]] = set()
    starts = [source]
    for start in starts:
        for parent, directories, names in os.walk(start, onerror=_raise):
            status = os.stat(parent)
            if (status.st_dev, status.st_ino) in seen:
                directories.clear()
                continue
            seen.add((status.st_dev, status.st_ino))
            directories.sort()
            starts += [
                link for link in map(Path(parent).joinpath, directories) if link.is_symlink()
            ]
            yield from (Path(parent, name) for name in sorted(names))


def _raise(error: OSError) -> None:
    raise error


def _refuse(path: str, error: Exception) -> None:
    raise error


def _read_archive(source: Path, wanted: Callable[[str], bool]) -> Iterator[SourceFile]:
    try:
        with tarfile.open(source, "r:*") as archive:
            for member in archive:
                _check_member(member, source)
                path = PurePosixPath(member.name).as_posix()
                if member.isreg() and wanted(path):
                    stream = archive.extractfile(member)
                    assert stream is not None  # of a regular file, it never is
                    with stream:
                        data = stream.read()
                    if len(data) != member.size:
                        raise EOFError
                    yield SourceFile(path, data)
    # Sizes that a damaged header states may be more than there is memory.
    except (
        *(tarfile.TarError, lzma.LZMAError, zlib.error, EOFError),
        *(MemoryError, OverflowError),
    ) as error:
        reason = " ".join(str(error).split()) or "unexpected end"
        raise InputError(
            f"{source}: expected a directory or a tar archive, received a file that is not one or"
            f" is cut off ({reason})"
        ) from None


def _check_member(member: tarfile.TarInfo, source: Path) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts:
        raise InputError(
            f"{source}, member {member.name!r}: expected a path within the archive, received one"
            " that leads outside"
        )
    if not (member.isreg() or member.isdir()) or member.issparse():
        kind = "a sparse file" if member.issparse() else "a link or device"
        raise InputError(
            f"{source}, member {member.name!r}: expected files and directories only, received"
            f" {kind}"
        )
    if member.size > MAX_FILE_BYTES:
        raise InputError(
            f"{source}, member {member.name!r}: expected at most {MAX_FILE_BYTES} bytes, received"
            f" {member.size}"
        )
