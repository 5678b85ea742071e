import numpy as np
import pytest

from hps_tf.body import load_default
from hps_tf.formats import Person, Scene

RATE = 25.0


@pytest.fixture(scope="session")
def body():
    return load_default(3000)


@pytest.fixture(scope="session")
def make_person(body):
    def make(name="ann", frames=(0, 1, 2, 5, 6), seed=0):
        rng = np.random.default_rng(seed)
        count = len(frames)
        swing = np.linspace(0, 1, count)[:, None, None] * rng.normal(0, 0.5, (1, 24, 3))
        pose = rng.normal(0, 0.4, (1, 24, 3)) + swing
        pose[:, 0] = rng.normal(0, 0.3, 3) + np.array([np.pi, 0, 0])
        return Person(
            name=name,
            frames=np.array(frames),
            pose=pose.astype(np.float32),
            shape=rng.normal(size=body.num_shape).astype(np.float32),
            translation=(rng.normal((0, 0, 4), 0.2, (count, 3))).astype(np.float32),
            keypoints_2d=rng.uniform(0, 200, (count, 17, 2)).astype(np.float32),
            joints_2d=rng.uniform(0, 200, (count, 24, 2)).astype(np.float32),
            joint_std=rng.uniform(0.01, 0.1, (count, 24)).astype(np.float32),
            score=rng.uniform(size=count).astype(np.float32),
        )

    return make


@pytest.fixture(scope="session")
def scene(body, make_person):
    people = (make_person(), make_person("bob", frames=(3, 4), seed=1))
    names = tuple(f"frame {number}.png" for number in range(7))
    return Scene(body, people, RATE, names, ((200, 220),) * 7)


@pytest.fixture(scope="session")
def photograph(body, make_person):
    people = (make_person("a", frames=(0,)), make_person("b", frames=(0,), seed=1))
    return Scene(body, people, None, ("photo.jpg",), ((200, 220),))
