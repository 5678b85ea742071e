import numpy as np
import pytest

from hps_tf.data.mocap.motion import MotionClip


def arguments(**changes):
    return {
        "name": "02_01",
        "subject": "02",
        "split": "train",
        "fps": 30.0,
        "pose": np.zeros((4, 24, 3), np.float32),
        "translation": np.zeros((4, 3), np.float32),
        "source": "02_01.amc",
        "time": np.zeros(4, np.float32),
    } | changes


def test_counts_frames():
    assert MotionClip(**arguments()).num_frames == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"pose": np.zeros((4, 72), np.float32)},
            r"`pose`: expected float32 of shape \(4, 24, 3\)",
        ),
        ({"pose": np.zeros((4, 24, 3))}, r"`pose`: expected .*, received float64 \(4, 24, 3\)"),
        (
            {"translation": np.zeros((3, 3), np.float32)},
            r"`translation`: expected .* \(4, 3\), received",
        ),
        ({"time": np.zeros((4, 1), np.float32)}, r"`time`: expected .* \(4,\), received"),
    ],
)
def test_checks_its_arrays(changes, message):
    with pytest.raises(ValueError, match=message):
        MotionClip(**arguments(**changes))


def test_selects_frames_of_rotations_and_translation_alike(swaying):
    motion = swaying(10, 60.0)
    for frames in (slice(2, 5), np.array([7, 1]), np.arange(10) % 2 == 0):
        part = motion.select(frames)
        np.testing.assert_array_equal(part.rotation_matrices, motion.rotation_matrices[frames])
        np.testing.assert_array_equal(part.translation, motion.translation[frames])
        assert part.fps == 60.0
