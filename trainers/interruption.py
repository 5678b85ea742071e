"""Stopping a run at a signal without losing its work."""

import signal
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interruption:
    """Notes SIGTERM and Ctrl-C for the length of a block; a second one ends the process at once."""

    def __init__(self) -> None:
        self.signal = 0

    def __enter__(self) -> "Interruption":
        self._previous = {number: signal.signal(number, self._note) for number in _SIGNALS}
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.signal = number
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)
