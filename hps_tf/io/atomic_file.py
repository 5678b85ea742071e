"""Files that appear whole or not at all."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yields a temporary path beside `path`; on success it is renamed to `path`.

    When the block raises, the temporary file is removed and the file at `path` stays as it
    was. The rename is atomic, so a reader never sees half a file.

    The file has exactly the given name, with any suffix. A writer that picks a name
    by itself (NumPy's `savez` does, of names without ``.npz``) must be handed an open file.

    Args:
      path: The file to write; its directory must exist.

    Yields:
      The temporary path, with the same suffix as `path` (writers choose a format by it).

    Raises:
      IsADirectoryError: If `path` is a directory.
      FileNotFoundError: If there is no directory to put it in.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such directory", str(path.parent))
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp creates files for the owner alone; give the usual permissions instead.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
