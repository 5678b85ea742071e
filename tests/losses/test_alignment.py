import numpy as np
import pytest
import tensorflow as tf

from hps_tf.losses import alignment_loss, pack_part_pixels
from tests.losses import alignment_reference

NUM_VERTICES = 600
SIZE = 48


@pytest.fixture(scope="module")
def scene():
    """Blobs of labels with vertices around them; both images lack a part, and vertices another."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    part_labels = np.zeros((2, SIZE, SIZE), np.uint8)
    vertex_parts = rng.integers(0, 14, NUM_VERTICES).astype(np.uint8)
    vertices = rng.uniform(-20, SIZE + 20, (2, NUM_VERTICES, 2)).astype(np.float32)
    for image in range(2):
        for part in (1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14):
            x, y = rng.uniform(0, SIZE, 2)
            part_labels[image][(columns - x) ** 2 + (rows - y) ** 2 < 6**2] = part
            near = rng.random(NUM_VERTICES) < 0.7
            spread = rng.normal([x, y], 5, (NUM_VERTICES, 2))
            vertices[image][near & (vertex_parts == part)] = spread[near & (vertex_parts == part)]
    return vertices, part_labels, vertex_parts


def loss_and_gradients(vertices, packed, vertex_parts, **options):
    vertices = tf.constant(vertices)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(vertices)
        terms = alignment_loss(vertices, packed, vertex_parts, **options)
    return (*terms, *(tape.gradient(term, vertices) for term in terms))


def assert_equals_reference(actual, expected):
    for value, wanted in zip(actual, expected, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-5, atol=2e-5)


OPTIONS = {
    "sum": ({}, {}),
    "part_mean": ({"reduction": "part_mean"}, {"mean": True}),
    "truncated": ({"truncation": 3.0}, {"truncation": 3.0}),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_equals_the_reference(name, scene):
    vertices, part_labels, vertex_parts = scene
    ours, theirs = OPTIONS[name]
    packed = pack_part_pixels(part_labels)
    actual = loss_and_gradients(vertices, packed, vertex_parts, **ours)
    assert_equals_reference(
        actual, alignment_reference.alignment(vertices, part_labels, vertex_parts, **theirs)
    )
