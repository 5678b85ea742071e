import numpy as np
import pytest

from hps_tf.body import load_default
from hps_tf.data.motion import MotionClip
from tools.reproduce import test_people
from tools.reproduce.row_errors import RowErrors


@pytest.fixture(scope="session")
def make_clip():
    def make(name, num_frames, split="test", seed=0):
        pose = np.random.default_rng(seed).normal(scale=0.3, size=(num_frames, 24, 3))
        return MotionClip(
            name=name,
            subject=name.split("_")[0],
            split=split,
            fps=30.0,
            pose=pose.astype(np.float32),
            translation=np.zeros((num_frames, 3), np.float32),
            source=name,
            time=np.arange(num_frames, dtype=np.float32) / 30,
        )

    return make


@pytest.fixture(scope="session")
def body():
    return load_default(3000)


@pytest.fixture(scope="session")
def clips(make_clip):
    lengths = {"01_01": 40, "01_02": 30, "02_01": 2}
    return [
        make_clip(name, length, seed=1 + index)
        for index, (name, length) in enumerate(lengths.items())
    ]


@pytest.fixture(scope="session")
def people(clips, body):
    return test_people.draw(clips, 12, seed=0, body=body)


@pytest.fixture(scope="session")
def make_errors():
    """Errors of a row around a mean; rows with one noise seed are alike in their people."""

    def make(row, mean, num_seeds=3, num_people=200, noise_seed=0):
        rng = np.random.default_rng(noise_seed)
        mpjpe = mean + rng.normal(scale=0.5, size=(num_seeds, num_people))
        return RowErrors(
            row=row,
            seeds=tuple(range(num_seeds)),
            mpjpe=mpjpe,
            pa_mpjpe=0.7 * mpjpe,
            mpvpe=1.2 * mpjpe,
            oracle_mpjpe=mpjpe - 2.0 * (np.arange(num_people) < num_people // 4),
            seconds=np.full(num_seeds, 9.0),
            weights={"prior": 0.03, "shape": 0.1},
            validation_mpjpe=mean + 0.1,
        )

    return make
