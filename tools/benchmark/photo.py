"""From a photograph to everybody's body: what each part costs, and the command as a whole.

The photographs are rendered: people in recorded-like poses before simple backgrounds, as
`tools.prepare_synthetic` draws them. Three things are measured:

* the parts, once they are warm: finding people, which includes their keypoints, and the keypoints
  of people in known boxes alone; lifting them, refining them, drawing them, writing the files;
* the command for one photograph with one person, from its start to its pictures, with an empty
  cache and with the one it left;
* the command for a directory of photographs with three people each.
"""

import functools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from hps_tf.body import load_small
from hps_tf.cli.photographs import pictures
from hps_tf.data.images import default_camera
from hps_tf.reconstruction import Reconstruction, Reconstructor, load
from hps_tf.visualization.overlay import overlay
from tools.benchmark import report, timing

PEERS = ()

_SIZE = (480, 640)
_IMAGES = 100
_ROUNDS = 5
_STARTS = 2
_DISTANCE = 4.0  # Metres.


def rows() -> list[report.Row]:
    """Measures the parts and the command."""
    with tempfile.TemporaryDirectory() as directory:
        return [*_parts(load(), Path(directory)), *_command(Path(directory))]


def _parts(reconstructor: Reconstructor, directory: Path) -> Iterator[report.Row]:
    """The parts for one photograph, of one person and of three."""
    for count in (1, 3):
        photograph = _photograph(count, seed=0)
        found = reconstructor.find([photograph])
        cameras = [default_camera.intrinsics(_SIZE)]
        people = reconstructor.reconstruct(["photograph"], found, cameras)
        lifted = reconstructor.lift(found[0], people.intrinsics)
        vertices = people.vertices()
        drawn = pictures.picture(photograph, people, vertices)
        files = pictures.Pictures(directory / "parts")
        parts: dict[str, Callable[[], object]] = {
            "find": functools.partial(reconstructor.find, [photograph]),
            "keypoints": functools.partial(reconstructor.find, [photograph], [found[0].boxes]),
            "lift": functools.partial(reconstructor.lift, found[0], people.intrinsics),
            "refine": functools.partial(
                reconstructor.bodies, found[0], people.intrinsics, lifted, refine=True
            ),
            "draw": functools.partial(_draw, photograph, people),
            "write": functools.partial(files.save, "photograph", drawn, people, vertices),
        }
        seconds = timing.interleaved(parts, _ROUNDS)
        case = f"{len(people)} people found of {count}"
        for name in parts:
            yield report.Row(case, name, "ms", 1e3 * seconds[name], {})


def _draw(photograph: np.ndarray, people: Reconstruction) -> np.ndarray:
    return pictures.picture(photograph, people, people.vertices())


def _command(directory: Path) -> Iterator[report.Row]:
    """The program in a process of its own."""
    single, many = directory / "single.png", directory / "many"
    many.mkdir()
    Image.fromarray(_photograph(1, seed=0)).save(single)
    for number in range(_IMAGES):
        Image.fromarray(_photograph(3, seed=number)).save(many / f"{number}.png")
    case = "one photograph, one person"
    names = ("with an empty cache", *["again"] * (_STARTS - 1))
    for name in names:
        yield report.Row(case, f"command, {name}", "s", _run(single, directory), {})
    seconds = _run(many, directory)
    with np.load(directory / "output" / "result.npz") as file:
        count = len(file["pose"])
    case = f"{_IMAGES} photographs, {count} people found of {3 * _IMAGES}"
    yield report.Row(case, "command", "s", seconds, {})
    yield report.Row(case, "time a person", "s", seconds / max(count, 1), {})


def _run(photographs: Path, directory: Path) -> float:
    arguments = ["-m", "tools.photo", str(photographs), "--output", str(directory / "output")]
    environment = {**os.environ, "HPS_TF_CACHE": str(directory / "cache")}
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def _photograph(count: int, seed: int) -> np.ndarray:
    """Renders people side by side, arms somewhat bent, on a dull background."""
    rng = np.random.default_rng(seed)
    background = rng.integers(90, 150, (6, 8, 3), np.uint8)
    body = load_small()
    pose = rng.normal(0.0, 0.15, (count, 24, 3)).astype(np.float32)
    pose[:, 0] = (np.pi, 0.0, 0.0)
    pose[:, 16, 2], pose[:, 17, 2] = -1.1, 1.1  # Arms down.
    place = np.zeros((count, 3), np.float32)
    place[:, 0] = 1.1 * (np.arange(count) - (count - 1) / 2)
    place[:, 2] = _DISTANCE + (count > 1)
    vertices = body(pose=pose, translation=place).vertices.numpy()
    canvas = Image.fromarray(background).resize(_SIZE[::-1], Image.Resampling.BICUBIC)
    return overlay(np.asarray(canvas), vertices, body.faces, default_camera.intrinsics(_SIZE))
