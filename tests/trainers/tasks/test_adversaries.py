import keras
import numpy as np
import tensorflow as tf

from trainers.tasks import adversaries, motion_discriminator


def _sides():
    keras.utils.set_random_seed(0)
    generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
    judge = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    return generator, judge


def test_losses_are_squares_of_what_scores_lack():
    _, judge = _sides()
    rng = np.random.default_rng(0)
    real, made = (rng.normal(size=(5, 4)).astype(np.float32) for _ in range(2))
    told, deceived = adversaries.least_squares(judge, tf.constant(real), tf.constant(made))
    expected = np.square(judge(real) - 1).sum(axis=1) + np.square(judge(made)).sum(axis=1)
    np.testing.assert_allclose(told, expected, rtol=1e-5)
    np.testing.assert_allclose(deceived, np.square(judge(made) - 1).sum(axis=1), rtol=1e-5)


def test_each_side_is_constant_in_the_others_weights():
    generator, judge = _sides()
    both = adversaries.Together(generator, judge)
    assert len(both.trainable_variables) == 4
    with tf.GradientTape(persistent=True) as tape:
        told, deceived = adversaries.least_squares(
            judge, tf.ones((5, 4)), generator(tf.ones((5, 3)))
        )
    assert tape.gradient(told, generator.trainable_variables) == [None, None]
    assert tape.gradient(deceived, judge.trainable_variables) == [None, None]
    assert all(g is not None for g in tape.gradient(told, judge.trainable_variables))
    assert all(g is not None for g in tape.gradient(deceived, generator.trainable_variables))


def test_the_motion_discriminator_sees_all_frames_and_can_be_frozen():
    judge = motion_discriminator.build(num_frames=3, units=4)
    motion = tf.Variable(np.random.default_rng(0).normal(size=(2, 3, 126)).astype(np.float32))
    with tf.GradientTape() as tape:
        scores = adversaries.frozen(judge, motion)
    np.testing.assert_allclose(scores, judge(motion), atol=1e-6)
    assert scores.shape == (2, 1)
    assert (np.abs(tape.gradient(scores, motion)).max(axis=2) > 0).all()
