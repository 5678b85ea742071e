"""People in random poses, for tests of what is found of them."""

import numpy as np
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.data.keypoint_noise import posed_people


def quaternions(count, seed=0, spread=0.3):
    turns = spread * np.random.default_rng(seed).normal(size=(count * 24, 3))
    return np.float32(Rotation.from_rotvec(turns).as_quat().reshape(count, 24, 4))


def people(body, count=400, seed=0):
    return posed_people.draw(quaternions(count, seed), body, tf.constant([seed, 5]))
