"""Directions of a prior's latent space, those first that move a body most.

Latents are standard normal, so their own covariance favours no direction. The decoder does: with
J the Jacobian of the joints' positions by the latent, the eigenvectors of E[JᵀJ], the mean over
samples of the prior, are orthogonal directions, and an eigenvalue is the mean square by which the
joints together move per unit along its direction. It needs no motion capture.
"""

from typing import NamedTuple

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.priors import PosePrior

_SAMPLES = 32
_STEP = 0.05
"""Half the distance over which differences are taken, in standard deviations of the latents."""


class LatentDirections(NamedTuple):
    """An orthonormal basis of the latent space.

    Attributes:
      basis: `(L, L)`, a direction per column.
      movement: `(L,)` metres that a joint moves per unit along each, by root mean square.
    """

    basis: np.ndarray
    movement: np.ndarray


def principal(prior: PosePrior, body: BodyModel, seed: int = 0) -> LatentDirections:
    """Finds the directions along which bodies move most.

    Args:
      prior: With L latents.
      body: Whose joints are moved.
      seed: Of the samples over which the Jacobians are averaged.

    Returns:
      All L directions, sorted; of each, the latent with the largest share has a positive one.
    """
    size = prior.latent_dim
    centres = np.random.default_rng(seed).normal(size=(_SAMPLES, size)).astype(np.float32)
    steps = _STEP * np.eye(size, dtype=np.float32)
    latents = np.stack([centres[:, None] + steps, centres[:, None] - steps])
    pose = prior.space.to_pose(prior.decode(latents.reshape(-1, size)))
    joints = body.joints(pose=pose).numpy().astype(np.float64).reshape(2, _SAMPLES, size, -1)
    jacobians = (joints[0] - joints[1]) / (2 * _STEP)  # (_SAMPLES, L, 3 J)
    squares, basis = np.linalg.eigh(np.einsum("nia,nja->ij", jacobians, jacobians) / _SAMPLES)
    squares, basis = squares[::-1].clip(min=0.0), basis[:, ::-1]
    largest = np.abs(basis).argmax(axis=0)
    basis = basis * np.sign(basis[largest, np.arange(size)])
    return LatentDirections(basis, np.sqrt(squares * 3 / jacobians.shape[-1]))
