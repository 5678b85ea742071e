"""What `tools.photo` does once its arguments are read."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hps_tf.errors import InputError
from hps_tf.reconstruction import Reconstruction, Reconstructor, load
from tools.fitting.workspace import write_json
from tools.photographs import names, report, stills
from tools.photographs.inputs import Failure, Inputs
from tools.photographs.pictures import Pictures, person_id
from tools.photographs.settings import Settings


def run(inputs: Inputs, output: Path, settings: Settings, described: dict[str, Any]) -> None:
    """Reconstructs everybody in photographs and videos, and writes what was found.

    Args:
      inputs: The files.
      output: The directory to write.
      settings: What the user wants.
      described: The same as ``summary.json`` holds it.

    Raises:
      InputError: At the end, if something could not be read; all else is done.
    """
    reconstructor = load_reconstructor()
    failures = list(inputs.failures)
    if inputs.photographs:
        failures += _stills(inputs.photographs, reconstructor, output, settings, described)
    if failures:
        raise InputError(f"{_counted(failures)} could not be used, all else is done: see above")


def load_reconstructor() -> Reconstructor:
    """Loads what makes bodies of photographs; tests put another in its place."""
    return load()


def _stills(
    paths: Sequence[Path],
    reconstructor: Reconstructor,
    output: Path,
    settings: Settings,
    described: dict[str, Any],
) -> list[Failure]:
    start = time.monotonic()
    found = stills.reconstruct(paths, names.stems(paths), reconstructor, Pictures(output), settings)
    if found.people is not None:
        _save(output / "result.npz", found.people, found.names, found.sizes)
    content = report.of_stills(
        found.people, found.names, found.sizes, found.failures, described, time.monotonic() - start
    )
    write_json(output / "summary.json", content)
    print("\n".join([*report.lines_of_empty(content), report.table(content)]))
    print(f"{output}: overlays/, meshes/, scenes/, result.npz and summary.json written")
    return found.failures


def _save(
    path: Path, people: Reconstruction, stems: Sequence[str], sizes: Sequence[tuple[int, int]]
) -> None:
    rows = list(zip(people.image, people.person, strict=True))
    people.save(
        path,
        joints_2d=people.fitted_keypoints_2d,
        person_ids=np.array([person_id(stems[image], person) for image, person in rows], np.str_),
        image_names=np.array([people.images[image] for image in people.image], np.str_),
        image_sizes=np.array([sizes[image] for image in people.image], int).reshape(-1, 2),
    )


def _counted(failures: Sequence[Failure]) -> str:
    return "1 input" if len(failures) == 1 else f"{len(failures)} inputs"
