"""The priors of the leaderboard."""

import dataclasses
import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hps_tf import priors
from hps_tf.errors import InputError
from hps_tf.evaluation import prior_tasks
from hps_tf.evaluation.density import Density, Source
from hps_tf.evaluation.energy_figures import SAMPLE_NOISE, NoisySamples
from hps_tf.fitting import pose_variables
from hps_tf.fitting.pose_variables import PoseVariables
from hps_tf.priors import GaussianMixture, PosePrior
from hps_tf.priors.pose_space import PoseSpace
from tools.publish_prior import PRETRAINED

#: What an entry takes of its file: the prior, a reference stored with it, or the pose space alone.
PRIOR, GAUSSIAN, GMM, NO_PRIOR = "prior", "gaussian", "gmm8", "none"

EXPECTED_RUNS = ("maf", "iaf")

_FLOWS = ("cmu-6d-realnvp", "cmu-6d-light", "cmu-aa-realnvp", "cmu-aa-light")
_OTHERS = ("cmu-vposer", "cmu-hmr")
_REFERENCES = {"6D": "cmu-6d-realnvp", "AA": "cmu-aa-realnvp"}


@dataclasses.dataclass(frozen=True)
class Entry:
    """A row of the leaderboard.

    Attributes:
      key: Its name in names of files.
      name: Its name for people.
      file: The prior's file.
      what: What of the file: `PRIOR`, `GAUSSIAN`, `GMM` or `NO_PRIOR`.
    """

    key: str
    name: str
    file: Path
    what: str = PRIOR

    def digest(self) -> str:
        """The beginning of the SHA-256 of its file."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()[:16]


class Opened(NamedTuple):
    """An entry's prior.

    Attributes:
      space: Its pose space.
      noise: Standard deviation of the noise that its density and samples have; NaN without either.
      num_parameters: Numbers that were fitted.
      density: Its density, if it has one.
      source: Its samples, if it has any.
      variables: The variables in which poses are recovered.
    """

    space: PoseSpace
    noise: float
    num_parameters: int
    density: Density | None
    source: Source | None
    variables: PoseVariables


def gather(directory: Path | None) -> tuple[list[Entry], list[str]]:
    """Lists the entries, and says which expected runs are missing.

    Args:
      directory: Of training runs; None for none.

    Raises:
      InputError: If there is no such directory, or a run has the name of another entry.
    """
    if directory is not None and not directory.is_dir():
        raise InputError(f"--priors {directory}: expected a directory of runs, received none")
    files = [] if directory is None else sorted(directory.glob("*/prior.npz"))
    runs = [Entry(file.parent.name, file.parent.name, file) for file in files]
    presets = [Entry(name, name, PRETRAINED / f"{name}.npz") for name in _FLOWS]
    references = [
        Entry(f"{what}-{code.lower()}", f"{title}, {code}", PRETRAINED / f"{name}.npz", what)
        for code, name in _REFERENCES.items()
        for what, title in ((GAUSSIAN, "Gaussian"), (GMM, "GMM-8"))
    ]
    others = [Entry(name, name, PRETRAINED / f"{name}.npz") for name in _OTHERS]
    control = Entry("none", "none", PRETRAINED / f"{_REFERENCES['AA']}.npz", NO_PRIOR)
    entries = [*presets, *runs, *references, *others, control]
    keys = [entry.key for entry in entries]
    for run in runs:
        if keys.count(run.key) > 1:
            raise InputError(f"{run.file.parent}: expected a name of its own, received {run.key}")
    missing = [
        f"No run whose name ends with {name} in --priors: {name.upper()} is left out."
        for name in EXPECTED_RUNS
        if not any(run.key.endswith(name) for run in runs)
    ]
    return entries, missing


def open_entry(entry: Entry) -> Opened:
    """Loads an entry's prior.

    Raises:
      InputError: If its file is damaged, or lacks the reference.
    """
    prior = priors.load(entry.file)
    space = prior.space
    if entry.what == NO_PRIOR:
        free = pose_variables.NoPrior(space, prior_tasks.likely_pose(space), "mode")
        return Opened(space, np.nan, 0, None, None, free)
    if entry.what == PRIOR:
        return _of_prior(prior)
    if entry.what not in prior.references:
        raise InputError(f"{entry.file}: expected a prior stored with its {entry.what}")
    mixture = prior.references[entry.what]
    found: PoseVariables
    if entry.what == GAUSSIAN:
        found = pose_variables.LatentGaussian(mixture, space)
    else:
        found = pose_variables.AmbientMixture(mixture, space, "mode")
    return Opened(space, prior.sigma, _num_parameters(mixture), mixture, mixture, found)


def _of_prior(prior: PosePrior) -> Opened:
    found = prior_tasks.variables(prior)
    space, count = prior.space, prior.num_parameters
    if prior.has_density:
        return Opened(space, prior.sigma, count, prior, prior, found)
    if prior.has_samples:
        return Opened(space, SAMPLE_NOISE, count, None, NoisySamples(prior), found)
    return Opened(space, np.nan, count, None, None, found)


def _num_parameters(mixture: GaussianMixture) -> int:
    """Of weights that sum to 1, means and symmetric covariances."""
    count, dim = mixture.means.shape
    return count - 1 + count * (dim + dim * (dim + 1) // 2)
