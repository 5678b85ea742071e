"""The work of `hps photo`, after its arguments are read."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hps_tf.cli.photographs import names, report, stills, videos
from hps_tf.cli.photographs.inputs import Inputs
from hps_tf.cli.photographs.pictures import Pictures, person_id
from hps_tf.cli.photographs.settings import Settings
from hps_tf.errors import InputError
from hps_tf.io import json_file
from hps_tf.reconstruction import Reconstruction, Reconstructor, VideoReconstructor, load
from hps_tf.reconstruction.pretrained import DEFAULT_NETWORK


def run(inputs: Inputs, output: Path, settings: Settings, described: dict[str, Any]) -> None:
    """Reconstructs everybody in photographs and videos, and writes what was found.

    Args:
      inputs: The files.
      output: The directory to write; of several videos, or of videos besides photographs, each has
        a directory in it.
      settings: The user's settings.
      described: The same as ``summary.json`` holds it.

    Raises:
      InputError: At the end, if something could not be read; all else is done.
    """
    reconstructor = load_reconstructor(settings)
    num_failed = len(inputs.failures)
    if inputs.photographs:
        num_failed += _stills(inputs.photographs, reconstructor, output, settings, described)
    if inputs.videos:
        is_alone = len(inputs.videos) == 1 and not inputs.photographs
        stems = names.stems([v if isinstance(v, Path) else v[0].parent for v in inputs.videos])
        by_video = VideoReconstructor(reconstructor)
        for video, stem in zip(inputs.videos, stems, strict=True):
            directory = output if is_alone else output / stem
            num_failed += not _video(video, stem, by_video, directory, settings, described)
    if num_failed:
        counted = "1 input" if num_failed == 1 else f"{num_failed} inputs"
        raise InputError(f"{counted} could not be read to the end, see above; all else is done")


def load_reconstructor(settings: Settings) -> Reconstructor:
    """Loads what makes bodies of photographs; tests put another in its place."""
    detector = None if settings.detector is None else settings.detector()
    return load(settings.network or DEFAULT_NETWORK, detector=detector)


def _stills(
    paths: Sequence[Path],
    reconstructor: Reconstructor,
    output: Path,
    settings: Settings,
    described: dict[str, Any],
) -> int:
    """Does the photographs; returns how many could not be read."""
    start = time.monotonic()
    found = stills.reconstruct(paths, names.stems(paths), reconstructor, Pictures(output), settings)
    if found.people is not None:
        rows = list(zip(found.people.image, found.people.person, strict=True))
        people_names = [person_id(found.names[image], person) for image, person in rows]
        _save(output, found.people, people_names, found.sizes)
    content = report.of_stills(
        found.people,
        found.names,
        found.sizes,
        found.focal_lengths,
        found.failures,
        described,
        time.monotonic() - start,
    )
    json_file.write(output / "summary.json", content, indent=1)
    print("\n".join([*report.lines_of_empty(content), report.table(content)]))
    print(f"{output}: overlays/, meshes/, scenes/, result.npz and summary.json written")
    return len(found.failures)


def _video(
    video: Path | list[Path],
    stem: str,
    reconstructor: VideoReconstructor,
    output: Path,
    settings: Settings,
    described: dict[str, Any],
) -> bool:
    """Does a video; returns whether it could be read to its end."""
    start = time.monotonic()
    try:
        source = videos.open_video(video, stem)
        found = videos.reconstruct(source, reconstructor, settings)
    except InputError as error:
        print(error, file=sys.stderr)
        return False
    if found.flaw is not None:
        print(f"{found.flaw}; the {len(found.times)} frames before are done", file=sys.stderr)
    people = found.people
    videos.draw(source, found, output)
    sizes = [source.frames.size] * len(found.times)
    ids = [person_id(stem, person) for person in people.person]
    _save(output, people, ids, sizes, frames=people.image, times=found.times)
    content = report.of_video(
        source.name, found, ids, source.frames.size, described, time.monotonic() - start
    )
    json_file.write(output / "summary.json", content, indent=1)
    print(report.table_of_video(content))
    print(f"{output}: overlay.mp4, overlays/, meshes/, result.npz and summary.json written")
    return found.flaw is None


def _save(
    directory: Path,
    people: Reconstruction,
    people_names: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    **more: Any,
) -> None:
    people.save(
        directory / "result.npz",
        joints_2d=people.fitted_keypoints_2d,
        person_ids=np.array(people_names, np.str_),
        image_names=np.array([people.images[image] for image in people.image], np.str_),
        image_sizes=np.array([sizes[image] for image in people.image], int).reshape(-1, 2),
        **more,
    )
