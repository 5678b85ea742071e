"""The objective of a fit: keypoints, body parts, prior, shape and smoothness.

L = w_KA L_KA + w_BA L_BA + w_ψ L_ψ + w_β ‖β‖² (Zanfir et al. 2020, Eq. 11), and for video w_ψ w_s
L_smooth (Eq. 12). Terms of frames are averaged over the frames of a window.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.body.parts import NUM_PARTS
from hps_tf.body.skeleton import KEYPOINT_NAMES
from hps_tf.fitting.body_variables import Body, BodyVariables
from hps_tf.fitting.pose_variables import Parameters
from hps_tf.fitting.weights import Weights
from hps_tf.fitting.windows import Windows
from hps_tf.geometry import camera
from hps_tf.losses import AlignmentTerms, alignment_loss

_NEAR = 0.2  # Metres; nearer points are seen as if they kept coming nearer, never behind.
_TRANSLATION_UNIT = 0.1  # Metres that weigh in smoothness as a latent's 1.


class Shared(NamedTuple):
    """What all windows share: the weights and the prior's parameters, as tensors."""

    weights: Weights
    parameters: Parameters


class Objective:
    """The loss of windows as a function of their variables.

    Args:
      body: The body model.
      layout: The variables.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      alignment: What computes L_BA from `windows.parts.pixels`; its arguments and results are
        those of `hps_tf.losses.alignment_loss`.
    """

    def __init__(
        self,
        body: BodyModel,
        layout: BodyVariables,
        keypoint_set: str,
        alignment: Callable[..., AlignmentTerms] = alignment_loss,
    ):
        self._body = body
        self._layout = layout
        self._keypoint_set = keypoint_set
        self._alignment = alignment

    def __call__(self, variables: tf.Tensor, windows: Windows, shared: Shared) -> tf.Tensor:
        """Gives the `(B,)` losses of `(B, size)` variables."""
        return tf.add_n(list(self.terms(variables, windows, shared).values()))

    def terms(self, variables: tf.Tensor, windows: Windows, shared: Shared) -> dict[str, tf.Tensor]:
        """Gives the loss by its weighted terms, `(B,)` each."""
        found = self._layout.split(variables, windows.anchors, shared.parameters)
        weights = shared.weights
        energy = self._pose_energy(found, shared.parameters)
        terms = {
            "keypoints": weights.keypoints * self._keypoint_loss(found, windows, weights),
            "prior": weights.prior * tf.reduce_mean(energy, axis=1),
            "shape": weights.shape * tf.reduce_sum(tf.square(found.shape), axis=1),
        }
        if windows.parts:
            terms["alignment"] = weights.alignment * self._alignment_loss(
                found, windows, weights.truncation
            )
        if self._layout.num_frames > 1:
            terms["smoothness"] = weights.prior * weights.smoothness * _smoothness_loss(found)
        return terms

    def residuals(self, variables: tf.Tensor, windows: Windows, shared: Shared) -> tf.Tensor:
        """Gives `(B, 2 T K)` residuals whose squares add up to the weighted keypoint term."""
        found = self._layout.split(variables, windows.anchors, shared.parameters)
        offsets = self._keypoint_offsets(found, windows)
        squares = tf.reduce_sum(tf.square(offsets), axis=3, keepdims=True)
        total = tf.reduce_sum(windows.confidence, axis=2, keepdims=True)
        share = windows.confidence / (total * self._layout.num_frames)
        scale = tf.sqrt(shared.weights.keypoints * share)[..., None]
        scaled = scale * offsets * tf.math.rsqrt(_saturation(squares, shared.weights))
        return tf.reshape(scaled, [tf.shape(variables)[0], self.num_residuals])

    @property
    def num_residuals(self) -> int:
        """2 T K, the number of residuals."""
        return 2 * self._layout.num_frames * len(KEYPOINT_NAMES[self._keypoint_set])

    def curvature(self, shared: Shared) -> tf.Tensor:
        """Gives the `(size,)` weights of squared variables that are prior and shape terms."""
        weights = shared.weights
        return self._layout.weigh(0.5 * weights.prior / self._layout.num_frames, weights.shape)

    def keypoints_2d(
        self, variables: tf.Tensor, windows: Windows, parameters: Parameters
    ) -> tf.Tensor:
        """Gives where the keypoints of `(B, size)` variables are seen, `(B, T, K, 2)` pixels."""
        return self._project_keypoints(
            self._layout.split(variables, windows.anchors, parameters), windows
        )

    def energy(self, variables: tf.Tensor, windows: Windows, parameters: Parameters) -> tf.Tensor:
        """Gives the energy of the poses under the prior, `(B, T)` nats."""
        return self._pose_energy(
            self._layout.split(variables, windows.anchors, parameters), parameters
        )

    def _pose_energy(self, found: Body, parameters: Parameters) -> tf.Tensor:
        pose = tf.reshape(found.pose_variables, [-1, self._layout.pose.dim])
        energy = self._layout.pose.energy(pose, parameters)
        return tf.reshape(energy, [-1, self._layout.num_frames])

    def _keypoint_loss(self, found: Body, windows: Windows, weights: Weights) -> tf.Tensor:
        """L_KA: the mean over frames and keypoints of squared distances, outliers saturating."""
        squares = tf.reduce_sum(tf.square(self._keypoint_offsets(found, windows)), axis=3)
        squares /= _saturation(squares, weights)
        total = tf.reduce_sum(windows.confidence, axis=2)
        means = tf.reduce_sum(windows.confidence * squares, axis=2) / total
        return tf.reduce_mean(means, axis=1)

    def _keypoint_offsets(self, found: Body, windows: Windows) -> tf.Tensor:
        """From detected to fitted keypoints, `(B, T, K, 2)` reference pixels; 0 where missing."""
        seen = self._project_keypoints(found, windows)
        is_seen = windows.confidence[..., None] > 0.0
        offsets = tf.where(is_seen, seen - windows.keypoints, tf.zeros_like(seen))
        return offsets * windows.pixel_size[..., None, None]

    def _project_keypoints(self, found: Body, windows: Windows) -> tf.Tensor:
        points = self._body.keypoints(self._keypoint_set, **_arguments(found))
        return self._project(points, found, windows)

    def _alignment_loss(self, found: Body, windows: Windows, truncation: tf.Tensor) -> tf.Tensor:
        """L_BA (Eq. 7): the mean over frames and parts of mean distances both ways."""
        vertices = self._project(self._body(**_arguments(found)).vertices, found, windows)
        map_size = windows.parts.pixels.part_labels.shape[2:]
        in_map = camera.crop_points(vertices, windows.parts.boxes, map_size)
        terms = self._alignment(
            _flat(in_map),
            tf.nest.map_structure(_flat, windows.parts.pixels),
            self._body.vertex_parts,
            reduction="part_mean",
            truncation=truncation / tf.reshape(windows.parts.pixel_size, [-1]),
        )
        distance = (terms.pixels_to_vertices + terms.vertices_to_pixels) / NUM_PARTS
        distance = tf.reshape(distance, tf.shape(windows.parts.pixel_size))
        return tf.reduce_mean(distance * windows.parts.pixel_size, axis=1)

    def _project(self, points: tf.Tensor, found: Body, windows: Windows) -> tf.Tensor:
        """Projects `(B T, N, 3)` points to `(B, T, N, 2)` pixels."""
        z = points[..., 2:]
        z = tf.where(z < _NEAR, _NEAR * tf.exp(tf.minimum(z, _NEAR) / _NEAR - 1.0), z)
        points = tf.concat([points[..., :2], z], axis=-1)
        points = tf.reshape(points, [-1, self._layout.num_frames, *points.shape[1:]])
        zoom = tf.stack([found.focal_scale, found.focal_scale, tf.ones_like(found.focal_scale)], 1)
        columns = windows.intrinsics * zoom[:, None, None, :]
        return camera.project(points, columns)


def _saturation(squares: tf.Tensor, weights: Weights) -> tf.Tensor:
    """What Geman and McClure divide squared errors by, as SMPLify does; 1 without outliers."""
    return 1.0 + squares / tf.square(weights.outlier)


def _arguments(found: Body) -> dict[str, tf.Tensor]:
    """The bodies of all frames in one batch, as the body model's arguments."""
    frames = found.translation.shape[1]
    return {
        "rotation_matrices": _flat(found.rotation_matrices),
        "shape": tf.repeat(found.shape, frames, axis=0),
        "translation": _flat(found.translation),
    }


def _smoothness_loss(found: Body) -> tf.Tensor:
    """L_smooth (Eq. 12): the mean over frames of squared steps of pose and global motion."""
    moves = [
        found.pose_variables,
        tf.reshape(found.rotation_matrices[:, :, 0], [-1, found.translation.shape[1], 9]),
        found.translation / _TRANSLATION_UNIT,
    ]
    squares = [tf.reduce_sum(tf.square(x[:, 1:] - x[:, :-1]), axis=2) for x in moves]
    return 0.5 * tf.reduce_mean(tf.add_n(squares), axis=1)


def _flat(rows: tf.Tensor) -> tf.Tensor:
    """`(B, T, ...)` to `(B T, ...)`."""
    return tf.reshape(rows, tf.concat([[-1], tf.shape(rows)[2:]], axis=0))
