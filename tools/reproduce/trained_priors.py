"""The trained priors that rows ask for: a directory of runs, one for each kind, data and seed.

    flow-wide-6d-s0/prior.npz   light-same-aa-s2/prior.npz   vposer-wide-s0/prior.npz   hmr-...

"wide" is trained on all of the data, "same" on its first directory alone. Where no directory is
given the pretrained priors stand in, with one seed.
"""

import hashlib
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from hps_tf import priors
from hps_tf.errors import InputError
from hps_tf.priors.prior import PosePrior
from tools.publish_prior import PRETRAINED
from tools.reproduce.rows import AXIS_ANGLE, FLOW, HMR, LIGHT, SAME, SIX_D, VPOSER, WIDE, Row
from trainers.arguments import CONFIGS

SEEDS = (0, 1, 2)

_PRETRAINED = {
    f"flow-{WIDE}-{SIX_D.lower()}": "cmu-6d-realnvp",
    f"flow-{WIDE}-{AXIS_ANGLE.lower()}": "cmu-aa-realnvp",
    f"{LIGHT}-{WIDE}-{SIX_D.lower()}": "cmu-6d-light",
    f"{LIGHT}-{WIDE}-{AXIS_ANGLE.lower()}": "cmu-aa-light",
    f"{VPOSER}-{WIDE}": "cmu-vposer",
    f"{HMR}-{WIDE}": "cmu-hmr",
}
_CONFIGS = {
    f"{FLOW}-{SIX_D.lower()}": "prior_6d_realnvp.py",
    f"{FLOW}-{AXIS_ANGLE.lower()}": "prior_realnvp.py",
    f"{LIGHT}-{SIX_D.lower()}": "prior_6d_light.py",
    f"{LIGHT}-{AXIS_ANGLE.lower()}": "prior_light.py",
    VPOSER: "prior_vposer.py",
    HMR: "prior_hmr.py",
}


class TrainedPriors:
    """Priors by family and seed, loaded when asked for.

    Args:
      directory: Of runs; None for the pretrained priors.

    Raises:
      InputError: If there is no such directory.
    """

    def __init__(self, directory: Path | None):
        if directory is not None and not directory.is_dir():
            raise InputError(f"--priors {directory}: expected a directory of runs, received none")
        self._directory = directory
        self._loaded: dict[Path, PosePrior] = {}

    def seeds(self, family: str) -> tuple[int, ...]:
        """The seeds that a family has a finished run of."""
        if self._directory is None:
            is_there = _PRETRAINED.get(family) in priors.list_pretrained()
            return (0,) if is_there else ()
        name = re.compile(re.escape(family) + r"-s(\d+)")
        found = [name.fullmatch(path.parent.name) for path in self._directory.glob("*/prior.npz")]
        return tuple(sorted(int(match[1]) for match in found if match))

    def load(self, family: str, seed: int) -> PosePrior:
        """Loads a prior that `seeds` names.

        Raises:
          InputError: If its file is damaged.
        """
        path = self._path(family, seed)
        if path not in self._loaded:
            self._loaded[path] = priors.load(path)
        return self._loaded[path]

    def digest(self, family: str, seed: int) -> str:
        """The beginning of the SHA-256 of a prior's file, which identifies runs."""
        return hashlib.sha256(self._path(family, seed).read_bytes()).hexdigest()[:16]

    def description(self, family: str) -> str:
        """Says for people how many seeds a family has and how long they were trained."""
        found = self.seeds(family)
        configs = (self.load(family, seed).card.get("config", {}) for seed in found)
        steps = max((config.get("steps", 0) for config in configs), default=0)
        length = f", at most {steps:,} steps" if steps else ""
        return f"{family} ({len(found)} {'seed' if len(found) == 1 else 'seeds'}{length})"

    def _path(self, family: str, seed: int) -> Path:
        if self._directory is None:
            return PRETRAINED / f"{_PRETRAINED[family]}.npz"
        return self._directory / f"{family}-s{seed}" / "prior.npz"


def missing_runs(directory: Path, rows: Sequence[Row]) -> list[tuple[str, int]]:
    """Lists the (family, seed) that rows need and a directory lacks."""
    found = TrainedPriors(directory)
    families = dict.fromkeys(row.family for row in rows)
    return [
        (family, seed) for seed in SEEDS for family in families if seed not in found.seeds(family)
    ]


def train(directory: Path, family: str, seed: int, data: Sequence[Path], steps: int) -> None:
    """Trains a prior by `trainers.train`; an interrupted run resumes.

    Args:
      directory: Of the runs.
      family: The kind of prior to train.
      seed: Its seed.
      data: All directories of prepared motion, the first that of the test poses.
      steps: Upper limit; training stops before when validation no longer improves.

    Raises:
      InputError: If training ends with an error, which it has printed.
    """
    command = training_command(directory, family, seed, data, steps)
    print(" ".join(command[1:]), flush=True)
    code = subprocess.run(command, check=False).returncode
    if code:
        raise InputError(f"training {family}-s{seed} ended with exit code {code}")


def training_command(
    directory: Path, family: str, seed: int, data: Sequence[Path], steps: int
) -> list[str]:
    """The command that `train` runs."""
    kind, extent, *code = family.split("-")
    used = data[:1] if extent == SAME else data
    return [
        *(sys.executable, "-m", "trainers.train"),
        f"--config={CONFIGS / _CONFIGS['-'.join([kind, *code])]}",
        f"--config.data.path={','.join(map(str, used))}",
        f"--config.seed={seed}",
        f"--config.steps={steps}",
        f"--workdir={directory / f'{family}-s{seed}'}",
    ]
