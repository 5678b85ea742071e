import io

import numpy as np
import pytest
from PIL import Image

from hps_tf.body import load_default
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.data.synthetic.people import Person


@pytest.fixture(scope="session")
def body():
    return load_default(3000)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def standing(count, num_frames=1, seed=0):
    """People in slightly bent poses, who step forwards."""
    rng = np.random.default_rng(seed)
    path = np.arange(num_frames)[:, None] * (0.0, 0.0, 0.02)
    people = []
    for _ in range(count):
        pose = np.tile(rng.normal(scale=0.25, size=(24, 3)), (num_frames, 1, 1))
        pose[:, 16, 2] -= 1.0
        pose[:, 17, 2] += 1.0
        pose[:, 0] = (0.0, rng.uniform(-3, 3), 0.0)
        pose[:, 4, 0] += 0.05 * np.arange(num_frames)
        people.append(Person(pose, path))
    return people


def clip(name, num_frames=6, subject=None, split="train"):
    pose = np.random.default_rng(len(name)).normal(scale=0.2, size=(num_frames, 24, 3))
    translation = np.arange(3 * num_frames, dtype=np.float32).reshape(num_frames, 3) / 100
    return MotionClip(
        name=name,
        subject=subject or name,
        split=split,
        fps=30.0,
        pose=pose.astype(np.float32),
        translation=translation,
        source=f"{name}.bvh",
        time=np.arange(num_frames, dtype=np.float32) / 30,
    )


def pixels(example):
    return np.asarray(Image.open(io.BytesIO(example.image)))
