import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.body import load_default
from hps_tf.metrics.reconstruction import reconstruction_errors
from hps_tf.priors import PoseVAE
from hps_tf.priors.pose_space import AXIS_ANGLE, SIX_D


@pytest.mark.parametrize("space", [AXIS_ANGLE, SIX_D], ids=lambda space: space.name)
def test_errors_equal_scipy_for_a_decoder_that_gives_one_pose(space):
    pose = (0.4 * np.random.default_rng(0).normal(size=(30, 24, 3))).astype(np.float32)
    vae = PoseVAE(space, 0.1, hidden_units=4, latent_dim=2)
    for weight in vae.trainable_weights:
        weight.assign(tf.zeros_like(weight))
    answer = pose[0].copy()
    vae.adapt(SIX_D.from_pose(answer).numpy(), np.ones(126))

    errors = reconstruction_errors(vae, pose)
    turns = Rotation.from_rotvec(answer[1:22]).inv()
    angles = [(turns * Rotation.from_rotvec(each[1:22])).magnitude().mean() for each in pose]
    assert errors.degrees == pytest.approx(np.degrees(np.mean(angles)), rel=1e-4)
    difference = SIX_D.from_pose(pose) - SIX_D.from_pose(answer)
    assert errors.rms_6d == pytest.approx(np.sqrt(np.mean(difference**2)), rel=1e-4)
    pose[:, [0, 22, 23]] = 0
    joints = load_default(3000).joints(pose=pose).numpy()[:, 1:22]
    distances = np.linalg.norm(joints - joints[:1], axis=-1)
    assert errors.mpjpe_cm == pytest.approx(100 * distances.mean(), rel=1e-4)
