"""Errors as `keras.metrics.Metric`, for `model.compile(metrics=...)`.

    model.compile("adam", loss=JointLoss(), metrics=[MPJPE(), PAMPJPE()])

They are updated in Keras' order, (y_true, y_pred, sample_weight); the functions that they wrap take
the estimate first. The result is the mean over all people since the last reset, those of every
replica of a strategy, in the unit of the points.
"""

import keras
import tensorflow as tf

from hps_tf.metrics import joint_error, vertex_error

_package = keras.saving.register_keras_serializable("hps_tf")


class _PersonMean(keras.metrics.Mean):
    """The mean of an error over people."""

    def update_state(
        self, y_true: tf.Tensor, y_pred: tf.Tensor, sample_weight: tf.Tensor | None = None
    ) -> None:
        """Adds people; `sample_weight` `(B,)` is 0 for those that do not count."""
        super().update_state(self._errors(y_true, y_pred), sample_weight)

    def _errors(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Computes the error `(B,)` of each."""
        raise NotImplementedError


@_package
class MPJPE(_PersonMean):
    """Mean per-joint position error of `(B, J, 3)` joints with the roots brought together.

        metric = MPJPE()
        metric.update_state(true_joints, estimated_joints, sample_weight=has_pose)
        metric.result()

    Args:
      root: The joint that both are placed by; 0 is the pelvis.
      name: As of Keras.
      dtype: As of Keras.
    """

    def __init__(self, root: int = 0, name: str = "mpjpe", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.root = root

    def _errors(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        return joint_error.mpjpe(y_pred, y_true, self.root)

    def get_config(self) -> dict:
        """Gives the arguments."""
        return {**super().get_config(), "root": self.root}


@_package
class PAMPJPE(_PersonMean):
    """Mean per-joint position error of `(B, J, 3)` joints after Procrustes alignment.

        metric = PAMPJPE()
        metric.update_state(true_joints, estimated_joints)

    Args:
      name: As of Keras.
      dtype: As of Keras.
    """

    def __init__(self, name: str = "pa_mpjpe", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def _errors(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        return joint_error.pa_mpjpe(y_pred, y_true)


@_package
class MPVPE(_PersonMean):
    """Mean per-vertex position error of `(B, V, 3)` vertices, each relative to its root joint.

        metric = MPVPE()
        metric.update_state(true.vertices - true.joints[:, :1], body.vertices - body.joints[:, :1])

    Args:
      name: As of Keras.
      dtype: As of Keras.
    """

    def __init__(self, name: str = "mpvpe", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def _errors(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        origin = tf.zeros_like(y_pred[..., 0, :])
        return vertex_error.mpvpe(y_pred, origin, y_true, origin)
