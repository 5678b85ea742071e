"""Evidence arranged by the windows that are fitted, one row a problem.

An evidence of W T rows is W windows of T frames. A problem is a window with a start; `rows` tells
which window each of M problems is of.
"""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.weights import REFERENCE_SIZE
from hps_tf.losses import pack_part_pixels

_MARGIN = 1.25  # Of the square around a person, over its keypoints'.
_MIN_EXTENT = 1e-3  # Pixels; a single keypoint has no size.


class Parts(NamedTuple):
    """Part maps of B windows of T frames.

    Attributes:
      pixels: `hps_tf.losses.PackedPixels` with rows `(B, T, ...)`.
      boxes: `(B, T, 4)` left, top, width, height of the maps in the full frame.
      pixel_size: `(B, T)` reference pixels (`weights.REFERENCE_SIZE`) a pixel of the map.
    """

    pixels: Any
    boxes: tf.Tensor
    pixel_size: tf.Tensor


class WindowedEvidence(NamedTuple):
    """The evidence of B windows of T frames.

    Attributes:
      keypoints: `(B, T, K, 2)` pixels of the full frame.
      confidence: `(B, T, K)`; 0 where missing.
      intrinsics: `(B, T, 3, 3)`.
      pixel_size: `(B, T)` reference pixels a pixel of the full frame.
      anchors: Where the windows start, `Anchors`; or the bodies expected, `Expected`.
      parts: `Parts`; without part maps an empty tuple, which has no tensors.
    """

    keypoints: tf.Tensor
    confidence: tf.Tensor
    intrinsics: tf.Tensor
    pixel_size: tf.Tensor
    anchors: Any
    parts: Any


def check(
    evidence: Evidence, num_frames: int, keypoint_set: str, map_size: tuple[int, int] | None
) -> None:
    """Makes sure that evidence is of the kind that a fitter is for.

    Args:
      evidence: The evidence.
      num_frames: Frames per window, T.
      keypoint_set: Its keypoint set.
      map_size: Height and width of its part maps; None where maps are left aside.

    Raises:
      ValueError: If it is of another kind.
    """
    if len(evidence) == 0 or len(evidence) % num_frames:
        raise ValueError(
            f"`evidence`: expected windows of {num_frames} rows, received {len(evidence)} rows"
        )
    if evidence.keypoint_set != keypoint_set:
        raise ValueError(
            f"`evidence.keypoint_set`: expected {keypoint_set!r}, received"
            f" {evidence.keypoint_set!r}"
        )
    labels = evidence.part_labels
    if map_size is not None and (labels is None or labels.shape[1:] != map_size):
        received = "none" if labels is None else labels.shape[1:]
        raise ValueError(
            f"`evidence.part_labels`: expected maps of size {map_size}, received {received}"
        )


def arrange(
    evidence: Evidence, num_frames: int, rows: np.ndarray, anchors: Any
) -> WindowedEvidence:
    """Arranges keypoints and cameras by problem.

    Args:
      evidence: The evidence.
      num_frames: Frames per window, T.
      rows: `(M,)` each problem's window.
      anchors: See `WindowedEvidence`, a row a problem.

    Returns:
      The windows, without part maps.
    """

    def by_problem(frames: np.ndarray) -> np.ndarray:
        return by_window(frames, num_frames)[rows]

    return WindowedEvidence(
        keypoints=by_problem(evidence.keypoints),
        confidence=by_problem(evidence.confidence),
        intrinsics=by_problem(evidence.intrinsics),
        pixel_size=by_problem(pixel_size(evidence.keypoints, evidence.confidence).numpy()),
        anchors=anchors,
        parts=(),
    )


def arrange_parts(evidence: Evidence, num_frames: int, rows: np.ndarray) -> Parts:
    """Packs part maps and arranges them by problem.

    Args:
      evidence: The evidence, with part maps.
      num_frames: Frames per window, T.
      rows: `(M,)` each problem's window.

    Raises:
      ValueError: If the evidence has no part maps.
    """
    if evidence.part_labels is None or evidence.part_boxes is None:
        raise ValueError("`evidence`: expected part maps")
    pixels = pack_part_pixels(evidence.part_labels)
    of_frame = pixel_size(evidence.keypoints, evidence.confidence).numpy()
    area = np.float32(np.prod(evidence.part_labels.shape[1:]))
    cell = np.sqrt(evidence.part_boxes[:, 2:].prod(axis=1) / area)
    return Parts(
        pixels=tf.nest.map_structure(lambda a: by_window(a.numpy(), num_frames)[rows], pixels),
        boxes=by_window(evidence.part_boxes, num_frames)[rows],
        pixel_size=by_window(of_frame * cell, num_frames)[rows],
    )


def by_window(frames: np.ndarray, num_frames: int) -> np.ndarray:
    """`(W T, ...)` to `(W, T, ...)`."""
    return frames.reshape(-1, num_frames, *frames.shape[1:])


def pixel_size(keypoints: tf.Tensor, confidence: tf.Tensor) -> tf.Tensor:
    """Tells how large people are seen.

    Args:
      keypoints: `(N, K, 2)` pixels of the full frame.
      confidence: `(N, K)`; 0 where missing.

    Returns:
      `(N,)` reference pixels (`weights.REFERENCE_SIZE`) a pixel of the full frame.
    """
    is_seen = tf.convert_to_tensor(confidence)[..., tf.newaxis] > 0.0
    low = tf.reduce_min(tf.where(is_seen, keypoints, np.float32(np.inf)), axis=1)
    high = tf.reduce_max(tf.where(is_seen, keypoints, np.float32(-np.inf)), axis=1)
    extent = tf.maximum(tf.reduce_max(high - low, axis=1), _MIN_EXTENT)
    return REFERENCE_SIZE / (_MARGIN * extent)
