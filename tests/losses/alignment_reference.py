"""Eq. 7 in NumPy and SciPy, in float64."""

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from hps_tf.body.parts import NUM_PARTS


class Reference(NamedTuple):
    """Terms `(B,)`, their gradients `(B, V, 2)`, and where these hang on a choice `(B, V)`."""

    pixels_to_vertices: np.ndarray
    vertices_to_pixels: np.ndarray
    pixel_gradient: np.ndarray
    vertex_gradient: np.ndarray
    is_tied: np.ndarray


def alignment(
    vertices_2d, part_labels, vertex_parts, mean=False, truncation=np.inf, weights=None, scale=None
) -> Reference:
    vertices_2d = np.asarray(vertices_2d, np.float64)
    batch, count, _ = vertices_2d.shape
    weights = np.ones((batch, count)) if weights is None else np.asarray(weights, np.float64)
    scale = np.ones((batch, NUM_PARTS)) if scale is None else np.asarray(scale, np.float64)
    terms, gradients = np.zeros((2, batch)), np.zeros((2, batch, count, 2))
    is_tied = np.zeros((batch, count), bool)
    for image, part in np.ndindex(batch, NUM_PARTS):
        pixels = np.argwhere(part_labels[image] == part + 1)[:, ::-1].astype(np.float64)
        members = np.flatnonzero((vertex_parts == part + 1) & (weights[image] > 0))
        if not len(pixels) or not len(members):
            continue
        points, own = vertices_2d[image, members], weights[image, members]
        factors = scale[image, part] / (np.array([len(pixels), own.sum()]) if mean else np.ones(2))

        distances, nearest = cKDTree(points).query(pixels)
        terms[0, image] += factors[0] * np.minimum(distances, truncation).sum()
        pulls = factors[0] * _direction(points[nearest] - pixels, distances, truncation)
        np.add.at(gradients[0, image], members[nearest], pulls)

        distances, nearest = cKDTree(pixels).query(points)
        terms[1, image] += factors[1] * (own * np.minimum(distances, truncation)).sum()
        pulls = _direction(points - pixels[nearest], distances, truncation)
        gradients[1, image, members] = factors[1] * own[:, np.newaxis] * pulls
        is_tied[image, members] = _tied(points, pixels)
    return Reference(*terms, *gradients, is_tied)


def _tied(points, pixels):
    """Points with two nearest pixels, and those that are a pixel's nearest with another."""
    nearest, second = cKDTree(pixels).query(points, k=2)[0].T
    is_tied = second <= nearest * (1 + 1e-6)
    tree = cKDTree(points)
    nearest, second = tree.query(pixels, k=2)[0].T
    (chosen,) = np.nonzero(second <= nearest * (1 + 1e-6))
    for found in tree.query_ball_point(pixels[chosen], nearest[chosen] * (1 + 1e-6)):
        is_tied[found] = True
    return is_tied


def _direction(difference, distances, truncation):
    counts = (distances > 0) & (distances < truncation)
    return difference * (counts / np.where(distances > 0, distances, 1))[:, np.newaxis]
