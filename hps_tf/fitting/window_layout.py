"""How the frames of a video are split into stretches, and stretches into overlapping windows."""

import itertools

import numpy as np


def stretches(frames: np.ndarray) -> list[slice]:
    """Splits a video where frames are missing.

    Args:
      frames: `(N,)` increasing whole numbers of the frames.

    Returns:
      The rows of each stretch of frames that follow one another.

    Raises:
      ValueError: If the numbers do not increase.
    """
    steps = np.diff(frames)
    if (steps < 1).any():
        raise ValueError("`frames`: expected increasing numbers")
    ends = [0, *(np.flatnonzero(steps > 1) + 1).tolist(), len(frames)]
    return [slice(*pair) for pair in itertools.pairwise(ends)]


def window_begins(count: int, length: int, overlap: int) -> np.ndarray:
    """Gives the first frames of windows that cover a stretch; the last ends with the last frame.

    Args:
      count: Frames of the stretch, at least `length`.
      length: Frames per window.
      overlap: Frames that a window shares with the next.
    """
    begins = np.arange(0, count - length + 1, length - overlap)
    if begins[-1] + length < count:
        begins = np.append(begins, count - length)
    return begins


def most_central(begins: np.ndarray, length: int, count: int) -> np.ndarray:
    """Gives, for each frame, its row in the window where it is farthest from the ends.

    Args:
      begins: `(W,)` first frames of the windows.
      length: Frames per window.
      count: Frames of the stretch.

    Returns:
      `(count,)` rows of the windows' frames, one window after the other.
    """
    places = np.arange(count)[None] - begins[:, None]
    margins = np.minimum(places, length - 1 - places)
    window = margins.argmax(axis=0)
    return window * length + places[window, np.arange(count)]
