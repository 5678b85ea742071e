import re
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.losses import alignment_loss, pack_part_pixels
from tests.losses import alignment_reference

NUM_VERTICES = 600
SIZE = 48


def packed_pixels(part_labels):
    """Bounded, so that every test's labels have the same shapes and are compiled for once."""
    return pack_part_pixels(part_labels, max_tiles=24, max_boundary_tiles=16)


@pytest.fixture(scope="module")
def scene():
    """Discs of labels with vertices in and around them; part 6 has no pixels, part 14 no vertex."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    part_labels = np.zeros((2, SIZE, SIZE), np.uint8)
    vertex_parts = rng.integers(0, 14, NUM_VERTICES).astype(np.uint8)
    vertices = rng.uniform(-20, SIZE + 20, (2, NUM_VERTICES, 2)).astype(np.float32)
    for image in range(2):
        for part in (1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14):
            x, y = rng.uniform(0, SIZE, 2)
            part_labels[image][(columns - x) ** 2 + (rows - y) ** 2 < 7**2] = part
            near = (rng.random(NUM_VERTICES) < 0.7) & (vertex_parts == part)
            vertices[image, near] = rng.normal([x, y], 5, (NUM_VERTICES, 2))[near]
    return vertices, part_labels, vertex_parts


def terms_and_gradients(vertices, packed, vertex_parts, **options):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(vertices)
        terms = alignment_loss(vertices, packed, vertex_parts, **options)
    return (*terms, *(tape.gradient(term, vertices) for term in terms))


def assert_equals_reference(scene, reference=None, absolute=2e-5, **options):
    vertices, part_labels, vertex_parts = scene
    packed = packed_pixels(part_labels)
    actual = terms_and_gradients(tf.constant(vertices), packed, vertex_parts, **options)
    expected = alignment_reference.alignment(
        vertices, part_labels, vertex_parts, **(reference or {})
    )
    for value, wanted in zip(actual[:2], expected[:2], strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-5)
    for gradient, wanted in zip(actual[2:], expected[2:4], strict=True):
        errors = np.abs(gradient - wanted) - 1e-5 * np.abs(wanted)
        assert errors[~expected.is_tied].max() <= absolute
    assert expected.pixels_to_vertices.min() > 0
    return expected


def test_sum_is_the_papers(scene):
    assert_equals_reference(scene)


def test_ties_have_either_subgradient_and_one_value(scene):
    """Vertices on a grid of quarters of a pixel: a tenth lies between two pixels of its part."""
    vertices, part_labels, vertex_parts = scene
    expected = assert_equals_reference((np.round(vertices * 4) / 4, part_labels, vertex_parts))
    assert 0.02 < expected.is_tied.mean() < 0.6
    *_, gradient = terms_and_gradients(
        tf.constant(np.full((2, NUM_VERTICES, 2), [10.0, 45.5], np.float32)),
        packed_pixels(np.full_like(part_labels, 1)),
        np.ones(NUM_VERTICES, np.uint8),
    )
    np.testing.assert_array_equal(np.abs(gradient), np.tile([0.0, 1.0], (2, NUM_VERTICES, 1)))


def test_part_mean_divides_by_pixels_and_vertices(scene):
    assert_equals_reference(scene, {"mean": True}, reduction="part_mean")


@pytest.mark.parametrize("reduction", ["sum", "part_mean"])
def test_options_equal_the_reference(scene, reduction):
    rng = np.random.default_rng(1)
    weights = rng.uniform(0, 2, (2, NUM_VERTICES)) * (rng.random((2, NUM_VERTICES)) < 0.6)
    weights = weights.astype(np.float32)
    scale = rng.uniform(0, 1, (2, 14)).astype(np.float32)
    reference = {"mean": reduction == "part_mean", "weights": weights}
    assert_equals_reference(
        scene, reference, vertex_weights=weights, truncation=None, reduction=reduction
    )
    reference |= {"truncation": 3.0, "scale": scale}
    assert_equals_reference(
        scene,
        reference,
        vertex_weights=weights,
        truncation=3.0,
        part_weights=scale,
        reduction=reduction,
    )


def test_truncation_may_differ_from_image_to_image(scene):
    vertices, part_labels, vertex_parts = scene
    packed = packed_pixels(part_labels)
    both = terms_and_gradients(
        tf.constant(vertices), packed, vertex_parts, truncation=tf.constant([3.0, 9.0])
    )
    for image, truncation in enumerate((3.0, 9.0)):
        alone = terms_and_gradients(
            tf.constant(vertices), packed, vertex_parts, truncation=truncation
        )
        for part, wanted in zip(both, alone, strict=True):
            np.testing.assert_allclose(part[image], wanted[image], rtol=1e-6, atol=1e-6)
    with pytest.raises(ValueError, match="`truncation`: expected a positive number"):
        alignment_loss(vertices, packed, vertex_parts, truncation=[3.0, 0.0])


def test_gradient_equals_finite_differences_in_float64(scene):
    vertices, part_labels, vertex_parts = scene
    *_, first, second = terms_and_gradients(
        tf.constant(vertices), packed_pixels(part_labels), vertex_parts
    )
    rng = np.random.default_rng(2)
    step = 1e-6
    for vertex in rng.choice(np.flatnonzero(vertex_parts), 12, replace=False):
        axis = vertex % 2
        sides = []
        for sign in (1, -1):
            moved = vertices.astype(np.float64)
            moved[:, vertex, axis] += sign * step
            sides.append(alignment_reference.alignment(moved, part_labels, vertex_parts)[:2])
        slopes = (np.array(sides[0]) - sides[1]) / (2 * step)
        np.testing.assert_allclose(first[:, vertex, axis], slopes[0], atol=1e-4)
        np.testing.assert_allclose(second[:, vertex, axis], slopes[1], atol=1e-4)


def test_eager_graph_xla_and_strategy_agree(scene):
    vertices, part_labels, vertex_parts = scene
    packed = packed_pixels(part_labels)
    vertices = tf.constant(vertices)

    def run(value):
        return terms_and_gradients(value, packed, vertex_parts)

    eager = run(vertices)
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    in_strategy = tf.function(lambda value: strategy.run(run, (value,)))
    for compiled in (tf.function(run), tf.function(run, jit_compile=True), in_strategy):
        for wanted, got in zip(eager, compiled(vertices), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-6)


def test_two_replicas_equal_one_device():
    """In a process of its own: devices are made before TensorFlow is used."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.losses.two_replicas"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    assert "2 replicas agree" in result.stdout


def test_new_masks_are_not_compiled_for(scene):
    """XLA compiles anew for other values of what it takes for a constant, not a parameter."""
    vertices, part_labels, vertex_parts = scene
    compiled = tf.function(
        lambda value, packed: terms_and_gradients(value, packed, vertex_parts), jit_compile=True
    )
    inputs = (tf.constant(vertices), packed_pixels(part_labels))
    hlo = compiled.experimental_get_compiler_ir(*inputs)(stage="hlo")
    (entry,) = (line for line in hlo.splitlines() if line.startswith("ENTRY"))
    assert len(re.findall(r"arg\d+\.\d+:", entry)) == len(tf.nest.flatten(inputs)) == 9


def test_shards_equal_the_whole_batch(scene):
    vertices, part_labels, vertex_parts = scene
    vertices, part_labels = np.tile(vertices, (3, 1, 1)), np.tile(part_labels, (3, 1, 1))
    vertices = tf.constant(vertices + np.arange(6, dtype=np.float32)[:, None, None])
    options = {
        "vertex_weights": np.random.default_rng(2).random(vertices.shape[:2], np.float32),
        "part_weights": np.random.default_rng(3).random((6, 14), np.float32),
    }
    packed = packed_pixels(part_labels)

    def run(num_shards):
        return terms_and_gradients(vertices, packed, vertex_parts, num_shards=num_shards, **options)

    whole = run(1)
    for function in (run, tf.function(run)):
        for num_shards in (2, 3):
            for part, wanted in zip(function(num_shards), whole, strict=True):
                np.testing.assert_allclose(part, wanted, rtol=1e-6, atol=1e-5)


def test_low_precision_vertices_are_measured_in_float32(scene):
    vertices, part_labels, vertex_parts = scene
    packed = packed_pixels(part_labels)
    low = tf.cast(vertices, tf.bfloat16)
    actual = terms_and_gradients(low, packed, vertex_parts)
    expected = terms_and_gradients(tf.cast(low, tf.float32), packed, vertex_parts)
    for term, wanted in zip(actual[:2], expected[:2], strict=True):
        assert term.dtype == tf.float32
        np.testing.assert_array_equal(term, wanted)
    for gradient, wanted in zip(actual[2:], expected[2:], strict=True):
        assert gradient.dtype == tf.bfloat16
        np.testing.assert_allclose(tf.cast(gradient, tf.float32), wanted, rtol=1e-2, atol=1e-6)


def test_missing_masks_add_nothing(scene):
    vertices, part_labels, vertex_parts = scene
    missing = part_labels.copy()
    missing[0] = 0
    terms = terms_and_gradients(tf.constant(vertices), packed_pixels(missing), vertex_parts)
    whole = terms_and_gradients(tf.constant(vertices), packed_pixels(part_labels), vertex_parts)
    for value, wanted in zip(terms, whole, strict=True):
        np.testing.assert_array_equal(value[0], 0 * wanted[0])
        np.testing.assert_array_equal(value[1], wanted[1])


def test_coincident_points_have_no_gradient(scene):
    _, part_labels, vertex_parts = scene
    vertices = np.full((2, NUM_VERTICES, 2), 24.0, np.float32)
    only = np.zeros_like(part_labels)
    only[:, 24, 24] = 3
    for value in terms_and_gradients(tf.constant(vertices), packed_pixels(only), vertex_parts):
        np.testing.assert_array_equal(value, 0 * value)


@pytest.mark.parametrize("coordinate", [np.nan, np.inf, -np.inf, 1e30, 3e38])
def test_wild_vertices_count_as_absent(scene, coordinate):
    vertices, part_labels, vertex_parts = scene
    wild = vertices.copy()
    wild[:, ::3, 0] = coordinate
    packed = packed_pixels(part_labels)
    weights = np.ones((2, NUM_VERTICES), np.float32)
    weights[:, ::3] = 0
    actual = terms_and_gradients(tf.constant(wild), packed, vertex_parts)
    expected = terms_and_gradients(
        tf.constant(vertices), packed, vertex_parts, vertex_weights=weights
    )
    for value, wanted in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(value, wanted)
    everyone = tf.fill(vertices.shape, np.float32(coordinate))
    for value in terms_and_gradients(everyone, packed, vertex_parts):
        np.testing.assert_array_equal(value, tf.zeros_like(value))


def test_vertices_far_outside_are_measured(scene):
    vertices, part_labels, vertex_parts = scene
    # Directions to far points round at 1e-4; coordinates are single precision.
    assert_equals_reference((vertices * 1e3, part_labels, vertex_parts), absolute=2e-4)


def test_rows_follow_their_person(scene):
    vertices, part_labels, vertex_parts = scene
    packed = packed_pixels(part_labels)
    swapped = tf.nest.map_structure(lambda tensor: tf.gather(tensor, [1, 0]), packed)
    terms = alignment_loss(tf.constant(vertices), packed, vertex_parts)
    again = alignment_loss(tf.constant(vertices[::-1]), swapped, vertex_parts)
    for value, other in zip(terms, again, strict=True):
        np.testing.assert_array_equal(value, other[::-1])


def test_wrong_arguments_are_named(scene):
    vertices, part_labels, vertex_parts = scene
    packed = packed_pixels(part_labels)
    with pytest.raises(ValueError, match=r"`vertices_2d`: expected shape \(batch, 600, 2\)"):
        alignment_loss(vertices[:, 1:], packed, vertex_parts)
    with pytest.raises(ValueError, match=r"`reduction`: expected one of .* received 'mean'"):
        alignment_loss(vertices, packed, vertex_parts, reduction="mean")
    with pytest.raises(ValueError, match=r"`truncation`: expected a positive number, received 0"):
        alignment_loss(vertices, packed, vertex_parts, truncation=0)
    with pytest.raises(ValueError, match=r"`vertex_parts`: expected parts 1\.\.14"):
        alignment_loss(vertices, packed, vertex_parts + 10)
    with pytest.raises(ValueError, match=r"`part_weights`: expected shape \(batch, 14\)"):
        alignment_loss(vertices, packed, vertex_parts, part_weights=np.ones((2, 15)))
    with pytest.raises(
        ValueError, match=r"`num_shards`: expected a divisor of the batch of 2, received 3"
    ):
        alignment_loss(vertices, packed, vertex_parts, num_shards=3)
