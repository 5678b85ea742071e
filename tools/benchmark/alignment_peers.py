"""Other ways to compute the alignment loss and its gradient, one image at a time."""

from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf
from scipy.spatial import cKDTree

from hps_tf.body.parts import NUM_PARTS
from tools.benchmark.alignment_people import People

#: Takes people and which of them; returns both terms' sum and its gradient `(V, 2)`.
Peer = Callable[[People, int], tuple[float, np.ndarray]]


def scipy_trees(workers: int) -> Peer:
    """SciPy's k-d trees, a tree of the vertices and one of the pixels for each part.

    Args:
      workers: Threads that query a tree; -1 for all cores.
    """

    def run(people: People, image: int) -> tuple[float, np.ndarray]:
        total, gradient = 0.0, np.zeros(people.vertices_2d.shape[1:])
        for members, points, pixels in matched_parts(people, image):
            distances, nearest = cKDTree(points).query(pixels, workers=workers)
            total += distances.sum()
            pulls = _directions(points[nearest] - pixels, distances)
            for axis in range(2):
                gradient[members, axis] += np.bincount(nearest, pulls[:, axis], len(members))
            distances, nearest = cKDTree(pixels).query(points, workers=workers)
            total += distances.sum()
            gradient[members] += _directions(points - pixels[nearest], distances)
        return total, gradient

    return run


def torch_cdist() -> Peer:
    """PyTorch's `cdist` for each part; the gradient is that of the nearest pairs."""
    import torch

    mode = "donot_use_mm_for_euclid_dist"  # the other isn't exact

    def run(people: People, image: int) -> tuple[float, np.ndarray]:
        total, gradient = 0.0, np.zeros(people.vertices_2d.shape[1:], np.float32)
        for members, points_array, pixels_array in matched_parts(people, image):
            points = torch.tensor(points_array, requires_grad=True)
            pixels = torch.tensor(pixels_array)
            with torch.no_grad():
                distances = torch.cdist(pixels, points, compute_mode=mode)
                vertices, nearest_pixels = distances.argmin(dim=1), distances.argmin(dim=0)
            loss = (points[vertices] - pixels).norm(dim=1).sum()
            loss = loss + (points - pixels[nearest_pixels]).norm(dim=1).sum()
            (pulls,) = torch.autograd.grad(loss, points)
            total += float(loss.detach())
            gradient[members] = pulls.numpy()
        return total, gradient

    return run


def graphics_chamfer() -> Peer:
    """tensorflow-graphics' chamfer distance for each part: squared distances, and their means."""
    from tensorflow_graphics.nn.loss import chamfer_distance

    points_spec = tf.TensorSpec((None, 2), tf.float32)

    @tf.function(input_signature=(points_spec, points_spec))
    def loss_and_gradient(pixels: tf.Tensor, points: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(points)
            loss = chamfer_distance.evaluate(pixels, points)
        return loss, tape.gradient(loss, points)

    def run(people: People, image: int) -> tuple[float, np.ndarray]:
        total, gradient = 0.0, np.zeros(people.vertices_2d.shape[1:], np.float32)
        for members, points, pixels in matched_parts(people, image):
            loss, pulls = loss_and_gradient(pixels, points)
            total += float(loss)
            gradient[members] = pulls.numpy()
        return total, gradient

    return run


def matched_parts(
    people: People, image: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Visits the parts that have both vertices and pixels.

    Args:
      people: The batch.
      image: Which image of it.

    Yields:
      `(M,)` which vertices are the part's, their points `(M, 2)`, and its pixels `(P, 2)` float32.
    """
    labels = people.part_labels[image].ravel()
    order = np.argsort(labels, kind="stable")
    ends = np.cumsum(np.bincount(labels, minlength=NUM_PARTS + 1))
    rows, columns = np.divmod(order, people.part_labels.shape[2])
    pixels = np.stack([columns, rows], axis=1).astype(np.float32)
    for part in range(1, NUM_PARTS + 1):
        members = np.flatnonzero(people.vertex_parts == part)
        own = pixels[ends[part - 1] : ends[part]]
        if len(members) and len(own):
            yield members, people.vertices_2d[image, members], own


def _directions(difference: np.ndarray, distances: np.ndarray) -> np.ndarray:
    return difference / np.where(distances > 0, distances, 1.0)[:, np.newaxis]
