import numpy as np
import tensorflow as tf

from hps_tf.geometry.camera import safe_depth


def test_depths_in_front_are_unchanged_and_others_positive_and_increasing():
    depth = tf.constant(np.linspace(-3, 3, 61, dtype=np.float32))
    safe = safe_depth(depth, 0.2).numpy()
    is_near = depth < 0.2
    np.testing.assert_array_equal(safe[~is_near], depth[~is_near])
    assert (safe > 0).all()
    assert (np.diff(safe) > 0).all()
    np.testing.assert_allclose(safe[is_near], 0.2 * np.exp(depth[is_near] / 0.2 - 1), rtol=1e-5)


def test_the_slope_is_continuous_and_finite():
    depth = tf.constant([-1e6, -1.0, 0.1999, 0.2001, 5.0])
    with tf.GradientTape() as tape:
        tape.watch(depth)
        safe = safe_depth(depth, 0.2)
    slope = tape.gradient(safe, depth).numpy()
    np.testing.assert_allclose(slope[2:], 1.0, atol=1e-3)
    assert np.isfinite(slope).all()
    assert (slope[1:] > 0).all()
