import numpy as np
import pytest

from hps_tf.body import load_default
from hps_tf.data.mocap import motion_records
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.evaluation import held_out_people, motion
from hps_tf.priors import FlowPrior, GaussianMixture
from hps_tf.priors.pose_space import AXIS_ANGLE

SIGMA = 0.1
DEVIATION = 0.3


@pytest.fixture(scope="session")
def make_clip():
    def make(name, split="all", num_frames=60, seed=0, deviation=DEVIATION):
        rng = np.random.default_rng(seed)
        return MotionClip(
            name=name,
            subject=name.split("_")[0],
            split=split,
            fps=30.0,
            pose=(deviation * rng.normal(size=(num_frames, 24, 3))).astype(np.float32),
            translation=np.zeros((num_frames, 3), np.float32),
            source=f"{name}.amc",
            time=(np.arange(num_frames) / 30.0).astype(np.float32),
        )

    return make


@pytest.fixture(scope="session")
def write_clips():
    def write(directory, clips):
        directory.mkdir()
        for split in {clip.split for clip in clips}:
            members = [clip for clip in clips if clip.split == split]
            motion_records.write_shards(directory, split, members)
        return directory

    return write


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory, make_clip, write_clips):
    """Prepared motion with three splits; the test split moves twice as far."""
    return write_clips(
        tmp_path_factory.mktemp("motion") / "data",
        [
            make_clip("01_01", "train", seed=1),
            make_clip("01_02", "train", seed=2),
            make_clip("02_01", "val", seed=3),
            make_clip("03_01", "test", seed=4, deviation=2 * DEVIATION),
        ],
    )


@pytest.fixture(scope="session")
def data_poses(data_dir):
    return motion.poses_by_split([data_dir])


@pytest.fixture(scope="session")
def prior():
    """A prior that is exactly the Gaussian of the train split, beside a wider mixture."""
    dim = AXIS_ANGLE.dim
    covariance = DEVIATION**2 * np.eye(dim)
    prior = FlowPrior(AXIS_ANGLE, SIGMA, "light", num_steps=2, num_joint_steps=1)
    prior.adapt(np.zeros(dim), covariance)
    noisy = covariance + SIGMA**2 * np.eye(dim)
    prior.references = {
        "gaussian": GaussianMixture.gaussian(np.zeros(dim), noisy),
        "gmm8": GaussianMixture(
            np.full(8, 1 / 8), np.zeros((8, dim)), np.tile(4 * noisy, (8, 1, 1))
        ),
    }
    return prior


@pytest.fixture
def prior_file(prior, tmp_path):
    path = tmp_path / "prior.npz"
    prior.save(path)
    return path


@pytest.fixture(scope="session")
def body():
    return load_default(num_vertices=3000)


@pytest.fixture(scope="session")
def people(make_clip, body):
    """Thirty people of three clips of two subjects, without part maps."""
    clips = [make_clip(name, seed=seed) for seed, name in enumerate(("01_01", "01_02", "02_01"))]
    return held_out_people.draw(clips, 30, 0, body, with_parts=False)
