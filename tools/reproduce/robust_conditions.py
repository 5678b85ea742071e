"""The evidence of a robustness study: keypoints that are noisy, missing, hidden or cut off.

Convention: COCO's 17 keypoints, pixels of images of 256 that a person fills.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.evaluation import keypoint_conditions
from hps_tf.evaluation.held_out_people import People
from hps_tf.fitting import Evidence

NOISES = (0.0, 2.0, 4.0, 8.0)
MISSING = (0.0, 0.2, 0.4)

#: Kinds of conditions.
RANDOM, LIMBS, BORDER, DETECTOR = "random", "limbs", "border", "detector"

_NOISE_WITH_A_PATTERN = 2.0
_SEED = 77
_FEWEST = 5
"""Keypoints that nobody has fewer of."""

_NUM_HIDDEN_LIMBS = 2
_NUM_CUT_OFF = 8


def _limbs() -> list[list[int]]:
    """Elbow and wrist of each arm, knee and ankle of each leg."""
    pairs = (("elbow", "wrist"), ("knee", "ankle"))
    return [
        [COCO17_NAMES.index(f"{side}_{joint}") for joint in pair]
        for pair in pairs
        for side in ("left", "right")
    ]


@dataclasses.dataclass(frozen=True)
class Condition:
    """How keypoints are seen.

    Attributes:
      key: In names of files.
      name: For people.
      kind: Which of them are missing: `RANDOM` ones; two whole `LIMBS`; the eight beyond a
        `BORDER` of the image; or what a `DETECTOR` misses, with its errors.
      noise: Standard deviation along x and y, pixels.
      missing: Share of the random ones that are missing.
    """

    key: str
    name: str
    kind: str = RANDOM
    noise: float = 0.0
    missing: float = 0.0

    @property
    def is_noisy(self) -> bool:
        """Whether anything is wrong with the keypoints."""
        return self.kind != RANDOM or self.noise > 0 or self.missing > 0


def _grid() -> Iterator[Condition]:
    for noise in NOISES:
        for missing in MISSING:
            yield Condition(
                key=f"{noise:g}px-{100 * missing:g}",
                name=f"{noise:g} px, {100 * missing:g} % missing",
                noise=noise,
                missing=missing,
            )


CONDITIONS = (
    *_grid(),
    Condition("limbs", "two limbs hidden, 2 px", LIMBS, _NOISE_WITH_A_PATTERN),
    Condition("border", "half outside the image, 2 px", BORDER, _NOISE_WITH_A_PATTERN),
    Condition("detector", "detector's errors", DETECTOR),
)


def see(people: People, body: BodyModel, condition: Condition) -> Evidence:
    """Projects people's COCO keypoints and makes a condition's errors; always the same ones.

    Conditions that differ in the noise's size alone share its direction, so that they compare.

    Args:
      people: N people.
      body: Whose bodies they have.
      condition: The condition.

    Returns:
      What is seen of each, at least five keypoints; confidence 1 unless a detector sees it.
    """
    if condition.kind == DETECTOR:
        return keypoint_conditions.see(people, body, "detector")[0]
    exact = keypoint_conditions.see(people, body, "exact")[1]
    noise, hidden = (np.random.default_rng(seed) for seed in (_SEED, _SEED + 1))
    found = exact + condition.noise * noise.standard_normal(exact.shape)
    missing = {RANDOM: _random, LIMBS: _of_limbs, BORDER: _beyond_border}[condition.kind](
        exact, condition, hidden
    )
    return Evidence(found, np.where(missing, 0.0, 1.0), people.evidence.intrinsics)


def _random(exact: np.ndarray, condition: Condition, rng: np.random.Generator) -> np.ndarray:
    """`(N, 17)` which are missing; of two shares, the greater's include the smaller's."""
    draws = rng.uniform(size=exact.shape[:2])
    kept = np.argsort(np.argsort(-draws, axis=1), axis=1) < _FEWEST
    return (draws < condition.missing) & ~kept


def _of_limbs(exact: np.ndarray, condition: Condition, rng: np.random.Generator) -> np.ndarray:
    del condition
    limbs = np.array(_limbs())
    order = np.argsort(rng.uniform(size=(len(exact), len(limbs))), axis=1)
    missing = np.zeros(exact.shape[:2], bool)
    hidden = limbs[order[:, :_NUM_HIDDEN_LIMBS]].reshape(len(exact), -1)
    np.put_along_axis(missing, hidden, True, axis=1)
    return missing


def _beyond_border(exact: np.ndarray, condition: Condition, rng: np.random.Generator) -> np.ndarray:
    """The eight farthest to the left, the right, or below: people seldom lack their heads."""
    del condition
    directions = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    outwards = directions[rng.integers(len(directions), size=len(exact))]
    distance = np.einsum("nkd,nd->nk", exact, outwards)
    return np.argsort(np.argsort(-distance, axis=1), axis=1) < _NUM_CUT_OFF
