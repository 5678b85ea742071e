"""Effect of the alignment loss's options on occluded and partly wrong part maps.

People drawn from a prior stand before a camera, as those of `table1`; no data is needed. Each
begins in a pose off by 0.2 radians a joint, and the alignment loss alone (Eq. 7, means by part),
held by a weak spring to where it began, brings the pose back: shape and camera are known. The body
that is rendered is the one that is fitted. Three kinds of part maps:

  clean: as rendered.
  occluded: an object hides a rectangle of 0.4 times the person's box; its pixels have no label.
  mislabelled: eight discs of six pixels' radius carry a random part.

Four losses: "plain", "truncated" at 8 pixels, "visible" with the vertices weighted that the
z-buffer of the first pose sees, and "occluded parts" with each part weighted by the share that the
map shows of the pixels that the first pose has.
"""

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf import priors
from hps_tf.body import BodyModel, load_default
from hps_tf.body.parts import NUM_PARTS
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.errors import InputError
from hps_tf.evaluation import held_out_people
from hps_tf.evaluation.held_out_people import IMAGE_SIZE, People
from hps_tf.fitting.lbfgs import LBFGS
from hps_tf.geometry import axis_angle, camera
from hps_tf.io.json_file import write as write_json
from hps_tf.losses import alignment_loss, pack_part_pixels
from hps_tf.metrics import joint_error
from hps_tf.rendering import part_labels, rasterize
from hps_tf.rendering.visibility import visible_vertices

PRIOR = "cmu-6d-realnvp"
NUM_VERTICES = 3000
POSE_ERROR = 0.2  # radians along each axis
SPRING = 0.02  # pixels a radian²; it decides only what the maps leave open
TRUNCATION = 8.0  # pixels
HIDDEN = 0.4  # of the height and width of the person's box
NUM_DISCS, DISC_RADIUS = 8, 6.0
MAX_CALLS = 150
SEED = 0

Vary = Callable[[np.ndarray, np.random.Generator], np.ndarray]


class Start(NamedTuple):
    """The start of the fits of N people, and its rendering.

    Attributes:
      pose: `(N, 24, 3)` axis-angle; joint 0 turns the body into the camera frame.
      is_visible: `(N, V)` bool whether each vertex is seen.
      part_counts: `(N, 14)` pixels of each part.
    """

    pose: np.ndarray
    is_visible: np.ndarray
    part_counts: np.ndarray


def reproduce(arguments: argparse.Namespace) -> None:
    """Fits with every loss to every kind of maps and prints the errors."""
    if arguments.num_people < 1:
        raise InputError(f"--num_people: expected at least 1, received {arguments.num_people}")
    if not arguments.json.parent.is_dir():
        raise InputError(f"--json {arguments.json}: there is no directory {arguments.json.parent}")
    figures = measure(arguments.num_people)
    print(_table(figures))
    write_json(arguments.json, figures)


def measure(num_people: int) -> dict[str, Any]:
    """Fits with every loss to every kind of maps.

    Args:
      num_people: How many people.

    Returns:
      MPJPE in mm before and after, by kind of maps and loss, and of how many people each loss is
      nearer than the plain one.
    """
    body = load_default(NUM_VERTICES)
    rng = np.random.default_rng(SEED)
    people = _people(num_people, body)
    start = _start(people, body, rng)
    true_labels = people.evidence.part_labels
    assert true_labels is not None
    recovery = _Recovery(body)
    found: dict[str, dict[str, np.ndarray]] = {}
    for kind, vary in _KINDS.items():
        labels = np.stack([vary(each, rng) for each in true_labels])
        seen = np.minimum(_part_counts(labels) / np.maximum(start.part_counts, 1), 1.0)
        ways: dict[str, dict[str, Any]] = {
            "plain": {},
            "truncated": {"truncation": TRUNCATION},
            "visible": {"vertex_weights": start.is_visible},
            "occluded parts": {"part_weights": seen},
        }
        found[kind] = {
            way: _error(recovery.run(people, start, labels, **options), people, body)
            for way, options in ways.items()
        }
    return {
        "num_people": num_people,
        "seed": SEED,
        "before_mm": float(_error(start.pose, people, body).mean()),
        "after_mm": {
            kind: {way: float(errors.mean()) for way, errors in ways.items()}
            for kind, ways in found.items()
        },
        "nearer_than_plain": {
            kind: {way: int((e < ways["plain"]).sum()) for way, e in ways.items() if way != "plain"}
            for kind, ways in found.items()
        },
    }


def _people(count: int, body: BodyModel) -> People:
    prior = priors.load(PRIOR)
    poses = prior.space.to_pose(prior.sample(count, seed=SEED)).numpy()
    clip = MotionClip(
        name="samples",
        subject=PRIOR,
        split="all",
        fps=1.0,
        pose=poses,
        translation=np.zeros((count, 3), np.float32),
        source=PRIOR,
        time=np.arange(count, dtype=np.float32),
    )
    return held_out_people.draw([clip], count, SEED, body)


def _start(people: People, body: BodyModel, rng: np.random.Generator) -> Start:
    pose = axis_angle.from_matrix(people.rotation_matrices).numpy()
    pose += POSE_ERROR * rng.standard_normal(pose.shape).astype(np.float32)
    vertices = body(pose=pose, shape=people.shape, translation=people.translation).vertices.numpy()
    intrinsics = people.evidence.intrinsics
    is_visible, labels = [], []
    for mesh, matrix in zip(vertices, intrinsics, strict=True):
        raster = rasterize(mesh, body.faces, matrix, IMAGE_SIZE)
        is_visible.append(visible_vertices(mesh, matrix, raster.depth))
        labels.append(part_labels(raster, body.face_parts))
    return Start(pose, np.stack(is_visible), _part_counts(np.stack(labels)))


def _part_counts(labels: np.ndarray) -> np.ndarray:
    return np.stack([np.bincount(each.ravel(), minlength=NUM_PARTS + 1)[1:] for each in labels])


def _error(pose: np.ndarray, people: People, body: BodyModel) -> np.ndarray:
    """`(N,)` MPJPE in mm."""
    joints = body.joints(pose=pose, shape=people.shape, translation=people.translation)
    return 1000 * np.asarray(joint_error.mpjpe(joints, people.joints_3d))


class _Recovery:
    """Brings poses back with every kind of loss, compiled once."""

    def __init__(self, body: BodyModel):
        self._body = body
        self._minimizer = LBFGS(self._loss, MAX_CALLS, max_slots=64)

    def run(
        self,
        people: People,
        start: Start,
        labels: np.ndarray,
        truncation: float = np.inf,
        vertex_weights: np.ndarray | float = 1.0,
        part_weights: np.ndarray | float = 1.0,
    ) -> np.ndarray:
        """Gives `(N, 24, 3)` poses."""
        count = len(labels)
        fixed = {
            "packed": tf.nest.map_structure(np.asarray, pack_part_pixels(labels)),
            "pose": start.pose,
            "shape": people.shape,
            "translation": people.translation,
            "intrinsics": people.evidence.intrinsics,
            "truncation": np.full(count, truncation, np.float32),
            "vertex_weights": _rows(vertex_weights, (count, NUM_VERTICES)),
            "part_weights": _rows(part_weights, (count, NUM_PARTS)),
        }
        turns = self._minimizer.minimize(np.zeros((count, 72), np.float32), fixed, ()).x
        return start.pose + turns.reshape(start.pose.shape)

    def _loss(self, turns: tf.Tensor, fixed: dict[str, Any], _: tuple) -> tf.Tensor:
        vertices = self._body(
            pose=fixed["pose"] + tf.reshape(turns, (-1, 24, 3)),
            shape=fixed["shape"],
            translation=fixed["translation"],
        ).vertices
        terms = alignment_loss(
            camera.project(vertices, fixed["intrinsics"]),
            fixed["packed"],
            self._body.vertex_parts,
            reduction="part_mean",
            truncation=fixed["truncation"],
            vertex_weights=fixed["vertex_weights"],
            part_weights=fixed["part_weights"],
        )
        distance = (terms.pixels_to_vertices + terms.vertices_to_pixels) / NUM_PARTS
        return distance + SPRING * tf.reduce_sum(tf.square(turns), axis=1)


def _rows(values: np.ndarray | float, shape: tuple[int, int]) -> np.ndarray:
    return np.broadcast_to(np.asarray(values, np.float32), shape)


def _occlude(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Takes a rectangle of the person's box out of a label map."""
    rows, columns = np.nonzero(labels)
    low = np.array([rows.min(), columns.min()])
    size = np.array([rows.max(), columns.max()]) + 1 - low
    corner = (low + rng.uniform(0, 1 - HIDDEN, 2) * size).astype(int)
    end = (corner + HIDDEN * size).astype(int)
    occluded = labels.copy()
    occluded[corner[0] : end[0], corner[1] : end[1]] = 0
    return occluded


def _mislabel(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draws discs of random parts around pixels of the person."""
    rows, columns = np.nonzero(labels)
    y, x = np.mgrid[: labels.shape[0], : labels.shape[1]]
    wrong = labels.copy()
    for pixel in rng.integers(0, len(rows), NUM_DISCS):
        is_near = (y - rows[pixel]) ** 2 + (x - columns[pixel]) ** 2 <= DISC_RADIUS**2
        wrong[is_near] = rng.integers(1, NUM_PARTS + 1)
    return wrong


_KINDS: dict[str, Vary] = {
    "clean": lambda labels, rng: labels,
    "occluded": _occlude,
    "mislabelled": _mislabel,
}


def _table(figures: dict[str, Any]) -> str:
    ways = list(next(iter(figures["after_mm"].values())))
    lines = [
        f"MPJPE in mm of {figures['num_people']} people, {figures['before_mm']:.1f} at the start;"
        " in brackets how many are nearer than with the plain loss",
        f"{'part maps':12}" + "".join(f"{way:>18}" for way in ways),
    ]
    for kind, errors in figures["after_mm"].items():
        nearer = figures["nearer_than_plain"][kind]
        cells = (
            f"{errors[way]:.1f}" + (f" ({nearer[way]})" if way in nearer else "") for way in ways
        )
        lines.append(f"{kind:12}" + "".join(f"{cell:>18}" for cell in cells))
    return "\n".join(lines)
