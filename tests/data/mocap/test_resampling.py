import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from hps_tf.data.mocap.resampling import resample


def all_good(motion):
    return np.ones(motion.num_frames, bool)


@pytest.mark.parametrize(("source", "fps", "step"), [(120, 30, 4), (120, 120, 1), (59.94, 30, 2)])
def test_decimates_when_the_rates_divide(source, fps, step, swaying):
    motion = swaying(41, source)
    result, time = resample(motion, all_good(motion), fps)
    assert result.fps == fps
    np.testing.assert_array_equal(result.rotation_matrices, motion.rotation_matrices[::step])
    np.testing.assert_array_equal(result.translation, motion.translation[::step])
    np.testing.assert_allclose(time, np.arange(0, 41, step) / source)


def test_decimation_leaves_out_bad_frames(swaying):
    motion = swaying(41, 120.0)
    good = all_good(motion)
    good[[4, 5, 40]] = False
    result, time = resample(motion, good, 30.0)
    np.testing.assert_allclose(time * 120, [0, 8, 12, 16, 20, 24, 28, 32, 36])
    np.testing.assert_array_equal(
        result.translation, motion.translation[[*range(0, 40, 4)]][np.arange(10) != 1]
    )


@pytest.mark.parametrize(("source", "fps"), [(100, 30), (120, 50), (120, 110), (250, 33.3)])
def test_interpolates_as_slerp_otherwise(source, fps, swaying):
    motion = swaying(60, source)
    result, time = resample(motion, all_good(motion), fps)
    assert len(time) == int(59 * fps / source + 1e-9) + 1
    np.testing.assert_allclose(np.diff(time), 1 / fps)
    moments = np.arange(60) / source
    for joint in (0, 5, 23):
        slerp = Slerp(moments, Rotation.from_matrix(motion.rotation_matrices[:, joint]))
        expected = slerp(np.minimum(time, moments[-1])).as_matrix()
        np.testing.assert_allclose(result.rotation_matrices[:, joint], expected, atol=1e-9)
    for axis in range(3):
        expected = np.interp(time, moments, motion.translation[:, axis])
        np.testing.assert_allclose(result.translation[:, axis], expected, atol=1e-12)


def test_interpolation_needs_both_neighbours(swaying):
    motion = swaying(60, 100.0)
    good = all_good(motion)
    good[10] = False
    result, time = resample(motion, good, 30.0)
    assert result.num_frames == len(time)
    frames = time * 100
    assert not ((frames > 9) & (frames < 11)).any()
    assert ((frames > 6) & (frames < 7)).any()


@pytest.mark.parametrize("num_frames", [1, 2])
@pytest.mark.parametrize("fps", [30.0, 45.0])
def test_keeps_the_first_frame_of_a_short_motion(num_frames, fps, swaying):
    motion = swaying(num_frames, 120.0)
    result, time = resample(motion, all_good(motion), fps)
    np.testing.assert_array_equal(time, [0.0])
    np.testing.assert_allclose(result.rotation_matrices[0], motion.rotation_matrices[0], atol=1e-12)


def test_refuses_to_invent_frames(swaying):
    motion = swaying(10, 25.0)
    with pytest.raises(ValueError, match=r"`fps`: expected at most the source's 25, received 30"):
        resample(motion, all_good(motion), 30.0)
