"""MakeHuman's macro targets and a population of adults described by them.

A phenotype is a handful of numbers in [0, 1]; each macro target names the factors it belongs to
(``female-old-maxmuscle-minweight``), and its weight is the product of these factors. Between the
anchors of a number its factors change linearly; 0.5 of height and proportions is neutral.
"""

import itertools
from typing import NamedTuple

import numpy as np

from tools.default_body.makehuman import BaseMesh, MakeHuman

_SEXES = ("male", "female")
_AGES = ("young", "old")
_RACES = ("african", "asian", "caucasian")
_MUSCLE = ("minmuscle", "averagemuscle", "maxmuscle")
_WEIGHT = ("minweight", "averageweight", "maxweight")
_HEIGHT = ("minheight", "maxheight")
_PROPORTIONS = ("uncommonproportions", "idealproportions")
_CUP = ("mincup", "averagecup", "maxcup")
_FIRMNESS = ("minfirmness", "averagefirmness", "maxfirmness")


class MacroTargets(NamedTuple):
    """The adult macro targets.

    Attributes:
      factors: The factors each of the K targets is the product of.
      displacements: `(K, N, 3)` of every base vertex, decimetres; symmetric like the base mesh.
    """

    factors: list[tuple[str, ...]]
    displacements: np.ndarray


def macro_targets(makehuman: MakeHuman, mesh: BaseMesh) -> MacroTargets:
    """Reads the macro targets of young to old adults and makes each symmetric."""
    factors, displacements = [], []
    for name, target_factors in _adult_targets():
        if not makehuman.has_target(name):
            continue
        target = makehuman.target(name)
        dense = np.zeros_like(mesh.vertices)
        dense[target.indices] = target.displacements
        factors.append(target_factors)
        displacements.append(0.5 * (dense + dense[mesh.mirror] * [-1.0, 1.0, 1.0]))
    return MacroTargets(factors, np.stack(displacements))


def _adult_targets() -> list[tuple[str, tuple[str, ...]]]:
    targets: list[tuple[str, tuple[str, ...]]] = [
        (f"macrodetails/{'-'.join(factors)}", factors)
        for factors in itertools.product(_RACES, _SEXES, _AGES)
    ]
    for build in itertools.product(_SEXES, _AGES, _MUSCLE, _WEIGHT):
        stem = "-".join(build)
        targets.append((f"macrodetails/universal-{stem}", build))
        for height in _HEIGHT:
            targets.append((f"macrodetails/height/{stem}-{height}", (*build, height)))
        for proportions in _PROPORTIONS:
            name = f"macrodetails/proportions/{stem}-{proportions}"
            targets.append((name, (*build, proportions)))
        if build[0] == "female":
            for cup, firmness in itertools.product(_CUP, _FIRMNESS):
                targets.append((f"breast/{stem}-{cup}-{firmness}", (*build, cup, firmness)))
    return targets


def sample_adults(count: int, seed: int) -> dict[str, np.ndarray]:
    """Draws phenotypes of adults: 40 % men, 40 % women, 20 % in between.

    The spread of height is set so that stature has a standard deviation of about 0.1 m.

    Args:
      count: Number of people.
      seed: Seed of the generator.

    Returns:
      Value of each factor for each person, `(count,)`.
    """
    rng = np.random.default_rng(seed)
    sex = rng.integers(0, 2, count).astype(np.float64)
    between = rng.random(count) < 0.2
    sex[between] = rng.random(between.sum())
    races = rng.dirichlet((0.6, 0.6, 0.6), count)
    factors = {
        **_between(_SEXES, sex),
        **_between(_AGES, rng.uniform(0.0, 0.8, count)),
        **dict(zip(_RACES, races.T, strict=True)),
    }
    for names, mean, deviation in (
        (_MUSCLE, 0.5, 0.18),
        (_WEIGHT, 0.52, 0.2),
        (_HEIGHT, 0.5, 0.055),
        (_PROPORTIONS, 0.55, 0.2),
        (_CUP, 0.5, 0.2),
        (_FIRMNESS, 0.5, 0.2),
    ):
        factors |= _around_half(names, np.clip(rng.normal(mean, deviation, count), 0.0, 1.0))
    return factors


def _between(names: tuple[str, ...], value: np.ndarray) -> dict[str, np.ndarray]:
    return {names[0]: 1.0 - value, names[1]: value}


def _around_half(names: tuple[str, ...], value: np.ndarray) -> dict[str, np.ndarray]:
    signed = 2.0 * value - 1.0
    factors = {names[0]: np.maximum(-signed, 0.0), names[-1]: np.maximum(signed, 0.0)}
    if len(names) == 3:
        factors[names[1]] = 1.0 - np.abs(signed)
    return factors


def target_weights(targets: MacroTargets, factors: dict[str, np.ndarray]) -> np.ndarray:
    """Weighs each target for each person: the product of the target's factors.

    Args:
      targets: The K macro targets.
      factors: Value of each factor for each person, `(count,)`.

    Returns:
      `(count, K)`.
    """
    columns = [np.prod([factors[name] for name in names], axis=0) for names in targets.factors]
    return np.stack(columns, axis=1)
