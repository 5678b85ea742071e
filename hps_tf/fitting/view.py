"""How bodies are seen beside their evidence: keypoints in pixels, part maps by alignment."""

from collections.abc import Callable

import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.body.parts import NUM_PARTS
from hps_tf.fitting.body_variables import BodyParams
from hps_tf.fitting.windows import WindowedEvidence
from hps_tf.geometry import camera
from hps_tf.losses import AlignmentTerms, alignment_loss

_NEAR = 0.2  # Metres; nearer points are projected at a depth that stays positive.

Alignment = Callable[..., AlignmentTerms]


class View:
    """Projects the bodies of windows.

    Args:
      body: The body model.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      alignment: Computes L_BA from `windows.parts.pixels`; its arguments and results are
        those of `hps_tf.losses.alignment_loss`.
    """

    def __init__(self, body: BodyModel, keypoint_set: str, alignment: Alignment = alignment_loss):
        self._body = body
        self._keypoint_set = keypoint_set
        self._alignment = alignment

    def keypoints(self, bodies: BodyParams, windows: WindowedEvidence) -> tf.Tensor:
        """Gives where keypoints are seen, `(B, T, K, 2)` pixels."""
        points = self._body.keypoints(self._keypoint_set, **_arguments(bodies))
        return _project(points, bodies, windows)

    def alignment_loss(
        self, bodies: BodyParams, windows: WindowedEvidence, truncation: tf.Tensor
    ) -> tf.Tensor:
        """L_BA (Eq. 7): the mean over frames and parts of mean distances both ways, `(B,)`."""
        vertices = _project(self._body(**_arguments(bodies)).vertices, bodies, windows)
        map_size = windows.parts.pixels.part_labels.shape[2:]
        in_map = camera.crop_points(vertices, windows.parts.boxes, map_size)
        terms = self._alignment(
            flat(in_map),
            tf.nest.map_structure(flat, windows.parts.pixels),
            self._body.vertex_parts,
            reduction="part_mean",
            truncation=truncation / tf.reshape(windows.parts.pixel_size, [-1]),
        )
        distance = (terms.pixels_to_vertices + terms.vertices_to_pixels) / NUM_PARTS
        distance = tf.reshape(distance, tf.shape(windows.parts.pixel_size))
        return tf.reduce_mean(distance * windows.parts.pixel_size, axis=1)


def offsets(seen: tf.Tensor, windows: WindowedEvidence) -> tf.Tensor:
    """From detected to fitted keypoints, `(B, T, K, 2)` reference pixels; 0 where missing."""
    is_seen = windows.confidence[..., None] > 0.0
    moves = tf.where(is_seen, seen - windows.keypoints, tf.zeros_like(seen))
    return moves * windows.pixel_size[..., None, None]


def in_front(points: tf.Tensor) -> tf.Tensor:
    """Keeps points `(..., 3)` before the camera."""
    return camera.in_front(points, _NEAR)


def in_front_slope(depths: tf.Tensor) -> tf.Tensor:
    """Derivative of the depth that `in_front` gives, as a function of that depth."""
    return tf.minimum(depths / _NEAR, 1.0)


def flat(rows: tf.Tensor) -> tf.Tensor:
    """`(B, T, ...)` to `(B T, ...)`."""
    return tf.reshape(rows, tf.concat([[-1], tf.shape(rows)[2:]], axis=0))


def _project(points: tf.Tensor, bodies: BodyParams, windows: WindowedEvidence) -> tf.Tensor:
    """Projects `(B T, N, 3)` points to `(B, T, N, 2)` pixels."""
    points = in_front(points)
    points = tf.reshape(points, [-1, bodies.translation.shape[1], *points.shape[1:]])
    zoom = tf.stack([bodies.focal_scale, bodies.focal_scale, tf.ones_like(bodies.focal_scale)], 1)
    columns = windows.intrinsics * zoom[:, None, None, :]
    return camera.project(points, columns)


def _arguments(bodies: BodyParams) -> dict[str, tf.Tensor]:
    """The bodies of all frames in one batch, as the body model's arguments."""
    frames = bodies.translation.shape[1]
    return {
        "rotation_matrices": flat(bodies.rotation_matrices),
        "shape": tf.repeat(bodies.shape, frames, axis=0),
        "translation": flat(bodies.translation),
    }
