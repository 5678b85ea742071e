"""What the user wants of a run."""

from typing import NamedTuple


class Settings(NamedTuple):
    """What the user wants.

    Attributes:
      is_refined: Whether bodies are fitted to the keypoints.
      max_people: How many of each image at most; None for all.
      focal_length: Of all images, pixels; None for their diagonals.
      boxes: Left, top, width and height of each person of the one image; None to find people.
    """

    is_refined: bool = True
    max_people: int | None = None
    focal_length: float | None = None
    boxes: list[list[float]] | None = None
