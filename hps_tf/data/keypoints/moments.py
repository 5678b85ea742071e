"""When the images of a video were taken, counted in frames.

Programs that detect people leave out images without any, and their files then say nothing of these
images, so images that follow one another in the file need not in the video. Where all images are
named alike but for a number that increases, its usual step is a frame; a longer step is a gap.
Otherwise only the images' places count.
"""

import itertools
import re
from collections.abc import Iterable, Sequence

import numpy as np

from hps_tf.data.keypoints.people import ImageEntry

_LAST_NUMBER = re.compile(r"(.*?)(\d{1,15})(\D*)", re.ASCII | re.DOTALL)


def of(images: Iterable[ImageEntry]) -> dict[int, int]:
    """Tells when images were taken.

    Args:
      images: Images of one video, at least one.

    Returns:
      The moment of each image by its place (`ImageEntry.frame`); neighbours are 1 apart.
    """
    names = {image.frame: image.names[0] for image in images}
    places = np.array(sorted(names))
    steps = np.diff(places)
    numbers = _numbers([names[place] for place in places.tolist()])
    if numbers is not None and len(steps):
        by_name = np.diff(numbers)
        # The lower median: a gap, or images taken a bit late, don't change it.
        usual = np.quantile(by_name / steps, 0.5, method="lower")
        if (by_name > 0).all():
            steps = np.maximum(steps, np.round(by_name / usual).astype(int))
    moments = itertools.accumulate(steps.tolist(), initial=0)
    return dict(zip(places.tolist(), moments, strict=True))


def _numbers(names: Sequence[str]) -> np.ndarray | None:
    """The last number of each name, if the names differ in nothing else."""
    matches = [_LAST_NUMBER.fullmatch(name) for name in names]
    parts = [match.groups() for match in matches if match is not None]
    if len(parts) < len(names) or len({(start, end) for start, _, end in parts}) > 1:
        return None
    return np.array([int(number) for _, number, _ in parts])
