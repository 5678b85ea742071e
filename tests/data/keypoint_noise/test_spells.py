import numpy as np
import tensorflow as tf

from hps_tf.data.keypoint_noise import spells
from hps_tf.data.keypoint_noise.detector_noise import FoundKeypoints, box

WINDOWS, FRAMES = 200, 8
SEED = tf.constant([1, 2])


def _evidence():
    rng = np.random.default_rng(0)
    true = rng.normal(size=(WINDOWS * FRAMES, 17, 2)).astype(np.float32)
    found = true + 0.1 * rng.normal(size=true.shape).astype(np.float32)
    confidence = rng.uniform(size=true.shape[:2]).astype(np.float32)
    return FoundKeypoints(tf.constant(found), tf.constant(confidence)), tf.constant(true)


def _by_window(values):
    return np.reshape(values, (WINDOWS, FRAMES, *np.shape(values)[1:]))


def test_without_spells_everything_stays():
    found, true = _evidence()
    held = spells.hold(found, true, FRAMES, 0.0, SEED)
    np.testing.assert_allclose(held.slopes, found.slopes, atol=1e-6)
    np.testing.assert_array_equal(held.confidence, found.confidence)


def test_one_spell_has_the_first_frames_errors_as_shares_of_the_box():
    found, true = _evidence()
    held = spells.hold(found, true, FRAMES, 1.1, SEED)
    size = box(true)[1].numpy()[:, None, None]
    before, after = (_by_window((each.slopes - true) / size) for each in (found, held))
    np.testing.assert_allclose(after, np.repeat(before[:, :1], FRAMES, axis=1), atol=1e-5)
    confidence = _by_window(found.confidence)[:, :1]
    np.testing.assert_array_equal(
        _by_window(held.confidence), np.repeat(confidence, FRAMES, axis=1)
    )


def test_keypoints_keep_errors_by_themselves_with_the_given_probability():
    found, true = _evidence()
    held = spells.hold(found, true, FRAMES, 0.7, SEED)
    stays = np.diff(_by_window(held.confidence), axis=1) == 0
    assert 0.68 < stays.mean() < 0.72
    assert 0.3 < stays.mean(axis=2).std() / np.sqrt(0.7 * 0.3 / 17) < 1.5
    # What begins a spell is that frame's own.
    begins = ~stays
    fresh = _by_window(held.confidence)[:, 1:][begins]
    np.testing.assert_array_equal(fresh, _by_window(found.confidence)[:, 1:][begins])


def test_windows_have_their_own_shares():
    found, true = _evidence()
    share = np.where(np.arange(WINDOWS) < 100, 0.0, 1.1).astype(np.float32)[:, None, None]
    held = spells.hold(found, true, FRAMES, tf.constant(share), SEED)
    stays = (np.diff(_by_window(held.confidence), axis=1) == 0).mean(axis=(1, 2))
    np.testing.assert_array_equal(stays, np.arange(WINDOWS) >= 100)
