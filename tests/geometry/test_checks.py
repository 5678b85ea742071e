import numpy as np
import pytest
import tensorflow as tf

from hps_tf.geometry import checks


@pytest.mark.parametrize(
    ("size", "pattern"),
    [
        ((24, 3), (24, 3)),
        ((24, 3), (..., 24, 3)),
        ((2, 5, 24, 3), (..., 24, 3)),
        ((8, 17, 3), ("batch", None, 3)),
        ((), ()),
        ((), (...,)),
    ],
)
def test_fitting_shapes_pass(size, pattern):
    checks.shape("pose", tf.zeros(size), pattern)
    checks.shape("pose", np.zeros(size), pattern)


@pytest.mark.parametrize(
    ("size", "pattern", "message"),
    [
        ((8, 72), (..., 24, 3), "`pose`: expected shape (..., 24, 3), received (8, 72)"),
        ((3,), (..., 24, 3), "`pose`: expected shape (..., 24, 3), received (3,)"),
        ((2, 24, 3), (24, 3), "`pose`: expected shape (24, 3), received (2, 24, 3)"),
        ((8, 3), ("batch", None, 3), "`pose`: expected shape (batch, ?, 3), received (8, 3)"),
        ((), (3,), "`pose`: expected shape (3,), received ()"),
    ],
)
def test_other_shapes_are_named_with_what_is_expected(size, pattern, message):
    with pytest.raises(ValueError, match=r"^`pose`") as raised:
        checks.shape("pose", tf.zeros(size), pattern)
    assert str(raised.value) == message


@pytest.mark.parametrize("static", [None, [None, None], [None, 3]])
def test_sizes_unknown_while_tracing_pass(static):
    @tf.function(input_signature=[tf.TensorSpec(static, tf.float32)])
    def trace(tensor):
        checks.shape("pose", tensor, (..., 3))
        return tensor

    assert trace.get_concrete_function() is not None


def test_sizes_known_while_tracing_are_checked():
    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])
    def trace(tensor):
        checks.shape("pose", tensor, (..., 3))
        return tensor

    with pytest.raises(
        ValueError, match=r"`pose`: expected shape \(\.\.\., 3\), received \(\?, 4\)"
    ):
        trace.get_concrete_function()


def test_images_in_0_to_1_pass_and_may_overshoot_a_little():
    for low, high in ((0.0, 1.0), (-0.009, 1.009), (0.2, 0.3)):
        pixels = np.linspace(low, high, 12, dtype=np.float32).reshape(1, 2, 2, 3)
        checks.images("images", pixels)
        checks.images("images", tf.constant(pixels))
        checks.images("images", pixels.astype(np.float16))
    checks.images("images", np.zeros((0, 2, 2, 3), np.float32))


@pytest.mark.parametrize("convert", [np.asarray, tf.constant])
def test_images_of_whole_numbers_are_named_with_the_remedy(convert):
    pixels = convert(np.zeros((1, 2, 2, 3), np.uint8))
    expected = (
        r"`images`: expected floating-point values in 0\.\.1, received uint8; divide .* by 255"
    )
    with pytest.raises(ValueError, match=expected):
        checks.images("images", pixels)


@pytest.mark.parametrize("convert", [np.asarray, tf.constant])
@pytest.mark.parametrize(
    ("values", "got"), [((0, 255), "0 to 255"), ((-1, 1), "-1 to 1"), ((0, np.nan), "nan to nan")]
)
def test_images_of_another_range_are_named_with_it(convert, values, got):
    pixels = convert(np.resize(np.float32(values), (1, 2, 2, 3)))
    with pytest.raises(ValueError, match=rf"`images`: expected values in 0\.\.1, received {got}"):
        checks.images("images", pixels)


def test_a_graph_is_checked_for_the_type_alone():
    @tf.function
    def graph(pixels):
        checks.images("images", pixels)
        return pixels

    graph(tf.fill((1, 2, 2, 3), 255.0))
    assert not any(
        op.type == "Assert"
        for op in graph.get_concrete_function(tf.TensorSpec((1, 2, 2, 3))).graph.get_operations()
    )
    with pytest.raises(ValueError, match="received uint8"):
        graph(tf.zeros((1, 2, 2, 3), tf.uint8))
