"""Unpickling that takes memory for what a file holds, not for what its bytes claim."""

import pickle
import struct
from collections.abc import Callable
from typing import ClassVar


# The one in C makes room for as many objects as a damaged byte says that there are.
class Unpickler(pickle._Unpickler):
    """As `pickle.Unpickler`, in Python.

    Whoever derives from it decides in `find_class` what a pickle may call.
    """

    # Of the base class, which sets them when it loads.
    read: Callable[[int], bytes]
    append: Callable[[object], None]
    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(pickle._Unpickler.dispatch)

    def load_bytearray8(self) -> None:
        """Reads bytes before it makes room for them, unlike the method of the base class."""
        (size,) = struct.unpack("<Q", self.read(8))
        self.append(bytearray(self.read(size)))

    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8
