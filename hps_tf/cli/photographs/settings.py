"""Settings of a run."""

from collections.abc import Callable
from typing import NamedTuple

from hps_tf.detection import PeopleDetector


class Settings(NamedTuple):
    """The user's settings.

    Attributes:
      is_refined: Whether bodies are fitted to the keypoints.
      max_people: How many of each image at most; None for all.
      focal_length: Of all images, pixels; None for that of their EXIF, else their diagonals.
      boxes: Left, top, width and height of each person of the one image; None to find people.
      network: The name of a pretrained network, or a file; None for the default.
      detector: Makes what finds people; None for the embedded detector.
    """

    is_refined: bool = True
    max_people: int | None = None
    focal_length: float | None = None
    boxes: list[list[float]] | None = None
    network: str | None = None
    detector: Callable[[], PeopleDetector] | None = None
