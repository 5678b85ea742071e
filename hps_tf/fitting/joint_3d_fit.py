"""Fits bodies to 3D joints, as the paper makes ground truth of captured joints (§4).

The variables of a frame are those of the pose, 6 of the global rotation, 3 of the translation and
the shape's; L-BFGS minimizes squared distances and weak terms of prior (Eq. 6) and shape. A person
has one shape: it is the median over some frames, and then held.

Convention: metres; any right-handed frame, the world's or a camera's.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import JOINT_NAMES, KEYPOINT_NAMES
from hps_tf.fitting.body_variables import ROTATION, TRANSLATION, turned
from hps_tf.fitting.lbfgs import LBFGS
from hps_tf.fitting.pose_variables import Parameters, PoseVariables
from hps_tf.geometry import axis_angle, checks, procrustes, rotation_6d

_UNIT = 0.01  # Metres off that count 1.
_PRIOR_WEIGHT = 1e-2  # Of a latent's square; a typical pose costs as much as 1 cm off in a joint.
_SHAPE_WEIGHT = 0.1  # Of a shape component's square.
_TRANSLATION_UNIT = 0.1
_SHAPE_FRAMES = 64
_LARGEST_RESIDUAL = 0.08  # Metres, the mean of a frame; more is no body, or not this person's.

#: What the body only approximates counts less: see `hps_tf.body.keypoints`.
_LOOSE = ("spine", "thorax", "jaw", "head_top")
_LOOSE_WEIGHT = 0.25
_TRUNK = ("pelvis", "hip", "spine", "thorax", "neck", "collar", "shoulder")

Progress = Callable[[int], None]


class Joint3DFit(NamedTuple):
    """Bodies of N frames.

    Attributes:
      pose: `(N, 24, 3)` axis-angle, radians; the root's turns the body into the joints' frame.
      shape: `(N, S)`.
      translation: `(N, 3)` metres.
      residuals: `(N, K)` distances from joints to the body's, metres.
    """

    pose: np.ndarray
    shape: np.ndarray
    translation: np.ndarray
    residuals: np.ndarray

    @property
    def is_good(self) -> np.ndarray:
        """`(N,)` whether the body comes near the joints, to 8 cm in the mean."""
        return self.residuals.mean(axis=1) < _LARGEST_RESIDUAL


class _Frames(NamedTuple):
    """The data of each frame.

    Attributes:
      joints: `(N, K, 3)` metres from their mean.
      rotation: `(N, 6)` where the global rotation starts.
      shape: `(N, S)` where the shape starts.
      latents: `(N, d)` where the pose is drawn to.
    """

    joints: tf.Tensor
    rotation: tf.Tensor
    shape: tf.Tensor
    latents: tf.Tensor


class _Shared(NamedTuple):
    """The data that all frames share.

    Attributes:
      parameters: The prior's weights.
      shape_gate: 1 where the shape is fitted, 0 where it is held.
    """

    parameters: Parameters
    shape_gate: tf.Tensor


class Joint3DFitter:
    """Fits one keypoint set with one prior; compiled at the first use.

    Args:
      body: The body model.
      pose: The latents of a prior.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      max_evaluations: Evaluations of the objective that a frame may take.

    Raises:
      ValueError: If `pose` is of ambient space.
    """

    def __init__(
        self,
        body: BodyModel,
        pose: PoseVariables,
        keypoint_set: str = "h36m17",
        max_evaluations: int = 200,
    ):
        if not pose.is_latent:
            raise ValueError("`pose`: expected a prior's latents, received an ambient pose")
        names = KEYPOINT_NAMES[keypoint_set]
        self._body = body
        self._pose = pose
        self._keypoint_set = keypoint_set
        self._num_joints = len(names)
        self._trunk = [i for i, name in enumerate(names) if any(part in name for part in _TRUNK)]
        weights = [_LOOSE_WEIGHT if name in _LOOSE else 1.0 for name in names]
        self._weights = tf.constant(weights, tf.float32)
        self._minimizer = LBFGS(self._objective, max_evaluations)

    def estimate_shape(
        self, joints: np.ndarray, rotation_matrices: np.ndarray | None = None
    ) -> np.ndarray:
        """Estimates a person's shape.

        Args:
          joints: `(N, K, 3)` of one person; some frames, spread evenly, are looked at.
          rotation_matrices: See `fit`.

        Returns:
          `(S,)`.

        Raises:
          ValueError: As `fit`.
        """
        self._check(joints, rotation_matrices)
        rows = np.unique(np.linspace(0, len(joints) - 1, _SHAPE_FRAMES).round().astype(int))
        if rotation_matrices is not None:
            rotation_matrices = rotation_matrices[rows]
        mean = np.zeros(self._body.num_shape)
        fit = self._solve(joints[rows], mean, rotation_matrices, fits_shape=True, progress=None)
        # The median, coordinate by coordinate: a frame that went astray has no say.
        return np.median(fit.shape, axis=0)

    def fit(
        self,
        joints: np.ndarray,
        shape: np.ndarray,
        rotation_matrices: np.ndarray | None = None,
        progress: Progress | None = None,
    ) -> Joint3DFit:
        """Fits poses to frames of a person whose shape is known.

        Args:
          joints: `(N, K, 3)` metres.
          shape: `(S,)`, as `estimate_shape` gives it.
          rotation_matrices: `(N, 24, 3, 3)` local rotations to start from, the root's into the
            frame of the joints, and to stay near; by default the prior's mode, turned so that the
            trunk fits.
          progress: Called with the number of frames that ended since the last call.

        Returns:
          The bodies.

        Raises:
          ValueError: If the shapes do not fit or a joint is not finite.
        """
        self._check(joints, rotation_matrices)
        checks.shape("shape", shape, (self._body.num_shape,))
        return self._solve(joints, shape, rotation_matrices, fits_shape=False, progress=progress)

    def _check(self, joints: np.ndarray, rotation_matrices: np.ndarray | None) -> None:
        checks.shape("joints", joints, ("frames", self._num_joints, 3))
        if len(joints) == 0 or not np.isfinite(joints).all():
            raise ValueError("`joints`: expected finite numbers, of at least one frame")
        if rotation_matrices is not None:
            expected = (len(joints), len(JOINT_NAMES), 3, 3)
            checks.shape("rotation_matrices", rotation_matrices, expected)

    def _solve(
        self,
        joints: np.ndarray,
        shape: np.ndarray,
        rotation_matrices: np.ndarray | None,
        fits_shape: bool,
        progress: Progress | None,
    ) -> Joint3DFit:
        centre = joints.mean(axis=1, keepdims=True)
        parameters = self._pose.parameters()
        latents, root, translation = self._start(joints - centre, shape, rotation_matrices)
        shapes = np.tile(np.asarray(shape, np.float32), (len(joints), 1))
        own = _Frames(np.asarray(joints - centre, np.float32), root, shapes, latents)
        shared = _Shared(parameters, tf.constant(float(fits_shape)))
        turns = np.zeros((len(joints), ROTATION), np.float32)
        offsets = translation / _TRANSLATION_UNIT
        start = np.concatenate([latents, turns, offsets, np.zeros_like(shapes)], axis=1)
        found = self._minimizer.minimize(start.astype(np.float32), own, shared, progress).x
        rotations, shapes, place = self._split(tf.constant(found), own, shared)
        arguments = {"rotation_matrices": rotations, "shape": shapes, "translation": place}
        fitted = self._body.keypoints(self._keypoint_set, **arguments).numpy()
        return Joint3DFit(
            pose=axis_angle.from_matrix(rotations).numpy(),
            shape=shapes.numpy(),
            translation=place.numpy() + centre[:, 0],
            residuals=np.linalg.norm(fitted - own.joints, axis=2),
        )

    def _start(
        self, joints: np.ndarray, shape: np.ndarray, rotation_matrices: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Latents `(N, d)`, the global rotation `(N, 6)` and the translation `(N, 3)`."""
        count = len(joints)
        if rotation_matrices is not None:
            local = tf.constant(rotation_matrices, tf.float32)
            latents = self._pose.encode(local).numpy()
            root = local[:, 0]
        else:
            latents = np.tile(self._pose.start(), (count, 1))
            likely = self._pose.rotation_matrices(latents[:1], self._pose.parameters())
            upright = self._keypoints(likely, shape)
            trunk = np.repeat(upright[:, self._trunk], count, axis=0)
            root = procrustes.fit(trunk, np.asarray(joints[:, self._trunk], np.float32)).rotation
            local = tf.concat([root[:, None], tf.repeat(likely[:, 1:], count, axis=0)], axis=1)
        # Both means coincide.
        translation = -self._keypoints(local, shape).mean(axis=1)
        return latents, rotation_6d.from_matrix(root).numpy(), translation

    def _keypoints(self, rotation_matrices: tf.Tensor, shape: np.ndarray) -> np.ndarray:
        return self._body.keypoints(
            self._keypoint_set, rotation_matrices=rotation_matrices, shape=shape[None]
        ).numpy()

    def _objective(self, variables: tf.Tensor, own: _Frames, shared: _Shared) -> tf.Tensor:
        rotations, shape, translation = self._split(variables, own, shared)
        points = self._body.keypoints(
            self._keypoint_set, rotation_matrices=rotations, shape=shape, translation=translation
        )
        squares = tf.reduce_sum(tf.square((points - own.joints) / _UNIT), axis=2)
        strays = variables[:, : self._pose.dim] - own.latents
        return (
            tf.reduce_sum(self._weights * squares, axis=1)
            + _PRIOR_WEIGHT * tf.reduce_sum(tf.square(strays), axis=1)
            + _SHAPE_WEIGHT * tf.reduce_sum(tf.square(shape), axis=1)
        )

    def _split(
        self, variables: tf.Tensor, own: _Frames, shared: _Shared
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Local rotations `(N, 24, 3, 3)`, shape `(N, S)` and translation `(N, 3)`."""
        sizes = [self._pose.dim, ROTATION, TRANSLATION, self._body.num_shape]
        latents, turn, move, growth = tf.split(variables, sizes, axis=1)
        local = self._pose.rotation_matrices(latents, shared.parameters)
        rotations = turned(own.rotation, turn, local)
        return rotations, own.shape + shared.shape_gate * growth, _TRANSLATION_UNIT * move
