"""Tasks that a pose prior helps with, measured on recorded poses.

Noise is removed from joints, hidden limbs are completed, and a pose is found for the places of
hands, feet and head: see `hps_tf.fitting.joint_recovery`. Shape and bones are known, global
rotation and translation are not. Errors are distances of joints in the frame of what is seen,
without alignment.
"""

import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf import priors
from hps_tf.body import BodyModel
from hps_tf.body.limbs import END_JOINTS, indices
from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.evaluation.density import Source
from hps_tf.fitting import pose_variables
from hps_tf.fitting.joint_recovery import JointRecovery
from hps_tf.fitting.pose_variables import PoseVariables
from hps_tf.metrics import batches
from hps_tf.priors import PosePrior
from hps_tf.priors.pose_space import PoseSpace

#: Standard deviation, in metres, that joints which are given exactly are taken to have.
EXACT = 0.005

_LIKELY = "cmu-6d-light"  # Its mode is where priors without a mode of their own start.


class Completion(NamedTuple):
    """Errors of hidden joints of N poses, metres.

    Attributes:
      mode: `(N,)` mean distance of the likeliest pose's hidden joints.
      best: `(N,)` the same of the best of K hypotheses.
      spread: `(N,)` mean distance between the hidden joints of two hypotheses.
    """

    mode: np.ndarray
    best: np.ndarray
    spread: np.ndarray


def variables(prior: PosePrior) -> PoseVariables:
    """Makes the variables in which poses are recovered: latents, where the prior has them.

    Args:
      prior: The prior.

    Returns:
      Its `latent_dim` variables; without a latent space the `(D,)` pose, which starts at a likely
      one.
    """
    if prior.latent_dim:
        return pose_variables.LatentPrior(prior)
    return pose_variables.AmbientPrior(prior, likely_pose(prior.space))


def likely_pose(space: PoseSpace) -> np.ndarray:
    """Gives the mode of an embedded flow as `(D,)` of a space."""
    return space.from_matrices(_likely_rotations()).numpy()


def random_poses(source: Source, space: PoseSpace, count: int, seed: int) -> np.ndarray:
    """Draws `(count, 24, 3, 3)` local rotations, for hypotheses in ambient space to start from."""
    return space.to_matrices(source.sample(count, seed)).numpy()


def denoising(
    recovery: JointRecovery, body: BodyModel, poses: np.ndarray, sigma: float, seed: int
) -> np.ndarray:
    """Measures how near poses come whose joints are seen with noise.

    Args:
      recovery: The prior's.
      body: The body model.
      poses: `(N, 24, 3)` axis-angle, radians.
      sigma: Standard deviation of the noise along x, y and z, metres.
      seed: Of the noise.

    Returns:
      `(N,)` mean distances of the 24 joints, metres.
    """
    joints = joints_of(body, poses)
    noise = np.random.default_rng(seed).normal(scale=sigma, size=joints.shape)
    return _distances(recovery.mode(joints + noise, sigma).joints, joints).mean(axis=1)


def completion(
    recovery: JointRecovery,
    body: BodyModel,
    poses: np.ndarray,
    is_hidden: np.ndarray,
    count: int,
    seed: int,
    starts: np.ndarray | None = None,
) -> Completion:
    """Measures how near hidden joints come, the others being seen exactly.

    Args:
      recovery: The prior's.
      body: The body model.
      poses: `(N, 24, 3)` axis-angle, radians.
      is_hidden: `(N, 24)` bool, at least one a pose.
      count: K, the number of hypotheses.
      seed: Of the hypotheses.
      starts: See `JointRecovery.hypotheses`. In ambient space without them there is one hypothesis,
        the likeliest pose, and its spread is NaN.

    Returns:
      The errors.
    """
    joints = joints_of(body, poses)
    seen = np.where(is_hidden[..., None], np.nan, joints)
    weights = is_hidden / is_hidden.sum(axis=1, keepdims=True)
    likeliest = (weights * _distances(recovery.mode(seen, EXACT).joints, joints)).sum(axis=1)
    if starts is None and not recovery.is_latent:
        return Completion(likeliest, likeliest, np.full(len(poses), np.nan))
    found = recovery.hypotheses(seen, EXACT, count, seed, starts=starts).joints
    errors = (weights[:, None] * _distances(found, joints[:, None])).sum(axis=2)
    pairs = _distances(found[:, :, None], found[:, None])
    spread = (weights[:, None, None] * pairs).sum(axis=(1, 2, 3)) / max(count * (count - 1), 1)
    return Completion(likeliest, errors.min(axis=1), spread)


def inverse_kinematics(recovery: JointRecovery, body: BodyModel, poses: np.ndarray) -> np.ndarray:
    """Measures how near poses come of which hands, feet and head are seen exactly.

    Args:
      recovery: The prior's.
      body: The body model.
      poses: `(N, 24, 3)` axis-angle, radians.

    Returns:
      `(N,)` mean distances of the 19 other joints, metres.
    """
    joints = joints_of(body, poses)
    found = recovery.mode(only_ends(joints), EXACT).joints
    others = np.setdiff1d(np.arange(NUM_JOINTS), indices(END_JOINTS))
    return _distances(found, joints)[:, others].mean(axis=1)


def only_ends(joints: np.ndarray) -> np.ndarray:
    """Hides all of `(N, 24, 3)` joints but hands, feet and head."""
    ends = indices(END_JOINTS)
    seen = np.full_like(joints, np.nan)
    seen[:, ends] = joints[:, ends]
    return seen


def joints_of(body: BodyModel, poses: np.ndarray) -> np.ndarray:
    """Places the joints of `(N, 24, 3)` axis-angle poses of the mean shape, `(N, 24, 3)` metres."""

    def joints(part: tf.Tensor) -> tf.Tensor:
        return body.joints(pose=part)

    return batches.apply(joints, np.asarray(poses, np.float32)).astype(np.float64)


@functools.cache
def _likely_rotations() -> tf.Tensor:
    """`(24, 3, 3)`; the flow is loaded and compiled once."""
    flow = priors.load(_LIKELY)
    return flow.space.to_matrices(pose_variables.mode(flow))


def _distances(found: np.ndarray, joints: np.ndarray) -> np.ndarray:
    return np.linalg.norm(found - joints, axis=-1)
