import numpy as np
import pytest

from hps_tf.data.mocap import motion_records
from hps_tf.data.mocap.motion import MotionClip


@pytest.fixture(scope="session")
def make_clip():
    """Makes a clip whose poses have few degrees of freedom; hands and root do not move."""

    def make(name, split, num_frames=100, seed=0):
        directions = 0.1 * np.random.default_rng(0).normal(size=(5, 21, 3))
        rng = np.random.default_rng(seed)
        pose = np.zeros((num_frames, 24, 3), np.float32)
        pose[:, 1:22] = np.einsum("nk,kjc->njc", rng.normal(size=(num_frames, 5)), directions)
        return MotionClip(
            name=name,
            subject=name.partition("_")[0],
            split=split,
            fps=30.0,
            pose=pose,
            translation=np.zeros((num_frames, 3), np.float32),
            source=f"{name}.amc",
            time=np.arange(num_frames, dtype=np.float32) / 30.0,
        )

    return make


@pytest.fixture(scope="session")
def write_motion():
    """Writes clips as `tools.prepare_mocap` does."""

    def write(directory, *clips):
        directory.mkdir()
        for split in {clip.split for clip in clips}:
            members = [clip for clip in clips if clip.split == split]
            motion_records.write_shards(directory, split, members)
        (directory / "manifest.json").write_text("{}")
        return directory

    return write


@pytest.fixture(scope="session")
def motion(make_clip, write_motion, tmp_path_factory):
    """A directory of prepared motion."""
    return write_motion(
        tmp_path_factory.mktemp("prepared") / "motion",
        make_clip("01_01", "train", num_frames=1500, seed=1),
        make_clip("02_01", "train", num_frames=300, seed=2),
        make_clip("03_01", "val", num_frames=200, seed=3),
        make_clip("04_01", "test", num_frames=50, seed=4),
    )
