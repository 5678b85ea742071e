"""Losses as `keras.losses.Loss`, for `model.compile(loss=...)`.

    model.compile("adam", loss={"joints": JointLoss(), "shape": ShapeLoss()})

They are called in Keras' order, (y_true, y_pred, sample_weight); the functions that they wrap take
the estimate first. `sample_weight` `(B,)` masks examples without the label. Values are per example,
and Keras averages them, over the replicas of a strategy too.
"""

from collections.abc import Callable

import keras
import tensorflow as tf

from hps_tf.losses import keypoints, supervised

_package = keras.saving.register_keras_serializable("hps_tf")

_Function = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""From an estimate and the truth to losses `(B,)`."""


class _FunctionLoss(keras.losses.Loss):
    """A loss that is a function of the library without further arguments."""

    _function: _Function

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Computes the loss `(B,)`."""
        return type(self)._function(y_pred, y_true)


@_package
class JointLoss(keras.losses.Loss):
    """Mean distance of 3D joints, `(B, J, 3)` metres, relative to the root joint.

        JointLoss()(true_joints, estimated_joints, sample_weight=has_pose)

    Args:
      root: The joint that both are placed by; 0 is the pelvis.
      name: As of Keras.
      **kwargs: `reduction` and `dtype`, as of Keras.
    """

    def __init__(self, root: int = 0, name: str = "joint_loss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.root = root

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Computes the loss `(B,)` in metres."""
        root = slice(self.root, self.root + 1)
        return supervised.vertex_loss(y_pred - y_pred[:, root], y_true - y_true[:, root])

    def get_config(self) -> dict:
        """Gives the arguments."""
        return {**super().get_config(), "root": self.root}


@_package
class VertexLoss(_FunctionLoss):
    """L_V (Eq. 8): mean distance of vertices, `(B, V, 3)` metres, both relative to their root.

        VertexLoss()(true_vertices, estimated_vertices)

    Args:
      name: As of Keras.
      **kwargs: `reduction` and `dtype`, as of Keras.
    """

    _function = staticmethod(supervised.vertex_loss)

    def __init__(self, name: str = "vertex_loss", **kwargs):
        super().__init__(name=name, **kwargs)


@_package
class PoseLoss(_FunctionLoss):
    """L_θ (Eq. 9): mean squared difference of rotation matrices, `(B, J, 3, 3)`.

        PoseLoss()(true_rotations, estimated_rotations)

    Args:
      name: As of Keras.
      **kwargs: `reduction` and `dtype`, as of Keras.
    """

    _function = staticmethod(supervised.pose_loss)

    def __init__(self, name: str = "pose_loss", **kwargs):
        super().__init__(name=name, **kwargs)


@_package
class ShapeLoss(_FunctionLoss):
    """L_β (Eq. 10): mean squared difference of shape components, `(B, S)`.

        ShapeLoss()(true_shape, estimated_shape)

    Args:
      name: As of Keras.
      **kwargs: `reduction` and `dtype`, as of Keras.
    """

    _function = staticmethod(supervised.shape_loss)

    def __init__(self, name: str = "shape_loss", **kwargs):
        super().__init__(name=name, **kwargs)


@_package
class KeypointLoss(keras.losses.Loss):
    """L_KA: mean distance of projected keypoints, as a share of the image's side.

        KeypointLoss(image_size=256)(keypoints_with_weights, projected_keypoints)

    `y_true` is `(B, K, 3)`: x and y in pixels and the keypoint's weight, 0 where it has no label;
    `y_pred` is `(B, K, 2)` pixels.

    Args:
      image_size: Side of the image, pixels.
      name: As of Keras.
      **kwargs: `reduction` and `dtype`, as of Keras.
    """

    def __init__(self, image_size: int, name: str = "keypoint_loss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.image_size = image_size

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Computes the loss `(B,)`."""
        target, weights = y_true[..., :2], y_true[..., 2]
        return keypoints.keypoint_loss(y_pred, target, weights, self.image_size)

    def get_config(self) -> dict:
        """Gives the arguments."""
        return {**super().get_config(), "image_size": self.image_size}
