"""Synthetic images, as `tools.prepare_synthetic` renders them: people, clothes, light, labels.

Rates are per second of processor time, so of one core, whatever else the machine does. "raster" is
the z-buffer alone, with the part labels, of bodies that are at hand.
"""

import functools
import time
from collections.abc import Callable, Iterator

import numpy as np

from hps_tf import priors
from hps_tf.body import load_default
from hps_tf.data.synthetic import Generator, PriorPeople
from hps_tf.geometry import camera
from hps_tf.rendering import part_labels, rasterize
from tools.benchmark import report

PEERS = ()

_PRIOR = "cmu-6d-light"
_SIZES = (128, 256)
_NUM_VERTICES = (3000, 6890)
_IMAGES = 128
_DISTANCE = 3.0  # Metres.
_RASTERS = 32


def rows() -> Iterator[report.Row]:
    """Measures sizes of images and of bodies."""
    people = PriorPeople(priors.load(_PRIOR))
    for num_vertices in _NUM_VERTICES:
        for size in _SIZES:
            case = f"{size}x{size} pixels, {num_vertices:,} vertices"
            generator = Generator(size, num_vertices=num_vertices)
            rate = _rate(functools.partial(_count, generator, people), _IMAGES)
            yield report.Row(case, "images per core", "images/s", rate, {})
            rate = _rate(_rasterizer(size, num_vertices), _RASTERS)
            yield report.Row(case, "raster per core", "images/s", rate, {})


def _count(generator: Generator, people: PriorPeople) -> int:
    return sum(1 for _ in generator.examples(people, "train", _IMAGES))


def _rasterizer(size: int, num_vertices: int) -> Callable[[], np.ndarray]:
    body = load_default(num_vertices)
    prior = priors.load(_PRIOR)
    pose = prior.space.to_pose(prior.sample(_RASTERS, seed=0)).numpy()
    pose[:, 0] = (np.pi, 0.0, 0.0)
    place = np.tile(np.array([0.0, 0.2, _DISTANCE], np.float32), (_RASTERS, 1))
    vertices = body(pose=pose, translation=place).vertices.numpy()
    middle = (size - 1) / 2
    intrinsics = camera.intrinsic_matrix([1.3 * size] * 2, [middle] * 2)[None].numpy()
    intrinsics = np.tile(intrinsics, (_RASTERS, 1, 1))

    def run() -> np.ndarray:
        raster = rasterize(vertices, body.faces, intrinsics, (size, size))
        return part_labels(raster, body.face_parts)

    return run


def _rate(run: Callable[[], object], count: int) -> float:
    """Images per second of processor time, of the better of two runs after a first."""
    run()
    seconds = []
    for _ in range(2):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return count / min(seconds)
