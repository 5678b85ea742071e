"""The alignment loss, forward and gradient, beside k-d trees, distance matrices and a chamfer loss.

The people are drawn from the embedded prior and fill their images; the vertices are those of poses
that are a little wrong. Figures are milliseconds per image. Ours works on a batch of 8 whose masks
are new in every call, a shard for each core, and packs them first; packing and loss are also timed
apart. The peers work image by image, and what they need of the masks is found within the time.
SciPy runs with one thread and with all, and the better figure counts. tensorflow-graphics computes
squared distances.

"distances at peak" is how long the distances that are compared would take at the rate of a large
matrix product on all cores: 6 operations each, of which only one can be fused with another as all
of the product's are.

The last row is by how much the process grows at its peak, from before the first call at 256 pixels
and so with XLA's compilation.
"""

import functools
import importlib.util
import itertools
import math
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from hps_tf.body.parts import NUM_PARTS
from hps_tf.losses import PackedPixels, alignment_loss, pack_part_pixels
from tools.benchmark import (
    alignment_peers,
    alignment_people,
    alignment_ties,
    pytorch,
    report,
    timing,
)
from tools.benchmark.alignment_peers import Peer
from tools.benchmark.alignment_people import People

_SCIPY, _TORCH, _GRAPHICS = "scipy", "torch", "tensorflow-graphics"
PEERS = (_SCIPY, _TORCH, _GRAPHICS)

_SIZES = (64, 128, 256)
_NUM_VERTICES = (6890, 13380)
_BATCH = 8
_NUM_BATCHES = 3
_ROUNDS = 7
_TOLERANCE = 1e-5  # relative

_OPERATIONS = 6  # Two differences, two squares, a sum and a minimum.
_PRODUCT_SIZE = 2048

_WHOLE, _PACKING, _LOSS = "packing+forward+gradient", "packing", "forward+gradient"


def rows() -> list[report.Row]:
    """Measures every size of the masks with every number of vertices."""
    peers = _peers()
    return [
        row
        for num_vertices, size in itertools.product(_NUM_VERTICES, _SIZES)
        for row in _rows(num_vertices, size, peers)
    ]


def _rows(num_vertices: int, size: int, peers: dict[str, Peer]) -> list[report.Row]:
    case = f"{size}x{size} pixels, {num_vertices} vertices"
    batches = [
        alignment_people.make(_BATCH, size, num_vertices, seed) for seed in range(_NUM_BATCHES)
    ]
    loss = _loss_function(batches[0].vertex_parts)
    growth = _growth(lambda: [_run(loss, people) for people in batches])
    _check_agreement(loss, batches[0])

    turns = itertools.cycle(batches)
    packed = [(people, pack_part_pixels(people.part_labels)) for people in batches]
    packed_turns = itertools.cycle(packed)
    images = itertools.cycle(itertools.product(batches, range(_BATCH)))
    candidates: dict[str, Callable[[], object]] = {
        _WHOLE: lambda: _run(loss, next(turns)),
        _PACKING: lambda: pack_part_pixels(next(turns).part_labels),
        _LOSS: lambda: _run(loss, *next(packed_turns)),
    }
    candidates |= {name: functools.partial(_run_peer, peer, images) for name, peer in peers.items()}
    milliseconds = {
        name: 1e3 * seconds / (1 if name in peers else _BATCH)
        for name, seconds in timing.interleaved(candidates, _ROUNDS).items()
    }
    beside: dict[str, float] = {}
    for name in peers:
        distribution = name.partition(",")[0]
        beside[distribution] = min(beside.get(distribution, np.inf), milliseconds[name])
    found = [
        report.Row(case, _WHOLE, "ms/image", milliseconds[_WHOLE], beside),
        report.Row(case, _PACKING, "ms/image", milliseconds[_PACKING], {}),
        report.Row(case, _LOSS, "ms/image", milliseconds[_LOSS], {}),
        report.Row(case, "distances at peak", "ms/image", _limit(batches), {}),
    ]
    if size == max(_SIZES):
        found.append(report.Row(case, "peak memory growth", "MiB", growth, {}))
    return found


def _peers() -> dict[str, Peer]:
    peers = {
        f"{_SCIPY}, 1 thread": alignment_peers.scipy_trees(1),
        f"{_SCIPY}, all threads": alignment_peers.scipy_trees(-1),
    }
    if pytorch.missing([_TORCH]):
        report.warn_absent(_TORCH)
    else:
        pytorch.prepare(len(os.sched_getaffinity(0)))
        peers[_TORCH] = alignment_peers.torch_cdist()
    if importlib.util.find_spec("tensorflow_graphics") is None:
        report.warn_absent(_GRAPHICS)
    else:
        peers[_GRAPHICS] = alignment_peers.graphics_chamfer()
    return peers


def _loss_function(
    vertex_parts: np.ndarray,
) -> Callable[[tf.Tensor, PackedPixels], tuple[tf.Tensor, tf.Tensor]]:
    num_shards = math.gcd(_BATCH, len(os.sched_getaffinity(0)))

    @tf.function
    def loss_and_gradient(
        vertices_2d: tf.Tensor, packed: PackedPixels
    ) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(vertices_2d)
            terms = alignment_loss(vertices_2d, packed, vertex_parts, num_shards=num_shards)
            loss = terms.pixels_to_vertices + terms.vertices_to_pixels
        return loss, tape.gradient(loss, vertices_2d)

    return loss_and_gradient


def _run(
    loss: Callable, people: People, packed: PackedPixels | None = None
) -> tuple[np.ndarray, np.ndarray]:
    if packed is None:
        packed = pack_part_pixels(people.part_labels)
    value, gradient = loss(tf.constant(people.vertices_2d), packed)
    return value.numpy(), gradient.numpy()  # waits for the device


def _run_peer(peer: Peer, images: Iterator[tuple[People, int]]) -> tuple[float, np.ndarray]:
    return peer(*next(images))


def _check_agreement(loss: Callable, people: People) -> None:
    """Compares values everywhere, and gradients where each nearest point is the only one."""
    values, gradients = _run(loss, people)
    in_float64 = people._replace(vertices_2d=people.vertices_2d.astype(np.float64))
    reference = alignment_peers.scipy_trees(1)
    for image, (value, gradient) in enumerate(zip(values, gradients, strict=True)):
        expected, expected_gradient = reference(in_float64, image)
        is_compared = ~alignment_ties.tied_vertices(in_float64, image)
        errors = np.abs(gradient - expected_gradient)[is_compared]
        difference = max(
            abs(value / expected - 1),
            errors.max(initial=0.0) / np.abs(expected_gradient).max(),
        )
        if difference > _TOLERANCE:
            raise RuntimeError(f"ours differs from SciPy's by {difference:.2g}; nothing was timed")


def _limit(batches: Sequence[People]) -> float:
    """The milliseconds an image that the compared distances take at the machine's peak rate."""
    factor = tf.random.stateless_uniform((_PRODUCT_SIZE, _PRODUCT_SIZE), (0, 0))
    seconds = timing.interleaved({"product": lambda: tf.matmul(factor, factor).numpy()}, 3)
    rate = 2 * _PRODUCT_SIZE**3 / seconds["product"]
    distances = np.mean([_num_distances(people) for people in batches])
    return 1e3 * _OPERATIONS * float(distances) / rate


def _num_distances(people: People) -> float:
    """Distances per image: pixels to vertices, and vertices off their part to its boundary."""
    packed = pack_part_pixels(people.part_labels)
    members = people.vertex_parts == np.arange(1, NUM_PARTS + 1)[:, np.newaxis]
    counts = packed.part_counts.numpy()
    has_pixels = counts > 0
    boundary = np.stack(
        [
            np.bincount(parts, weights, NUM_PARTS + 1)[1:]
            for parts, weights in zip(packed.boundary.parts, packed.boundary.counts, strict=True)
        ]
    )
    x, y = np.rint(people.vertices_2d).astype(int).clip(0, people.part_labels.shape[1] - 1).T
    rows = np.arange(len(counts))
    is_off = people.vertex_parts != people.part_labels[rows, y, x].T
    looking = is_off @ members.T.astype(float)
    return float(
        (counts @ members.sum(axis=1) + (looking * boundary * has_pixels).sum(axis=1)).mean()
    )


def _growth(run: Callable[[], object]) -> float:
    """By how much the resident memory of this process grows at most during a run, in MiB."""
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before = _status("VmRSS")
    run()
    return (_status("VmHWM") - before) / 1024


def _status(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1])
    raise RuntimeError(f"/proc/self/status has no {field}")
