import numpy as np
import pytest
import tensorflow as tf

from hps_tf.losses import part_map_loss

PEOPLE, HEIGHT, WIDTH, LABELS = 2, 4, 5, 15


@pytest.fixture
def maps():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(PEOPLE, HEIGHT, WIDTH, LABELS)).astype(np.float32)
    return logits, rng.integers(0, LABELS, (PEOPLE, HEIGHT, WIDTH)).astype(np.uint8)


def test_the_loss_is_the_mean_negative_log_likelihood(maps):
    logits, labels = maps
    expected = np.zeros(PEOPLE)
    for person, row, column in np.ndindex(labels.shape):
        likely = np.exp(logits[person, row, column].astype(np.float64))
        likely /= likely.sum()
        expected[person] -= np.log(likely[labels[person, row, column]]) / (HEIGHT * WIDTH)
    np.testing.assert_allclose(part_map_loss(*maps), expected, rtol=1e-5)


def test_the_gradient_is_the_difference_of_probabilities(maps):
    logits, labels = map(tf.constant, maps)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = part_map_loss(logits, labels)
    expected = (tf.nn.softmax(logits) - tf.one_hot(labels, LABELS)) / (HEIGHT * WIDTH)
    np.testing.assert_allclose(tape.gradient(loss, logits), expected, atol=1e-6)


def test_sure_and_right_is_zero_sure_and_wrong_is_finite(maps):
    _, labels = maps
    logits = 1e4 * tf.one_hot(labels, LABELS)
    np.testing.assert_array_equal(part_map_loss(logits, labels), np.zeros(PEOPLE))
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = part_map_loss(logits, (labels + 1) % LABELS)
    np.testing.assert_allclose(loss, np.full(PEOPLE, 1e4))
    assert np.isfinite(tape.gradient(loss, logits)).all()


def test_half_precision_logits_are_computed_with_in_single_precision(maps):
    logits, labels = maps
    found = part_map_loss(tf.cast(logits, tf.float16), labels)
    assert found.dtype == tf.float32
    np.testing.assert_allclose(found, part_map_loss(logits, labels), rtol=1e-3)


def test_shapes_that_disagree_are_named(maps):
    logits, labels = maps
    with pytest.raises(ValueError, match=r"`logits`: expected shape \(batch, height, width, "):
        part_map_loss(logits[0], labels)
    with pytest.raises(
        ValueError, match=r"`part_labels`: expected shape \(batch, 4, 5\), received"
    ):
        part_map_loss(logits, labels[:, 1:])
