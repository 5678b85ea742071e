"""Agreement of people with the labels of their images."""

import numpy as np

from hps_tf.body.parts import NUM_PARTS
from hps_tf.geometry import checks


def keypoint_error(keypoints_2d: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Computes the mean distance of the labelled keypoints.

    Args:
      keypoints_2d: `(N, K, 2)` pixels.
      target: `(N, K, 2)` labelled ones, pixels.
      weights: `(N, K)`, above 0 where there is a label.

    Returns:
      `(N,)` pixels; NaN for a person without labels.

    Raises:
      ValueError: If the shapes disagree.
    """
    checks.shape("keypoints_2d", keypoints_2d, ("people", "keypoints", 2))
    checks.shape("target", target, keypoints_2d.shape)
    checks.shape("weights", weights, keypoints_2d.shape[:2])
    is_labelled = np.asarray(weights) > 0
    distances = np.linalg.norm(np.asarray(keypoints_2d) - target, axis=-1)
    total = np.where(is_labelled, distances, 0.0).sum(axis=1)
    count = is_labelled.sum(axis=1)
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)


def part_iou(part_labels: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Computes the intersection over union of part maps, the mean of a person's parts.

    Args:
      part_labels: `(N, H, W)` predicted labels, 0 = background, 1..14 = parts.
      target: `(N, H, W)` true ones.

    Returns:
      `(N,)` mean over the parts that either map has; NaN where both have none.

    Raises:
      ValueError: If the shapes disagree, or a label is none of these.
    """
    checks.shape("part_labels", part_labels, ("people", "height", "width"))
    checks.shape("target", target, part_labels.shape)
    count, height, width = part_labels.shape
    for name, labels in {"part_labels": part_labels, "target": target}.items():
        low, high = np.min(labels, initial=0), np.max(labels, initial=0)
        if low < 0 or high > NUM_PARTS:
            raise ValueError(f"`{name}`: expected from 0 to {NUM_PARTS}, received {low} to {high}")
    found, true = (
        np.reshape(labels, (count, height * width)).astype(np.int64)
        for labels in (part_labels, target)
    )
    # One histogram of all people's pairs of labels.
    size = NUM_PARTS + 1
    pairs = (np.arange(count)[:, np.newaxis] * size + found) * size + true
    table = np.bincount(pairs.ravel(), minlength=count * size * size).reshape(count, size, size)
    shared = np.einsum("nii->ni", table)[:, 1:]
    either = table.sum(axis=1)[:, 1:] + table.sum(axis=2)[:, 1:] - shared
    is_there = either > 0
    ious = np.divide(shared, either, out=np.zeros(shared.shape), where=is_there)
    parts = is_there.sum(axis=1)
    return np.divide(ious.sum(axis=1), parts, out=np.full(count, np.nan), where=parts > 0)
