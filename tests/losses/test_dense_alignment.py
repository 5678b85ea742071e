import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_default
from hps_tf.losses import alignment_loss, pack_part_pixels
from hps_tf.losses.dense_alignment import dense_alignment_loss, list_part_pixels


@pytest.fixture(scope="module")
def vertex_parts():
    return load_default(3000).vertex_parts


@pytest.fixture(scope="module")
def part_labels():
    """Maps with all parts, without some, and without any."""
    labels = np.random.default_rng(0).integers(0, 15, (3, 5, 4)).astype(np.uint8)
    labels[1][labels[1] > 6] = 0
    labels[2] = 0
    return labels.repeat(4, axis=1).repeat(4, axis=2)


@pytest.fixture(scope="module")
def vertices(vertex_parts):
    points = np.random.default_rng(1).uniform(-4, 24, (3, len(vertex_parts), 2))
    points[0, :50] = 3.0  # On a pixel.
    return tf.constant(points, tf.float32)


@pytest.mark.parametrize("truncation", [np.inf, 3.0])
def test_values_and_gradients_are_those_of_the_compiled_loss(
    vertices, part_labels, vertex_parts, truncation
):
    limits = tf.fill([3], np.float32(truncation))
    options = {"reduction": "part_mean", "truncation": limits}
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(vertices)
        compiled = alignment_loss(vertices, pack_part_pixels(part_labels), vertex_parts, **options)
        lists = list_part_pixels(tf.constant(part_labels))
        dense = dense_alignment_loss(vertices, lists, vertex_parts, **options)
        totals = [tf.add_n(terms) for terms in (compiled, dense)]
    for expected, found in zip(compiled, dense, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4)
    expected, found = (tape.gradient(total, vertices) for total in totals)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_another_reduction_is_refused(vertices, part_labels, vertex_parts):
    lists = list_part_pixels(tf.constant(part_labels))
    with pytest.raises(ValueError, match="`reduction`: expected 'part_mean', received 'sum'"):
        dense_alignment_loss(
            vertices, lists, vertex_parts, reduction="sum", truncation=tf.ones([3])
        )
