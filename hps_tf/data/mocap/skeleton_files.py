"""The skeleton files of a data set, and which of them an AMC file moves.

A data set may hold a skeleton of one name in several directories; the nearest one counts.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from hps_tf.data.mocap.source_files import SourceFile
from hps_tf.data.mocap.source_text import compose
from hps_tf.errors import InputError

_SUFFIX = ".asf"


def is_skeleton_file(path: str) -> bool:
    """Tells whether a path names a skeleton file; macOS's files of attributes do not."""
    name = PurePosixPath(path).name.lower()
    return name.endswith(_SUFFIX) and not name.startswith("._")


def stem(skeleton: SourceFile) -> str:
    """Returns a skeleton file's name without its suffix."""
    return compose(PurePosixPath(skeleton.path).name)[: -len(_SUFFIX)]


class SkeletonFiles:
    """All skeleton files of a data set."""

    def __init__(self, files: Sequence[SourceFile]):
        self._files = files

    def named(self, name: str, path: str) -> SourceFile | None:
        """Returns the skeleton of a name nearest to a motion file.

        Args:
          name: Without suffix; in any case, if none is written like it.
          path: The motion file.

        Raises:
          InputError: If several different ones are equally near.
        """
        return self._nearest([file for file in self._files if _equal(stem(file), name)], name, path)

    def beginning(self, name: str, path: str) -> SourceFile | None:
        """Returns the skeleton that a motion file's name begins with: the nearest, then longest.

        Args:
          name: The motion file's, without suffix. A skeleton's may end before any character that is
            neither letter nor digit.
          path: The motion file.

        Raises:
          InputError: If several different ones are equally near.
        """
        return self._nearest(
            [file for file in self._files if _begins(name, stem(file))], name, path
        )

    def _nearest(self, files: Sequence[SourceFile], name: str, path: str) -> SourceFile | None:
        if not files:
            return None

        def order(file: SourceFile) -> tuple[int, int, int, bool]:
            return (*_distance(file.path, path), -len(stem(file)), not name.startswith(stem(file)))

        best = min(map(order, files))
        found = [file for file in files if order(file) == best]
        if any(file.data != found[0].data for file in found):
            raise InputError(
                f"{path}: expected one skeleton nearest to it, received"
                f" {' and '.join(file.path for file in found)}, which differ"
            )
        return found[0]


def _equal(left: str, right: str) -> bool:
    return left.casefold() == right.casefold()


def _begins(name: str, beginning: str) -> bool:
    rest = name[len(beginning) :]
    return _equal(name[: len(beginning)], beginning) and not rest[:1].isalnum()


def _distance(skeleton: str, motion: str) -> tuple[int, int]:
    """Returns the directories on the way between two files, then how few they have in common."""
    left, right = (PurePosixPath(path).parent.parts for path in (skeleton, motion))
    common = 0
    while common < min(len(left), len(right)) and left[common] == right[common]:
        common += 1
    return len(left) + len(right) - 2 * common, -common
