"""The lifting network: the module, and what its numbers mean.

Convention: rotations into the virtual camera of the evidence's frame, see `evidence_frame`.
"""

import dataclasses
import os
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import DTypeLike

from hps_tf.body.skeleton import BODY_JOINTS, NUM_JOINTS
from hps_tf.geometry import rotation_6d
from hps_tf.models import lifting_mirror, lifting_module
from hps_tf.models.lifting_module import SPREADS

_FACING = np.diag([1.0, -1.0, -1.0]).astype(np.float32)
"""Turns the body frame (y up, facing +z) to be upright in the camera's and to face it."""

_IDENTITY_6D = np.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0], np.float32)


@dataclasses.dataclass(frozen=True)
class LiftingOptions:
    """Options of a lifting network.

        options = LiftingOptions(width=256, blocks=2)

    Attributes:
      width: Units of every layer.
      blocks: Residual blocks.
      rounds: How often an iterative regressor corrects its estimate (HMR's does three times); 0:
        linear heads.

    Raises:
      ValueError: If `rounds` is below 0, or another below 1.
    """

    width: int
    blocks: int
    rounds: int = 0

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            is_optional = field.name == "rounds"
            if not isinstance(value, int) or value < (0 if is_optional else 1):
                least = "not below 0" if is_optional else "above 0"
                raise ValueError(
                    f"`{field.name}`: expected a whole number {least}, received {value!r}"
                )

    def build(self) -> keras.Model:
        """Builds a module of these sizes."""
        return lifting_module.build(self.width, self.blocks, self.rounds)


class LiftedNumbers(NamedTuple):
    """The network's estimates of B people, in the evidence's frame.

    Attributes:
      rotation_matrices: `(B, 24, 3, 3)` local rotations, the root's into the virtual camera.
      pose_vector: `(B, 126)` the 6D vectors that those of joints 1 to 21 were made of.
      shape: `(B, 10)`.
      log_variances: Of the errors by the names of `lifting_module.SPREADS`: `pose` `(B, 21, 3)`,
        `root` `(B, 3)`, `place` `(B, 3)`, `shape` `(B, 10)` and `keypoints` `(B, 17)`. Slopes of
        `place` and keypoints in half sides of the box, else as in `Spread`.
    """

    rotation_matrices: tf.Tensor
    pose_vector: tf.Tensor
    shape: tf.Tensor
    log_variances: dict[str, tf.Tensor]


class LiftingNetwork:
    """Keypoints to rotations, shape and log-variances.

    Args:
      options: Sizes.
      mode: `(126,)` the pose, in 6D, that the outputs are offsets from: a prior's most likely one.
      card: How it was trained and what it achieves.

    Attributes:
      options: The options.
      mode: The mode, float32.
      module: The Keras model with all weights.
      card: The card.
    """

    def __init__(
        self, options: LiftingOptions, mode: np.ndarray, card: dict[str, Any] | None = None
    ):
        self.options = options
        self.mode = np.asarray(mode, np.float32)
        if self.mode.shape != (lifting_module.NUM_POSE,):
            raise ValueError(
                f"`mode`: expected shape ({lifting_module.NUM_POSE},), received {self.mode.shape}"
            )
        self.module: keras.Model = options.build()
        self.card: dict[str, Any] = card or {}

    @classmethod
    def from_preset(cls, name_or_path: str | os.PathLike[str]) -> "LiftingNetwork":
        """Loads one by name or file; the same as `hps_tf.models.load_lifting`."""
        from hps_tf.models import pretrained  # It builds networks, so it imports this module.

        return pretrained.load_lifting(name_or_path)

    def save(self, path: str | os.PathLike[str], dtype: DTypeLike = np.float32) -> None:
        """Writes the network; see `hps_tf.models.lifting_file.save`."""
        from hps_tf.models import lifting_file

        lifting_file.save(self, path, dtype)

    def __call__(self, inputs: tf.Tensor, training: bool = False) -> LiftedNumbers:
        """Lifts people; differentiable.

        Args:
          inputs: `(B, 52)` of `EvidenceFrame.inputs`.
          training: Passed to the module.
        """
        return _numbers(self._vectors(inputs, training))

    def from_both_sides(self, inputs: tf.Tensor) -> LiftedNumbers:
        """Lifts people and their mirror images, and gives the means of both; differentiable.

        The means err less, and of a mirrored person they are the mirror image.

        Args:
          inputs: `(B, 52)` of `EvidenceFrame.inputs`.
        """
        both = tf.concat([inputs, lifting_mirror.mirror("evidence", inputs)], axis=0)
        means = {}
        for name, vectors in self._vectors(both, training=False).items():
            own, mirrored = tf.split(vectors, 2)
            means[name] = 0.5 * (own + lifting_mirror.mirror(name, mirrored))
        return _numbers(means)

    def _vectors(self, inputs: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        """The module's outputs, rotations in 6D in the place of offsets."""
        outputs = dict(self.module(inputs, training=training))
        outputs["pose"] += self.mode
        outputs["root"] += _IDENTITY_6D
        return outputs


def _numbers(vectors: dict[str, tf.Tensor]) -> LiftedNumbers:
    body = rotation_6d.to_matrix(tf.reshape(vectors["pose"], [-1, len(BODY_JOINTS), 6]))
    root = rotation_6d.to_matrix(vectors["root"])
    root = tf.matmul(tf.broadcast_to(_FACING, tf.shape(root)), root)
    at_rest = tf.eye(3, batch_shape=[tf.shape(root)[0], NUM_JOINTS - 1 - len(BODY_JOINTS)])
    rotations = tf.concat([root[:, tf.newaxis], body, at_rest], axis=1)
    split = tf.split(vectors["log_variances"], list(SPREADS.values()), axis=1)
    log_variances = dict(zip(SPREADS, split, strict=True))
    log_variances["pose"] = tf.reshape(log_variances["pose"], [-1, len(BODY_JOINTS), 3])
    return LiftedNumbers(rotations, vectors["pose"], vectors["shape"], log_variances)
