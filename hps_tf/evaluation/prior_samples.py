"""Measures samples of poses against held-out poses.

Both carry the same noise: a flow's density is that of poses with its dequantisation noise. They
are compared by the joints of the embedded body, relative to the root, in metres. A joint's range is
what it and its mirror image were seen to do.
"""

from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf
from tqdm import tqdm

import hps_tf.body
from hps_tf.body.mirror import mirror_pose
from hps_tf.body.skeleton import BODY_JOINTS
from hps_tf.data.mocap.spaced_poses import evenly_spaced
from hps_tf.errors import InputError
from hps_tf.evaluation.density import Source
from hps_tf.geometry import axis_angle
from hps_tf.metrics import batches, likelihood, sample_quality
from hps_tf.metrics.sample_quality import Neighbourhoods
from hps_tf.priors.pose_space import PoseSpace

NUM_SAMPLES = 10_000
NUM_NEIGHBOURS = 5
# Two million pairs; all pairs of 10,000 poses would change the fourth digit and take a minute.
NUM_DIVERSITY_POSES = 2_000
# Other seeds than that of the likelihoods' noise: one stream must not serve twice.
HELD_OUT_NOISE_SEED, SEEN_NOISE_SEED, SAMPLE_SEED = 1, 2, 3


def measure(
    sources: Mapping[str, Source],
    space: PoseSpace,
    sigma: float,
    held_out: np.ndarray,
    seen: np.ndarray | None,
) -> dict[str, dict]:
    """Computes the sample quality of each source, and of the seen poses as a yardstick.

    Args:
      sources: The distributions to draw from, by name.
      space: Their pose space.
      sigma: Standard deviation of their noise; 0 if they have none.
      held_out: `(N, 24, 3)` axis-angle poses to compare with; the number drawn is theirs, at most
        `NUM_SAMPLES`.
      seen: `(M, 24, 3)` poses that give the joints' ranges; None leaves these out.

    Returns:
      Figures by name; those of the seen poses are called "seen". Shares in joint ranges are None
      without these poses.

    Raises:
      InputError: If there are too few held-out poses.
    """
    if len(held_out) <= NUM_NEIGHBOURS:
        raise InputError(
            f"data: expected more than {NUM_NEIGHBOURS} held-out poses, received {len(held_out)}"
        )

    def noisy(poses: np.ndarray, seed: int) -> np.ndarray:
        return likelihood.dequantised(batches.apply(space.from_pose, poses), sigma, seed)

    real_x = noisy(evenly_spaced(held_out, NUM_SAMPLES), HELD_OUT_NOISE_SEED)
    count = len(real_x)
    drawn = {name: source.sample(count, SAMPLE_SEED).numpy() for name, source in sources.items()}
    if seen is not None:
        seen_x = noisy(seen, SEEN_NOISE_SEED)
        mirrored_x = noisy(mirror_pose(seen).numpy(), SEEN_NOISE_SEED)
        drawn["seen"] = evenly_spaced(seen_x, count)

    joints, rotations = _joints_of(space), _rotations_of(space)
    real = Neighbourhoods(_flat(batches.apply(joints, real_x)), NUM_NEIGHBOURS)
    if seen is not None:
        ranges = sample_quality.joint_ranges(
            batches.apply(rotations, np.concatenate([seen_x, mirrored_x]))
        )
    return {
        name: {
            "num_samples": len(x),
            **_compare(real, batches.apply(joints, x)),
            "share_in_joint_ranges": None
            if seen is None
            else sample_quality.share_in_ranges(batches.apply(rotations, x), ranges),
        }
        for name, x in tqdm(drawn.items(), "comparing samples")
    }


def _compare(real: Neighbourhoods, joints: np.ndarray) -> dict[str, float]:
    samples = Neighbourhoods(_flat(joints), real.k)
    return {
        "fid": sample_quality.frechet_distance(real.points, samples.points),
        **vars(sample_quality.neighbourhood_scores(real, samples)),
        "apd": sample_quality.average_pairwise_distance(evenly_spaced(joints, NUM_DIVERSITY_POSES)),
    }


def _joints_of(space: PoseSpace) -> Callable[[tf.Tensor], tf.Tensor]:
    """Makes the map from `(B, D)` vectors to `(B, 23, 3)` joints relative to the root, metres."""
    body = hps_tf.body.load_small()

    def joints(x: tf.Tensor) -> tf.Tensor:
        positions = body.joints(rotation_matrices=space.to_matrices(x))
        return positions[:, 1:] - positions[:, :1]

    return joints


def _rotations_of(space: PoseSpace) -> Callable[[tf.Tensor], tf.Tensor]:
    """Makes the map from `(B, D)` vectors to `(B, 21, 3)` axis-angle, angles up to pi."""

    def rotations(x: tf.Tensor) -> tf.Tensor:
        body_joints = space.to_matrices(x)[:, BODY_JOINTS[0] : BODY_JOINTS[-1] + 1]
        return axis_angle.from_matrix(body_joints)

    return rotations


def _flat(joints: np.ndarray) -> np.ndarray:
    return joints.reshape(len(joints), -1)
