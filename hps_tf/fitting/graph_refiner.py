"""Fits about expected bodies inside a graph that is served: what `Refiner` does.

Stock operators, no XLA, a fixed number of damped Gauss-Newton steps and, where there are part maps,
a fixed number of evaluations by L-BFGS after them. A person's result does not depend on the others
of the batch.
"""

import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.fitting.expected import Expected
from hps_tf.fitting.frame_fit import FrameFit
from hps_tf.fitting.graph_evidence import GraphEvidence, GraphFit
from hps_tf.fitting.lbfgs import LBFGS
from hps_tf.fitting.posterior import Posterior
from hps_tf.fitting.tangent_variables import TangentVariables
from hps_tf.fitting.weights import DEFAULT_WEIGHTS, Weights
from hps_tf.losses.dense_alignment import dense_alignment_loss
from hps_tf.models.evidence_maps import where


class GraphRefiner:
    """Fits bodies about expected ones by operations of the caller's graph.

    Args:
      body: The body model.
      weights: The weight of each term; see `Refiner.refine`.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      num_shape: Shape components that are fitted; the others stay as expected.
      num_iterations: Damped Gauss-Newton steps that the keypoints take.
      aligned_evaluations: Evaluations of the objective with part maps.
    """

    def __init__(
        self,
        body: BodyModel,
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        keypoint_set: str = "coco17",
        num_shape: int = 10,
        num_iterations: int = 8,
        aligned_evaluations: int = 50,
    ):
        self._body = body
        self._weights = weights
        self._keypoint_set = keypoint_set
        self._layout = TangentVariables(1, min(num_shape, body.num_shape))
        self._posterior = Posterior(body, self._layout, keypoint_set, dense_alignment_loss)
        self._frame_fit = FrameFit(self._posterior, num_iterations)
        self._aligner = LBFGS(self._posterior, aligned_evaluations)

    def refine(self, evidence: GraphEvidence, about: Expected) -> tuple[GraphFit, tf.Tensor]:
        """Fits bodies.

        Args:
          evidence: The evidence of B people.
          about: The bodies expected of them, tensors.

        Returns:
          The bodies, and `(B, 24)` metres how far each joint may be off by the keypoints, 0 of whom
          nothing could be fitted.
        """
        is_sound = evidence.is_sound() & _is_sound(about)
        evidence = evidence.without(~is_sound)
        expected = _harmless(about, is_sound).by_window(1)
        weights = Weights(*(tf.constant(weight, tf.float32) for weight in self._weights))
        windows = evidence.windows(expected)
        keypoints_alone = windows._replace(parts=())
        start = tf.zeros([tf.shape(evidence.keypoints)[0], self._layout.size])
        x, loss, _ = self._frame_fit.minimize(start, keypoints_alone, weights)
        if windows.parts:
            x, loss = self._aligner.in_graph(x, windows, weights)
        joint_std = self._frame_fit.joint_std(x, keypoints_alone, weights)
        fit = GraphFit.of_bodies(
            self._body,
            self._keypoint_set,
            self._layout.split(x, expected),
            loss,
            evidence.intrinsics,
            is_sound,
        )
        return fit, where(fit.is_valid, joint_std, tf.zeros_like(joint_std))


def _is_sound(about: Expected) -> tf.Tensor:
    """Tells about which bodies people can be fitted, `(B,)` bool."""
    bodies = about.rotation_matrices, about.shape, about.translation
    sound = about.translation[:, 2] > 0.0
    for part in bodies:
        sound &= _all(tf.math.is_finite(part))
    for deviations in about.spread:
        sound &= _all(deviations >= 0.0)
    return sound


def _harmless(about: Expected, is_sound: tf.Tensor) -> Expected:
    """Replaces unusable bodies with trivially solvable ones."""
    others = tf.nest.map_structure(tf.zeros_like, about)._replace(
        rotation_matrices=tf.broadcast_to(tf.eye(3), tf.shape(about.rotation_matrices)),
        translation=tf.ones_like(about.translation),
    )
    return tf.nest.map_structure(lambda *parts: where(is_sound, *parts), about, others)


def _all(holds: tf.Tensor) -> tf.Tensor:
    return tf.reduce_all(holds, axis=list(range(1, len(holds.shape))))
