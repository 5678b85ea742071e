"""How well a prior with a latent space gives poses back."""

import dataclasses

import numpy as np
import tensorflow as tf

import hps_tf.body
from hps_tf.body.skeleton import BODY_JOINTS
from hps_tf.geometry import rotation_matrix
from hps_tf.metrics import batches
from hps_tf.priors.pose_space import SIX_D
from hps_tf.priors.prior import PosePrior


@dataclasses.dataclass(frozen=True)
class ReconstructionErrors:
    """Means over poses and the 21 body joints.

        errors = reconstruction_errors(vae, poses)

    Attributes:
      degrees: Angle between true and reconstructed rotation, local to the parent joint.
      mpjpe_cm: Distance of the embedded body's joints, the pelvis fixed, centimetres.
      rms_6d: Root of the mean squared error of the numbers of 6D.
    """

    degrees: float
    mpjpe_cm: float
    rms_6d: float


def reconstruction_errors(prior: PosePrior, poses: np.ndarray) -> ReconstructionErrors:
    """Measures how far decode(encode(pose)) is from a pose.

    Args:
      prior: The prior.
      poses: `(N, 24, 3)` axis-angle, radians; root and hands are left out.
    """
    body = hps_tf.body.load_small()
    joints = slice(BODY_JOINTS[0], BODY_JOINTS[-1] + 1)

    def errors(pose: tf.Tensor) -> tf.Tensor:
        x = SIX_D.from_pose(pose)
        true = SIX_D.to_matrices(x)
        space = prior.space
        found = space.to_matrices(prior.decode(prior.encode(space.from_matrices(true))))
        angles = rotation_matrix.geodesic_distance(true, found)[:, joints]
        offsets = body.joints(rotation_matrices=true) - body.joints(rotation_matrices=found)
        squares = tf.square(x - SIX_D.from_matrices(found))
        distances = tf.norm(offsets[:, joints], axis=-1)
        return tf.stack([tf.reduce_mean(part, axis=-1) for part in (angles, distances, squares)], 1)

    angle, distance, square = batches.apply(errors, poses).mean(axis=0, dtype=np.float64)
    return ReconstructionErrors(
        degrees=float(np.degrees(angle)),
        mpjpe_cm=float(100.0 * distance),
        rms_6d=float(np.sqrt(square)),
    )
