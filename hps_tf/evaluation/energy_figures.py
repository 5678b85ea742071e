"""How well the energy of a prior separates recorded poses from corrupted ones.

For every split, the share of pairs of a recorded pose and one that was made wrong
(hps_tf.data.mocap.pose_corruption) in which the recorded one has the lower energy: 0.5 is chance,
1 is perfect. For an auto-encoder also how well it gives poses back, and the quality of its samples:
they and the held-out poses carry the noise that the flows' samples carry, so that both compare.
"""

from typing import Any

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from hps_tf.data.mocap import pose_corruption
from hps_tf.data.mocap.spaced_poses import evenly_spaced
from hps_tf.evaluation import prior_samples
from hps_tf.geometry import axis_angle, quaternion
from hps_tf.metrics import batches
from hps_tf.metrics.reconstruction import reconstruction_errors
from hps_tf.metrics.roc_auc import roc_auc
from hps_tf.priors import PosePrior

NUM_POSES = 20_000
CORRUPTION_SEED = 4
SAMPLE_NOISE = 0.1  # Sigma of the pretrained flows.


class NoisySamples:
    """A prior whose samples are given noise of standard deviation `SAMPLE_NOISE`.

    Args:
      prior: The prior.
    """

    def __init__(self, prior: PosePrior):
        self._prior = prior

    def sample(self, sample_shape: int, seed: int) -> tf.Tensor:
        """Draws `(sample_shape, D)` vectors; see `PosePrior.sample`."""
        samples = self._prior.sample(sample_shape, seed)
        noise = tf.random.stateless_normal(samples.shape, tf.stack([seed, 1]))
        return samples + SAMPLE_NOISE * noise


def measure(prior: PosePrior, poses: dict[str, np.ndarray]) -> dict[str, Any]:
    """Computes all figures.

    Args:
      prior: The prior.
      poses: `(N, 24, 3)` axis-angle by split; of each at most 20,000 are taken.

    Returns:
      What the JSON file holds, but for the prior's name.
    """
    figures: dict[str, Any] = {
        "preset": prior.architecture,
        "space": prior.space.name,
        "num_parameters": prior.num_parameters,
        "sigma": prior.sigma,
        "splits": {
            split: _of_split(prior, evenly_spaced(split_poses, NUM_POSES))
            for split, split_poses in tqdm(poses.items(), "rating poses", unit="split")
        },
    }
    held_out = "test" if "test" in poses else "all"
    # Samples of a density carry its noise: `tools.evaluate prior` measures these.
    if prior.has_samples and not prior.has_density and held_out in poses:
        figures["sample_split"] = held_out
        seen = poses.get("train", poses[held_out])
        samples = prior_samples.measure(
            {"prior": NoisySamples(prior)}, prior.space, SAMPLE_NOISE, poses[held_out], seen
        )
        figures["sample_noise"] = SAMPLE_NOISE
        figures["samples"] = samples.pop("prior")
        figures["reference_samples"] = samples
    return figures


def _of_split(prior: PosePrior, poses: np.ndarray) -> dict[str, Any]:
    real = _energies(prior, axis_angle.to_quaternion(poses))
    wrong = pose_corruption.corruptions(
        axis_angle.to_quaternion(poses), tf.constant([CORRUPTION_SEED, 0])
    )
    figures: dict[str, Any] = {
        "num_poses": len(poses),
        "energy": float(np.mean(real)),
        "separation": {
            name: roc_auc(real, _energies(prior, pose)) for name, (pose, _) in wrong.items()
        },
    }
    if prior.latent_dim and not prior.has_density:
        figures["reconstruction"] = vars(reconstruction_errors(prior, poses))
    return figures


def _energies(prior: PosePrior, pose: tf.Tensor) -> np.ndarray:
    """`(N,)` energies of `(N, 24, 4)` unit quaternions."""

    def energy(part: tf.Tensor) -> tf.Tensor:
        return prior.energy(prior.space.from_matrices(quaternion.to_matrix(part)))

    return batches.apply(energy, pose)
