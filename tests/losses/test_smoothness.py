import numpy as np
import pytest
import tensorflow as tf

from hps_tf.losses import smoothness_loss


def _moves(seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype(np.float32) for shape in ((4, 6), (4, 3, 3), (4, 3))]


def test_equals_a_loop_over_frames():
    pose, root, translation = _moves()
    found = smoothness_loss(pose, root, translation)
    assert found[0] == 0
    for frame in range(1, 4):
        before = frame - 1
        total = np.square(pose[frame] - pose[before]).sum()
        total += np.square(root[frame] - root[before]).sum()
        total += np.square((translation[frame] - translation[before]) / 0.1).sum()
        np.testing.assert_allclose(found[frame], 0.5 * total / 18, rtol=1e-5)


def test_is_zero_with_a_zero_gradient_for_a_body_at_rest():
    pose, root, translation = (tf.constant(np.repeat(part[:1], 4, axis=0)) for part in _moves())
    with tf.GradientTape() as tape:
        tape.watch(pose)
        total = tf.reduce_sum(smoothness_loss(pose, root, translation))
    assert float(total) == 0
    assert not np.any(tape.gradient(total, pose))


def test_shapes_that_disagree_are_refused():
    pose, root, translation = _moves()
    with pytest.raises(ValueError, match="`root_rotation`: expected shape"):
        smoothness_loss(pose, root[:2], translation)
