"""Keypoint layouts of detectors, and where COCO's 17 keypoints lie in them.

A layout is the order of a program's keypoints. Files seldom name it, so it is recognised by the
number of keypoints; where a file names its keypoints, the names decide.
"""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.errors import InputError

NUM_COCO17 = len(COCO17_NAMES)

_MAX_COORDINATE = 1e5  # Pixels.
_MIN_EXTENT = 1e-9

# Of BODY_25B, the misfit beside the person's extent, and beside that of BODY_25.
_MAX_MISFIT, _LESS = 0.15, 0.9

#: Sizes of layouts that begin with COCO's 17: COCO, COCO with feet, Halpe-26, COCO-WholeBody,
#: OpenPose's BODY_135 and Halpe-136.
COCO17_FIRST = (NUM_COCO17, 23, 26, 133, 135, 136)

_ARMS = {
    "nose": 0,
    "right_shoulder": 2,
    "right_elbow": 3,
    "right_wrist": 4,
    "left_shoulder": 5,
    "left_elbow": 6,
    "left_wrist": 7,
}
_BODY_25 = _ARMS | {
    "right_hip": 9,
    "right_knee": 10,
    "right_ankle": 11,
    "left_hip": 12,
    "left_knee": 13,
    "left_ankle": 14,
    "right_eye": 15,
    "left_eye": 16,
    "right_ear": 17,
    "left_ear": 18,
}
_COCO_18 = _ARMS | {
    "right_hip": 8,
    "right_knee": 9,
    "right_ankle": 10,
    "left_hip": 11,
    "left_knee": 12,
    "left_ankle": 13,
    "right_eye": 14,
    "left_eye": 15,
    "right_ear": 16,
    "left_ear": 17,
}
_MEDIAPIPE_33 = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)

#: Where COCO's 17 keypoints are in layouts of OpenPose and MediaPipe, `(17,)` indices.
BODY_25 = np.array([_BODY_25[name] for name in COCO17_NAMES])
BODY_25B = np.arange(NUM_COCO17)
COCO_18 = np.array([_COCO_18[name] for name in COCO17_NAMES])
MEDIAPIPE_33 = np.array(_MEDIAPIPE_33)

#: The layouts of 25 keypoints that OpenPose has.
OF_25 = {"body_25": BODY_25, "body_25b": BODY_25B}


def coco17(num_keypoints: int) -> np.ndarray:
    """Returns where COCO's keypoints are in a detector's layout, by its size.

    Args:
      num_keypoints: Keypoints of the layout.

    Returns:
      `(17,)` indices.

    Raises:
      InputError: If no layout of that size is known.
    """
    if num_keypoints not in COCO17_FIRST:
        known = ", ".join(map(str, COCO17_FIRST[:-1]))
        raise InputError(
            f"expected {known} or {COCO17_FIRST[-1]} keypoints, received {num_keypoints}"
        )
    return np.arange(NUM_COCO17)


def coco17_by_name(names: Iterable[object]) -> np.ndarray:
    """Returns where COCO's keypoints are among named ones.

    Args:
      names: The keypoints' names in their order, spelt in any usual way.

    Returns:
      `(17,)` indices.

    Raises:
      InputError: If one is not among them.
    """
    places = {spelt(name): place for place, name in enumerate(names)}
    missing = [name for name in COCO17_NAMES if spelt(name) not in places]
    if missing:
        raise InputError(f"expected a keypoint named {missing[0]!r}, received none")
    return np.array([places[spelt(name)] for name in COCO17_NAMES])


def are_coco17(names: Sequence[object]) -> bool:
    """Returns whether names are COCO's, in its order, spelt in any usual way."""
    return [spelt(name) for name in names] == [spelt(name) for name in COCO17_NAMES]


def spelt(name: object) -> str:
    """Returns one spelling for a keypoint's name: ``left_eye``, ``leftEye`` and ``LEye`` agree."""
    letters = re.sub("[^a-z]", "", str(name).lower())
    return re.sub("^(left|right)", lambda side: side[0][0], letters)


def layout_of_25(points: np.ndarray, seen: np.ndarray) -> str:
    """Tells OpenPose's BODY_25 from BODY_25B by where the keypoints of people lie.

    In BODY_25 keypoint 1 lies midway between 2 and 5 (neck and shoulders) and 8 midway between 9
    and 12 (hips). In BODY_25B the nose, 0, lies near the eyes, 1 and 2, and the upper neck, 17,
    between the shoulders, 5 and 6.

    Args:
      points: `(N, 25, 2)` keypoints of all people.
      seen: `(N, 25)` bool, which of them were found.

    Returns:
      A key of `OF_25`; ``"body_25"`` where nobody's keypoints allow a comparison.
    """
    seen = seen & (np.abs(points) < _MAX_COORDINATE).all(axis=-1)
    misfits = [
        _either(_misfit(points, seen, 1, (2, 5)), _misfit(points, seen, 8, (9, 12))),
        _either(_misfit(points, seen, 0, (1, 2)), _misfit(points, seen, 17, (5, 6))),
    ]
    low = np.where(seen[..., None], points, np.inf).min(axis=1)
    high = np.where(seen[..., None], points, -np.inf).max(axis=1)
    extent = np.maximum((high - low).max(axis=-1), _MIN_EXTENT)
    first, second = (misfit / extent for misfit in misfits)
    is_comparable = np.isfinite(first) & np.isfinite(second)
    if not is_comparable.any():
        return "body_25"
    first_mean, second_mean = first[is_comparable].mean(), second[is_comparable].mean()
    is_25b = second_mean < min(_MAX_MISFIT, _LESS * first_mean)
    return "body_25b" if is_25b else "body_25"


def _misfit(points: np.ndarray, seen: np.ndarray, middle: int, ends: tuple[int, int]) -> np.ndarray:
    """`(N,)` distances of a keypoint from midway between two others; NaN where one is missing."""
    places = [middle, *ends]
    chosen = np.where(seen[:, places, None], points[:, places], np.nan)
    return np.linalg.norm(chosen[:, 0] - chosen[:, 1:].mean(axis=1), axis=-1)


def _either(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """`(N,)` means of two distances, or the one of which the keypoints were found."""
    return np.where(
        np.isnan(first), second, np.where(np.isnan(second), first, (first + second) / 2)
    )
