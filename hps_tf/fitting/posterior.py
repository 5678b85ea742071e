"""The objective of a fit about expected bodies: the negative logarithm of their posterior.

L = (ν + m) / 2 log(1 + S / ν) + w |x|² / 2, nats. S = Σ_k |r_k|² / σ_k² has the m offsets r of the
keypoints beside how far they are expected to be off, σ; the variables x are standard normal under
the expectation. That is Student's t distribution: all of a person's keypoints may be more exact
than expected, or less, and their residuals tell. So no constant weighs them. Nor does a constant
weigh the prediction: its weight w grows with σ, see `hps_tf.fitting.expected.pull`.

Part maps (Zanfir et al. 2020, Eq. 7) and the smoothness of video (Eq. 12) count as they do beside
the default prior. Terms of frames are averaged over the frames of a window.
"""

from typing import NamedTuple

import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.body.keypoint_chain import Posed
from hps_tf.body.skeleton import KEYPOINT_NAMES, NUM_JOINTS
from hps_tf.fitting import smoothness, view
from hps_tf.fitting.body_variables import BodyParams
from hps_tf.fitting.expected import pull
from hps_tf.fitting.summary import Description
from hps_tf.fitting.tangent_variables import FRAME_SIZE, TangentVariables
from hps_tf.fitting.view import Alignment, View
from hps_tf.fitting.weights import DEFAULT_WEIGHTS, Weights
from hps_tf.fitting.windows import WindowedEvidence
from hps_tf.losses import alignment_loss, robust_kernels

_DEGREES = 1.0  # ν: how well it is known beforehand how exact keypoints are.
_LEAST_DEVIATION = 0.1  # Reference pixels; no detector is more exact.


class Linear(NamedTuple):
    """Residuals of B windows of T frames near given variables.

    Attributes:
      residuals: `(B, T, m)`.
      by_frame: `(B, T, m, 69)` their derivatives by the variables of the same frame.
      by_shape: `(B, T, m, s)` by the shape.
    """

    residuals: tf.Tensor
    by_frame: tf.Tensor
    by_shape: tf.Tensor


class Posterior:
    """The loss of windows as a function of their variables; `windows.anchors` is `Expected`.

    Args:
      body: The body model.
      layout: The variables.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      alignment: See `hps_tf.fitting.view`.
    """

    def __init__(
        self,
        body: BodyModel,
        layout: TangentVariables,
        keypoint_set: str,
        alignment: Alignment = alignment_loss,
    ):
        self.layout = layout
        self._view = View(body, keypoint_set, alignment)
        self._keypoints = body.keypoint_chain(keypoint_set)
        self._joints = body.keypoint_chain("smpl24")
        self.num_residuals = 2 * len(KEYPOINT_NAMES[keypoint_set])

    def __call__(
        self, variables: tf.Tensor, windows: WindowedEvidence, weights: Weights
    ) -> tf.Tensor:
        """Gives the `(B,)` losses of `(B, size)` variables."""
        return tf.add_n(list(self.terms(variables, windows, weights).values()))

    def terms(
        self, variables: tf.Tensor, windows: WindowedEvidence, weights: Weights
    ) -> dict[str, tf.Tensor]:
        """Gives the loss by its weighted terms, `(B,)` each."""
        found = self.layout.split(variables, windows.anchors)
        terms = {
            "keypoints": tf.reduce_mean(self._keypoint_loss(found, windows, weights), axis=1),
            "expected": self._energy(variables, self.pull(windows, weights)),
        }
        if windows.parts:
            distance = self._view.alignment_loss(found, windows, weights.truncation)
            terms["alignment"] = weights.alignment / DEFAULT_WEIGHTS.prior * distance
        if self.layout.num_frames > 1:
            terms["smoothness"] = weights.smoothness * smoothness.loss(
                found.rotation_matrices, found.translation
            )
        return terms

    def pull(self, windows: WindowedEvidence, weights: Weights) -> tf.Tensor:
        """Gives the weights of the quadratic about the expected bodies, `(B, T)`."""
        deviations = windows.anchors.spread.keypoints * windows.pixel_size[..., None]
        return weights.expected * pull(deviations, windows.confidence)

    def describe(
        self, variables: tf.Tensor, windows: WindowedEvidence, weights: Weights
    ) -> Description:
        """Describes `(B, size)` variables; the energy is that of the pose's, without the weight."""
        found = self.layout.split(variables, windows.anchors)
        return Description(
            bodies=found,
            keypoints_2d=self._view.keypoints(found, windows),
            terms=self.terms(variables, windows, weights),
            pose_energy=0.5 * tf.reduce_sum(tf.square(found.pose_variables), axis=2),
        )

    def linearise(
        self,
        variables: tf.Tensor,
        windows: WindowedEvidence,
        weights: Weights,
        least_precision: tf.Tensor | float = 0.0,
    ) -> Linear:
        """Gives the keypoint term's residuals and their derivatives in closed form.

        Jᵀ r, summed and averaged over frames, is the gradient of the keypoint term.

        Args:
          variables: `(B, size)`.
          windows: Their evidence.
          weights: The weight of each term.
          least_precision: Over what is expected, how exact keypoints are taken to be at least.
        """
        found = self.layout.split(variables, windows.anchors)
        posed = self._keypoints(*_poses(found))
        points = posed.points + view.flat(found.translation)[:, None]
        points = tf.reshape(points, [-1, self.layout.num_frames, *points.shape[1:]])
        seen, rows = _projected(points, windows.intrinsics)
        is_seen = windows.confidence[..., None] > 0.0
        offsets = tf.where(is_seen, seen - windows.keypoints, tf.zeros_like(seen))
        scale = self._scale(windows, weights)[..., None]
        # Outliers: the derivative of r / (1 + |r|² / c²)^½.
        cutoff = weights.outlier / windows.pixel_size[..., None, None]
        saturation = robust_kernels.saturation(
            tf.reduce_sum(tf.square(offsets), 3, keepdims=True), cutoff
        )
        scale *= tf.math.rsqrt(saturation)
        sums = tf.reduce_sum(tf.square(scale * offsets), axis=(2, 3))
        scale *= tf.sqrt(tf.maximum(_precision(sums, windows), least_precision))[..., None, None]
        along = tf.reduce_sum(offsets[..., None] * rows, axis=3, keepdims=True)
        bent = rows - (offsets / (tf.square(cutoff) * saturation))[..., None] * along
        response = self._response(posed, view.flat(scale[..., None] * bent), variables, windows)
        residuals = tf.reshape(scale * offsets, [-1, self.layout.num_frames, self.num_residuals])
        by_frame, by_shape = (
            tf.reshape(part, [-1, self.layout.num_frames, self.num_residuals, part.shape[-1]])
            for part in response
        )
        return Linear(residuals, by_frame, by_shape)

    def joint_response(
        self, variables: tf.Tensor, windows: WindowedEvidence
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Tells how joints, seen from the pelvis, move with the variables.

        Returns:
          `(B, T, 72, 69)` metres by the variables of the frame and `(B, T, 72, s)` by the shape.
        """
        found = self.layout.split(variables, windows.anchors)
        posed = self._joints(*_poses(found))
        count = tf.shape(posed.points)[0]
        axes = tf.broadcast_to(tf.eye(3), [count, NUM_JOINTS, 3, 3])
        parts = []
        for part in self._response(posed, axes, variables, windows):
            part = tf.reshape(part, [-1, NUM_JOINTS, 3, part.shape[-1]])
            part -= part[:, :1]
            shape = [-1, self.layout.num_frames, 3 * NUM_JOINTS, part.shape[-1]]
            parts.append(tf.reshape(part, shape))
        return parts[0], parts[1]

    def _response(
        self, posed: Posed, rows: tf.Tensor, variables: tf.Tensor, windows: WindowedEvidence
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Derivatives of functions of points whose own derivatives `(B T, K, C, 3)` are given.

        Returns:
          `(B T, K C, 69)` by the variables of the frame and `(B T, K C, s)` by the shape.
        """
        turn_maps, place_maps = self.layout.maps(variables, windows.anchors)
        maps = tf.matmul(posed.rotations, view.flat(turn_maps))
        # A row q of a point with lever l answers to a turn w by q · (w × l) = (l × q) · w.
        levers = tf.transpose(posed.levers, [0, 2, 1, 3])[:, :, :, None]
        across = _cross(levers, rows[:, None])
        num_rows = rows.shape[1] * rows.shape[2]
        across = tf.reshape(across, [-1, across.shape[1], num_rows, 3])
        by_turns = tf.transpose(tf.matmul(across, maps), [0, 2, 1, 3])
        flat_rows = tf.reshape(rows, [-1, num_rows, 3])
        by_moves = tf.matmul(flat_rows, view.flat(place_maps))
        by_frame = tf.concat(
            [tf.reshape(by_turns, [-1, num_rows, FRAME_SIZE - 3]), by_moves], axis=2
        )
        fitted = posed.by_shape[..., : self.layout.num_fitted_shape]
        units = self.layout.units(windows.anchors).shape
        shape_units = tf.repeat(units, self.layout.num_frames, axis=0)
        by_shape = tf.matmul(rows, fitted * shape_units[:, None, None])
        return by_frame, tf.reshape(by_shape, [-1, num_rows, by_shape.shape[-1]])

    def _keypoint_loss(
        self, found: BodyParams, windows: WindowedEvidence, weights: Weights
    ) -> tf.Tensor:
        """The keypoints' negative log-likelihood, `(B, T)` nats; outliers saturate."""
        offsets = view.offsets(self._view.keypoints(found, windows), windows)
        squares = tf.reduce_sum(tf.square(offsets), axis=3)
        squares = robust_kernels.geman_mcclure(squares, weights.outlier)
        scale = self._scale(windows, weights) / windows.pixel_size[..., None]
        sums = tf.reduce_sum(tf.square(scale) * squares, axis=2)
        return robust_kernels.student_t(sums, _DEGREES, _num_seen(windows))

    def _scale(self, windows: WindowedEvidence, weights: Weights) -> tf.Tensor:
        """Factors of the keypoints' offsets in pixels, `(B, T, K)`; 0 where missing."""
        least = _LEAST_DEVIATION / windows.pixel_size[..., None]
        deviations = tf.maximum(windows.anchors.spread.keypoints, least)
        scale = tf.sqrt(weights.keypoints) / deviations
        return tf.where(windows.confidence > 0.0, scale, tf.zeros_like(scale))

    def _energy(self, variables: tf.Tensor, pull: tf.Tensor) -> tf.Tensor:
        frames, shape = tf.split(variables, [self.layout.num_frames * FRAME_SIZE, -1], axis=1)
        frames = tf.reshape(frames, [-1, self.layout.num_frames, FRAME_SIZE])
        squares = tf.reduce_sum(tf.square(frames), axis=2)
        squares += tf.reduce_sum(tf.square(shape), axis=1, keepdims=True)
        return 0.5 * tf.reduce_mean(pull * squares, axis=1)


def _precision(sums: tf.Tensor, windows: WindowedEvidence) -> tf.Tensor:
    """How much more exact than expected keypoints are, by their squared residuals `(B, T)`."""
    return (_DEGREES + _num_seen(windows)) / (_DEGREES + sums)


def _num_seen(windows: WindowedEvidence) -> tf.Tensor:
    """Coordinates of keypoints that are seen, `(B, T)`."""
    return 2.0 * tf.reduce_sum(tf.cast(windows.confidence > 0.0, tf.float32), axis=2)


def _poses(found: BodyParams) -> tuple[tf.Tensor, tf.Tensor]:
    frames = found.translation.shape[1]
    return view.flat(found.rotation_matrices), tf.repeat(found.shape, frames, axis=0)


def _projected(points: tf.Tensor, intrinsics: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Projects `(B, T, K, 3)` points; pixels `(B, T, K, 2)` and derivatives `(B, T, K, 2, 3)`."""
    bend = view.in_front_slope(points[..., 2:])
    points = view.in_front(points)
    matrix = intrinsics[:, :, None, :2, :2]
    slopes = points[..., :2] / points[..., 2:]
    inverse_depth = 1.0 / points[..., 2:]
    turned = tf.linalg.matvec(matrix, slopes)
    across = matrix * inverse_depth[..., None]
    along = -turned * inverse_depth * bend
    pixels = turned + intrinsics[:, :, None, :2, 2]
    return pixels, tf.concat([across, along[..., None]], axis=-1)


def _cross(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """Cross products; axes broadcast."""
    a, b = tf.unstack(first, axis=-1), tf.unstack(second, axis=-1)
    return tf.stack(
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]], axis=-1
    )
