"""HMR's factorised discriminators as a prior, to compare the flow with (Kanazawa et al. 2018)."""

import keras
import tensorflow as tf

from hps_tf.body.skeleton import BODY_JOINTS, NUM_JOINTS
from hps_tf.geometry import checks
from hps_tf.priors.grouped_dense import GroupedDense
from hps_tf.priors.pose_space import PoseSpace
from hps_tf.priors.prior import PosePrior

_NUM_JOINTS = len(BODY_JOINTS)
NUM_HEADS = _NUM_JOINTS + 1


class PoseDiscriminator(PosePrior):
    """One discriminator for each joint and one for the whole pose (Kanazawa et al. 2018, §3.3).

    Each joint's rotation matrix goes through the same small network (HMR's 1x1 convolutions); each
    joint's head is a linear function of that, the pose's head a network of all joints together.
    Least-squares adversarial training (Mao et al. 2017) pulls the scores D to 1 for real poses and
    to 0 for others.

    Args:
      space: The pose space; its vectors are turned into rotation matrices first.
      sigma: Standard deviation of the scores of real poses about 1, for `energy`.
      joint_units: Width of the two layers that joints share.
      hidden_units: Width of the two hidden layers of the pose's head; HMR has 1,024.

    Raises:
      ValueError: If sigma is not positive.
    """

    architectures = ("hmr",)
    title = "HMR's factorised discriminators (Kanazawa et al. 2018)"
    measure = (
        "It has neither density nor samples. Its energy is the sum over the heads of "
        "(D - 1)² / (2 σ²), with σ the deviation of validation people's scores."
    )

    def __init__(
        self,
        space: PoseSpace,
        sigma: float,
        joint_units: int = 32,
        hidden_units: int = 1024,
    ):
        super().__init__(space, sigma, joint_units=joint_units, hidden_units=hidden_units)
        self.joint_layers = [
            keras.layers.Dense(joint_units, "relu", name=f"joint_{index}") for index in range(2)
        ]
        self.joint_heads = GroupedDense(_NUM_JOINTS, 1, name="joint_heads")
        self.pose_layers = [
            keras.layers.Dense(hidden_units, "relu", name=f"pose_{index}") for index in range(2)
        ]
        self.pose_head = keras.layers.Dense(1, name="pose_head")
        self.build((None, NUM_JOINTS, 3, 3))

    def build(self, input_shape):
        """Creates all weights."""
        if self.built:
            return
        width = 9
        for layer in self.joint_layers:
            layer.build((None, _NUM_JOINTS, width))
            width = layer.units
        self.joint_heads.build((_NUM_JOINTS, width, None))
        width *= _NUM_JOINTS
        for layer in (*self.pose_layers, self.pose_head):
            layer.build((None, width))
            width = layer.units
        self.built = True

    def score_matrices(self, rotation_matrices: tf.Tensor) -> tf.Tensor:
        """Scores poses.

        Args:
          rotation_matrices: `(B, 24, 3, 3)`; root and hands are not looked at.

        Returns:
          `(B, 22)`, one score for each body joint and last that of the whole pose.
        """
        checks.shape("rotation_matrices", rotation_matrices, (None, NUM_JOINTS, 3, 3))
        body = rotation_matrices[:, BODY_JOINTS[0] : BODY_JOINTS[-1] + 1]
        features = tf.reshape(body, [-1, _NUM_JOINTS, 9])
        for layer in self.joint_layers:
            features = layer(features)
        by_joint = self.joint_heads(tf.transpose(features, [1, 2, 0]))
        of_joints = tf.transpose(by_joint[:, 0])
        features = tf.reshape(features, [-1, _NUM_JOINTS * features.shape[-1]])
        for layer in self.pose_layers:
            features = layer(features)
        scores = tf.concat([of_joints, self.pose_head(features)], axis=-1)
        return tf.cast(scores, self.variable_dtype)

    def scores(self, x: tf.Tensor) -> tf.Tensor:
        """Scores `(..., D)` vectors of the pose space: `(..., 22)`, see `score_matrices`."""
        return self._answer("scores", "x", x, self.space.dim)

    def _scores(self, x: tf.Tensor) -> tf.Tensor:
        return self.score_matrices(self.space.to_matrices(x))

    def _energy(self, x):
        """Sum over the heads of (D - 1)² / (2 σ²): the encoder's loss of HMR, in units of σ.

        In nats, if the scores of real poses were normally distributed.
        """
        deviation = tf.reduce_sum(tf.square(self._scores(x) - 1.0), axis=-1)
        return deviation / (2.0 * self.sigma**2)

    def call(self, rotation_matrices, training=False):
        """The same as `score_matrices`."""
        return self.score_matrices(rotation_matrices)

    def _layers_in_order(self) -> tuple[keras.layers.Layer, ...]:
        return (*self.joint_layers, self.joint_heads, *self.pose_layers, self.pose_head)
