"""People for the benchmark of the alignment loss: label maps, and vertices that nearly fit them."""

from typing import NamedTuple

import numpy as np

from hps_tf import priors
from hps_tf.body import BodyModel, default_body, parts
from hps_tf.rendering import part_labels, rasterize

_PRIOR = "cmu-6d-light"
_NUM_VERTICES = 6890
_POSE_ERROR = 0.1  # radians
_DISTANCE = 3.5  # metres
_FILLED = 0.95  # of the image's width or height


class People(NamedTuple):
    """A batch of people, each in an image of its own.

    Attributes:
      part_labels: `(B, H, W)` uint8, rendered.
      vertices_2d: `(B, V, 2)` float32 pixels, of bodies in slightly wrong poses.
      vertex_parts: `(V,)` uint8.
    """

    part_labels: np.ndarray
    vertices_2d: np.ndarray
    vertex_parts: np.ndarray


def make(batch: int, size: int, num_vertices: int, seed: int) -> People:
    """Draws poses from the prior and renders the embedded body, as large as the image holds.

    More than 6,890 vertices are had by adding the middles of the longest edges.

    Args:
      batch: The number of people.
      size: Height and width of the label maps.
      num_vertices: At least 6890.
      seed: Of poses and errors.

    Returns:
      The people.
    """
    data = default_body.read(_NUM_VERTICES)
    body, prior = BodyModel(data), priors.load(_PRIOR)
    pose = prior.space.to_pose(prior.sample(batch, seed=seed)).numpy()
    errors = np.random.default_rng(seed).normal(0.0, _POSE_ERROR, pose.shape).astype(np.float32)
    to_camera = np.array([1.0, -1.0, -1.0], np.float32)
    posed, wrong = (body(pose=p).vertices.numpy() * to_camera for p in (pose, pose + errors))

    low, high = posed.min(axis=1), posed.max(axis=1)
    shift = np.array([0.0, 0.0, _DISTANCE], np.float32) - (low + high) / 2
    focal_lengths = _FILLED * size * _DISTANCE / (high - low)[:, :2].max(axis=1)
    intrinsics = np.zeros((batch, 3, 3), np.float32)
    intrinsics[:, 0, 0] = intrinsics[:, 1, 1] = focal_lengths
    intrinsics[:, :2, 2], intrinsics[:, 2, 2] = (size - 1) / 2, 1.0

    raster = rasterize(posed + shift[:, np.newaxis], data.faces, intrinsics, (size, size))
    ends = _refinement(data.template, data.faces, num_vertices)
    points = (wrong + shift[:, np.newaxis])[:, ends].mean(axis=2)
    projected = points @ intrinsics.swapaxes(1, 2)
    return People(
        part_labels(raster, parts.of_faces(data.vertex_parts, data.faces)),
        projected[..., :2] / projected[..., 2:],
        data.vertex_parts[ends[:, 0]],
    )


def _refinement(template: np.ndarray, faces: np.ndarray, num_vertices: int) -> np.ndarray:
    """The two vertices, `(num_vertices, 2)`, whose middle each vertex is: itself, or an edge's."""
    edges = np.unique(np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
    lengths = np.linalg.norm(template[edges[:, 0]] - template[edges[:, 1]], axis=1)
    longest = edges[np.argsort(-lengths)[: num_vertices - len(template)]]
    return np.concatenate([np.arange(len(template))[:, np.newaxis].repeat(2, axis=1), longest])
