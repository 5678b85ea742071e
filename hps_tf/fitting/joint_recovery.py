"""Recovers poses from 3D joints that are noisy or partly hidden, under a pose prior.

The joints that are seen are a body's with normal noise of known standard deviation σ. So the loss
is the negative log-posterior in nats, without a weight,

  Σ |p_k - o_k|² / (2 σ²) + E(x),

over the joints k that are seen, with E the prior's energy (Zanfir et al. 2020, Eqs. 5 and 6).
Global rotation and translation are free. L-BFGS minimizes it in latent and in ambient space, so
that a comparison of priors is not one of solvers.

Hypotheses in latent space are randomised maxima (Oliver et al. 1996, "Conditioning permeability
fields to pressure data"): the joints are given noise of σ, the energy is counted from a random
latent, and the minimum is a draw; of the posterior itself where the body is linear in the latents.
In ambient space they are the minima that random poses lead to.

Convention: metres; any right-handed frame.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.fitting.body_variables import ROTATION, TRANSLATION, turned
from hps_tf.fitting.lbfgs import LBFGS
from hps_tf.fitting.pose_variables import Parameters, PoseVariables
from hps_tf.geometry import axis_angle, checks, procrustes, rotation_6d

_TRANSLATION_UNIT = 0.1
_LEAST_SEEN = 3  # Joints; fewer leave the global rotation open.
_SLOTS = 16  # So all calls of more than a few poses share one compiled program.


class Recovered(NamedTuple):
    """Poses.

    Attributes:
      pose: `(..., 24, 3)` axis-angle, radians; the root's turns the body into the joints' frame.
      translation: `(..., 3)` metres.
      joints: `(..., 24, 3)` metres, the body's.
    """

    pose: np.ndarray
    translation: np.ndarray
    joints: np.ndarray


class _Frames(NamedTuple):
    """The data of each frame.

    Attributes:
      joints: `(N, 24, 3)` metres from the mean of those that are seen.
      is_seen: `(N, 24)` 1 or 0.
      rotation: `(N, 6)` where the global rotation starts.
      shape: `(N, S)`.
      origin: `(N, d)` variables from which the energy is counted.
    """

    joints: np.ndarray
    is_seen: np.ndarray
    rotation: np.ndarray
    shape: np.ndarray
    origin: np.ndarray


class _Shared(NamedTuple):
    """The data that all frames share.

    Attributes:
      parameters: The prior's weights.
      precision: 1 / (2 σ²), per square metre.
    """

    parameters: Parameters
    precision: tf.Tensor


class JointRecovery:
    """Recovers poses under one prior; compiled at the first use.

    Args:
      body: The body model, whose joints are SMPL's 24.
      pose: The variables of the pose, with their prior.
      max_evaluations: Evaluations of the loss that a pose may take.
    """

    def __init__(self, body: BodyModel, pose: PoseVariables, max_evaluations: int = 400):
        self._body = body
        self._pose = pose
        self._minimizer = LBFGS(self._loss, max_evaluations, max_slots=_SLOTS)

    @property
    def is_latent(self) -> bool:
        """Whether the variables are latents, so that hypotheses need no poses to start from."""
        return self._pose.is_latent

    def mode(self, joints: np.ndarray, sigma: float, shape: np.ndarray | None = None) -> Recovered:
        """Finds the likeliest poses.

        Args:
          joints: `(N, 24, 3)` metres; NaN where hidden.
          sigma: Standard deviation of the noise along x, y and z, metres.
          shape: `(S,)` of the person; the mean shape by default.

        Returns:
          N poses.

        Raises:
          ValueError: If the shapes disagree, sigma is not positive or fewer than 3 joints of a pose
            are seen.
        """
        _check(joints, sigma)
        starts = np.tile(self._pose.start(), (len(joints), 1))
        return self._solve(joints, sigma, shape, starts, np.zeros_like(starts))

    def hypotheses(
        self,
        joints: np.ndarray,
        sigma: float,
        count: int,
        seed: int,
        shape: np.ndarray | None = None,
        starts: np.ndarray | None = None,
    ) -> Recovered:
        """Draws several poses for each that was seen.

        Args:
          joints: See `mode`.
          sigma: See `mode`.
          count: K, the number of hypotheses.
          seed: Of the draws.
          shape: See `mode`.
          starts: `(N * K, 24, 3, 3)` random poses to start from, in ambient space.

        Returns:
          N times K poses.

        Raises:
          ValueError: See `mode`; or if an ambient prior is given no poses to start from.
        """
        _check(joints, sigma)
        rng = np.random.default_rng(seed)
        repeated = np.repeat(joints, count, axis=0)
        if self._pose.is_latent:
            drawn = rng.standard_normal((len(repeated), self._pose.dim), np.float32)
            repeated = repeated + sigma * rng.standard_normal(repeated.shape)
            found = self._solve(repeated, sigma, shape, drawn, drawn)
        else:
            if starts is None:
                raise ValueError("`starts`: expected poses for a prior in ambient space")
            checks.shape("starts", starts, (len(repeated), NUM_JOINTS, 3, 3))
            encoded = self._pose.encode(tf.constant(starts, tf.float32)).numpy()
            found = self._solve(repeated, sigma, shape, encoded, np.zeros_like(encoded))
        return Recovered(*(part.reshape(-1, count, *part.shape[1:]) for part in found))

    def _solve(
        self,
        joints: np.ndarray,
        sigma: float,
        shape: np.ndarray | None,
        variables: np.ndarray,
        origin: np.ndarray,
    ) -> Recovered:
        is_seen = np.isfinite(joints).all(axis=2)
        filled = np.where(is_seen[..., None], joints, 0.0)
        centre = filled.sum(axis=1, keepdims=True) / is_seen.sum(axis=1)[:, None, None]
        target = np.where(is_seen[..., None], filled - centre, 0.0).astype(np.float32)
        weights = is_seen.astype(np.float32)
        row = np.zeros(self._body.num_shape) if shape is None else np.asarray(shape)
        checks.shape("shape", row, (self._body.num_shape,))
        shapes = np.tile(row.astype(np.float32), (len(joints), 1))

        parameters = self._pose.parameters()
        local = self._pose.rotation_matrices(tf.constant(variables), parameters)
        posed = self._body.joints(rotation_matrices=local, shape=shapes)
        root = procrustes.fit(posed, target, weights).rotation
        placed = self._body.joints(
            rotation_matrices=tf.concat([root[:, None], local[:, 1:]], axis=1), shape=shapes
        ).numpy()
        # The means of what is seen coincide.
        offset = -(weights[..., None] * placed).sum(axis=1) / weights.sum(axis=1)[:, None]
        own = _Frames(target, weights, rotation_6d.from_matrix(root).numpy(), shapes, origin)
        shared = _Shared(parameters, tf.constant(0.5 / sigma**2, tf.float32))
        turns = np.zeros((len(joints), ROTATION), np.float32)
        start = np.concatenate([variables, turns, offset / _TRANSLATION_UNIT], axis=1)
        found = self._minimizer.minimize(start.astype(np.float32), own, shared).x
        rotations, move = self._split(tf.constant(found), own, shared)
        translation = move.numpy() + centre[:, 0]
        relative = self._body.joints(rotation_matrices=rotations, shape=shapes).numpy()
        return Recovered(
            pose=axis_angle.from_matrix(rotations).numpy(),
            translation=translation,
            joints=relative + translation[:, None],
        )

    def _loss(self, variables: tf.Tensor, own: _Frames, shared: _Shared) -> tf.Tensor:
        """The `(N,)` negative log-posteriors, nats, of `(N, d + 9)` variables."""
        rotations, move = self._split(variables, own, shared)
        points = self._body.joints(rotation_matrices=rotations, shape=own.shape, translation=move)
        squares = tf.reduce_sum(tf.square(points - own.joints), axis=2)
        strays = variables[:, : self._pose.dim] - own.origin
        energy = self._pose.energy(strays, shared.parameters)
        return shared.precision * tf.reduce_sum(own.is_seen * squares, axis=1) + energy

    def _split(
        self, variables: tf.Tensor, own: _Frames, shared: _Shared
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Local rotations `(N, 24, 3, 3)` and translation `(N, 3)`."""
        pose, turn, move = tf.split(variables, [self._pose.dim, ROTATION, TRANSLATION], axis=1)
        local = self._pose.rotation_matrices(pose, shared.parameters)
        return turned(own.rotation, turn, local), _TRANSLATION_UNIT * move


def _check(joints: np.ndarray, sigma: float) -> None:
    checks.shape("joints", joints, ("poses", NUM_JOINTS, 3))
    if not sigma > 0.0:
        raise ValueError(f"`sigma`: expected a positive number, received {sigma}")
    seen = np.isfinite(joints).all(axis=2).sum(axis=1)
    if len(joints) == 0 or seen.min() < _LEAST_SEEN:
        received = f"{seen.min()} of pose {int(seen.argmin())}" if len(joints) else "no poses"
        raise ValueError(f"`joints`: expected at least {_LEAST_SEEN} seen, received {received}")
