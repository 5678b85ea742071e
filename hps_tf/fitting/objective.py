"""The objective of a fit: keypoints, body parts, prior, shape and smoothness.

L = w_KA L_KA + w_BA L_BA + w_ψ L_ψ + w_β ‖β‖² (Zanfir et al. 2020, Eq. 11), and for video w_ψ w_s
L_smooth (Eq. 12). Terms of frames are averaged over the frames of a window.
"""

from typing import NamedTuple

import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import KEYPOINT_NAMES
from hps_tf.fitting import view
from hps_tf.fitting.body_variables import BodyParams, BodyVariables
from hps_tf.fitting.pose_variables import Parameters
from hps_tf.fitting.summary import Description
from hps_tf.fitting.view import Alignment, View
from hps_tf.fitting.weights import Weights
from hps_tf.fitting.windows import WindowedEvidence
from hps_tf.losses import alignment_loss, robust_kernels
from hps_tf.losses.keypoints import robust_keypoint_loss
from hps_tf.losses.smoothness import TRANSLATION_UNIT, squared_steps


class Shared(NamedTuple):
    """The data that all windows share: the weights and the prior's parameters, as tensors."""

    weights: Weights
    parameters: Parameters


class Objective:
    """The loss of windows as a function of their variables.

    Args:
      body: The body model.
      layout: The variables.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      alignment: Computes L_BA from `windows.parts.pixels`; its arguments and results are
        those of `hps_tf.losses.alignment_loss`.
    """

    def __init__(
        self,
        body: BodyModel,
        layout: BodyVariables,
        keypoint_set: str,
        alignment: Alignment = alignment_loss,
    ):
        self._layout = layout
        self._num_keypoints = len(KEYPOINT_NAMES[keypoint_set])
        self._view = View(body, keypoint_set, alignment)

    def __call__(
        self, variables: tf.Tensor, windows: WindowedEvidence, shared: Shared
    ) -> tf.Tensor:
        """Gives the `(B,)` losses of `(B, size)` variables."""
        return tf.add_n(list(self.terms(variables, windows, shared).values()))

    def terms(
        self, variables: tf.Tensor, windows: WindowedEvidence, shared: Shared
    ) -> dict[str, tf.Tensor]:
        """Gives the loss by its weighted terms, `(B,)` each."""
        found = self._layout.split(variables, windows.anchors, shared.parameters)
        return self._terms(found, windows, shared)

    def _terms(
        self, found: BodyParams, windows: WindowedEvidence, shared: Shared
    ) -> dict[str, tf.Tensor]:
        weights = shared.weights
        energy = self._pose_energy(found, shared.parameters)
        terms = {
            "keypoints": weights.keypoints * self._keypoint_loss(found, windows, weights),
            "prior": weights.prior * tf.reduce_mean(energy, axis=1),
            "shape": weights.shape * tf.reduce_sum(tf.square(found.shape), axis=1),
        }
        if windows.parts:
            terms["alignment"] = weights.alignment * self._view.alignment_loss(
                found, windows, weights.truncation
            )
        if self._layout.num_frames > 1:
            terms["smoothness"] = weights.prior * weights.smoothness * _smoothness_loss(found)
        return terms

    def residuals(
        self, variables: tf.Tensor, windows: WindowedEvidence, shared: Shared
    ) -> tf.Tensor:
        """Gives `(B, 2 T K)` residuals whose squares add up to the weighted keypoint term."""
        found = self._layout.split(variables, windows.anchors, shared.parameters)
        offsets = view.offsets(self._view.keypoints(found, windows), windows)
        squares = tf.reduce_sum(tf.square(offsets), axis=3, keepdims=True)
        total = tf.reduce_sum(windows.confidence, axis=2, keepdims=True)
        share = windows.confidence / (total * self._layout.num_frames)
        scale = tf.sqrt(shared.weights.keypoints * share)[..., None]
        scaled = (
            scale
            * offsets
            * tf.math.rsqrt(robust_kernels.saturation(squares, shared.weights.outlier))
        )
        return tf.reshape(scaled, [tf.shape(variables)[0], self.num_residuals])

    @property
    def num_residuals(self) -> int:
        """2 T K, the number of residuals."""
        return 2 * self._layout.num_frames * self._num_keypoints

    def curvature(self, shared: Shared) -> tf.Tensor:
        """Gives the `(size,)` weights of squared variables that are prior and shape terms."""
        weights = shared.weights
        return self._layout.weigh(0.5 * weights.prior / self._layout.num_frames, weights.shape)

    def describe(
        self, variables: tf.Tensor, windows: WindowedEvidence, shared: Shared
    ) -> Description:
        """Describes `(B, size)` variables."""
        found = self._layout.split(variables, windows.anchors, shared.parameters)
        return Description(
            bodies=found,
            keypoints_2d=self._view.keypoints(found, windows),
            terms=self._terms(found, windows, shared),
            pose_energy=self._pose_energy(found, shared.parameters),
        )

    def _pose_energy(self, found: BodyParams, parameters: Parameters) -> tf.Tensor:
        pose = tf.reshape(found.pose_variables, [-1, self._layout.pose.dim])
        energy = self._layout.pose.energy(pose, parameters)
        return tf.reshape(energy, [-1, self._layout.num_frames])

    def _keypoint_loss(
        self, found: BodyParams, windows: WindowedEvidence, weights: Weights
    ) -> tf.Tensor:
        """L_KA: the mean over frames and keypoints of squared distances, outliers saturating."""
        by_frame = robust_keypoint_loss(
            view.offsets(self._view.keypoints(found, windows), windows),
            windows.confidence,
            lambda squares: robust_kernels.geman_mcclure(squares, weights.outlier),
        )
        return tf.reduce_mean(by_frame, axis=1)


def _smoothness_loss(found: BodyParams) -> tf.Tensor:
    """L_smooth (Eq. 12): the mean over frames of squared steps of pose and global motion."""
    parts = [
        found.pose_variables,
        tf.reshape(found.rotation_matrices[:, :, 0], [-1, found.translation.shape[1], 9]),
        found.translation / TRANSLATION_UNIT,
    ]
    return tf.reduce_mean(squared_steps(parts), axis=1)
