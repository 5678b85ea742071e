from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hps_tf.body import default_body
from hps_tf.data.mocap.motion import BodyMotion
from hps_tf.data.mocap.rest_skeleton import RestSkeleton


@pytest.fixture(scope="session")
def rest() -> RestSkeleton:
    return RestSkeleton.from_body(default_body.read(3000))


@pytest.fixture
def swaying() -> Callable[[int, float], BodyMotion]:
    """Makes a motion of so many frames at a rate in which every joint sways once a second."""

    def make(num_frames: int, fps: float) -> BodyMotion:
        rng = np.random.default_rng(0)
        time = np.arange(num_frames)[:, None, None] / fps
        phase = rng.uniform(0, 2 * np.pi, (1, 24, 3))
        vectors = 0.3 * np.sin(2 * np.pi * time + phase)
        rotations = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix()
        translation = np.concatenate([time[:, 0], 0.9 + 0 * time[:, 0], 0 * time[:, 0]], axis=1)
        return BodyMotion(rotations.reshape(num_frames, 24, 3, 3), translation, fps)

    return make
