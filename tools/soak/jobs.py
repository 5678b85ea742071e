"""The programs that are disturbed, with their inputs and their results."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from export import example_people, reference, verification, verify
from hps_tf import priors
from hps_tf.body import load_small
from hps_tf.io import npz_arrays

Arrays = dict[str, np.ndarray]

_NUM_PICTURES = 3
_SIZE = 320  # Pixels.
_NUM_PEOPLE = 130
"""Of a fit: more than two batches of 64."""

_TRAINING = {
    "steps": 400,
    "batch_size": 64,
    "steps_per_call": 20,
    "log_every": 20,
    "validate_every": 100,
    "checkpoint_every": 40,
    "data.num_samples": 2000,
    "data.mixture_poses": 1000,
    "prior.options.num_steps": 1,
    "prior.options.num_joint_steps": 2,
    "xla": False,
}
_MEASURED = ("seconds",)
"""Arrays that differ from run to run."""


class Job(NamedTuple):
    """A program that writes into an output directory.

    Attributes:
      name: What the report calls it.
      command: The arguments of the process, for an output directory.
      results: Reads the finished output; it raises an error if something is missing.
      tolerance: How far results of two runs may differ.
    """

    name: str
    command: Callable[[Path], list[str]]
    results: Callable[[Path], Arrays]
    tolerance: float


def prepare(directory: Path) -> list[Job]:
    """Writes the inputs and returns the jobs.

    Args:
      directory: Where to write; what is there already is used.
    """
    photographs, keypoints = directory / "photographs", directory / "people.npz"
    if not keypoints.is_file():
        _write_inputs(photographs, keypoints)
    served = directory / "served" / "photo"
    if not served.is_dir():
        _write_served(served.parent)
    settings = [f"--config.{name}={value}" for name, value in _TRAINING.items()]
    train = ["trainers.train", "--config=prior_student", *settings]
    export = ["export.savedmodel", "--quick", "--version", "1", "--prior", "cmu-6d-light"]
    fit = ["hps_tf", "fit", "--keypoints", str(keypoints), "--image_dir", str(photographs)]
    photo = ["hps_tf", "photo", str(photographs)]
    serve = ["tools.soak.serving", str(served), *map(str, sorted(photographs.iterdir()))]
    return [
        Job("training", lambda out: [*_python(train), f"--workdir={out}"], _weights, 0.0),
        Job("hps fit", lambda out: [*_python(fit), "--output", str(out)], _people, 1e-3),
        Job("export", lambda out: [*_python(export), "--output", str(out)], _served, 1e-4),
        Job("hps photo", lambda out: [*_python(photo), "--output", str(out)], _people, 1e-3),
        Job("serving", lambda out: [*_python(serve), "--output", str(out)], _answers, 1e-3),
    ]


def _python(arguments: list[str]) -> list[str]:
    return [sys.executable, "-m", *arguments]


def _write_inputs(photographs: Path, keypoints: Path) -> None:
    """Writes photographs of one person each, and keypoints of many people."""
    body = load_small()
    photographs.mkdir(exist_ok=True)
    names = [f"{number}.png" for number in range(_NUM_PICTURES)]
    pictures = example_people.pictures(body, (_SIZE, _SIZE), _NUM_PICTURES)
    for name, picture in zip(names, pictures, strict=True):
        Image.fromarray(picture).save(photographs / name)
    prior = priors.load("cmu-6d-light")
    poses = prior.space.to_pose(prior.sample(_NUM_PEOPLE, seed=0))
    upright = np.diag([1.0, -1.0, -1.0])
    points = body.keypoints("coco17", pose=poses).numpy() @ upright + [0.0, 0.0, 4.0]
    middle = _SIZE / 2
    npz_arrays.write(
        keypoints,
        {
            "keypoints": points[..., :2] / points[..., 2:] * _SIZE + middle,
            "image_names": np.resize(names, _NUM_PEOPLE),
        },
    )


def _write_served(output: Path) -> None:
    """Exports the network that is served."""
    export = ["export.savedmodel", "--quick", "--version", "1", "--network", "photo"]
    subprocess.run([*_python(export), "--output", str(output)], check=True)


def _weights(output: Path) -> Arrays:
    json.loads((output / "summary.json").read_text(encoding="utf-8"))
    return _arrays(output / "prior.npz")


def _people(output: Path) -> Arrays:
    json.loads((output / "summary.json").read_text(encoding="utf-8"))
    return _arrays(output / "result.npz")


def _answers(output: Path) -> Arrays:
    """The arrays and the sizes of the overlays of all photographs."""
    arrays: Arrays = {}
    for number in range(_NUM_PICTURES):
        with Image.open(output / f"{number}.png") as overlay:
            arrays[f"{number}.size"] = np.array(overlay.size)
        answer = _arrays(output / f"{number}.npz")
        arrays |= {f"{number}.{name}": array for name, array in answer.items()}
    return arrays


def _served(output: Path) -> Arrays:
    """The answers of the newest version, which the C API has just given again."""
    arrays: Arrays = {}
    (model,) = [path for path in output.iterdir() if not path.name.startswith(".")]
    for version in verify.versions_in(model):
        differing = verification.check(version, is_quick=True).differing
        if differing:
            raise ValueError(f"{version}: {differing[0].output} differs from the stored answer")
        for signature, example in reference.read(version).items():
            arrays |= {f"{signature}.{name}": value for name, value in example.outputs.items()}
    return arrays


def _arrays(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files if name not in _MEASURED}


def difference(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> float:
    """How far two results are apart: infinite where names, shapes or texts differ.

    Args:
      found: The arrays of one run.
      expected: The arrays of another.
    """
    if found.keys() != expected.keys():
        return np.inf
    worst = 0.0
    for name, array in expected.items():
        other = found[name]
        if other.shape != array.shape:
            return np.inf
        if array.dtype.kind in "US":
            worst = max(worst, 0.0 if np.array_equal(other, array) else np.inf)
        elif array.size:
            apart = np.atleast_1d(np.abs(other.astype(np.float64) - array.astype(np.float64)))
            apart[np.atleast_1d(np.isnan(other) & np.isnan(array))] = 0.0
            worst = max(worst, float(np.max(np.nan_to_num(apart, nan=np.inf))))
    return worst
