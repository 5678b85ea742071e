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
        ((8, 72), (..., 24, 3), "`pose` must have shape (..., 24, 3), got (8, 72)"),
        ((3,), (..., 24, 3), "`pose` must have shape (..., 24, 3), got (3,)"),
        ((2, 24, 3), (24, 3), "`pose` must have shape (24, 3), got (2, 24, 3)"),
        ((8, 3), ("batch", None, 3), "`pose` must have shape (batch, ?, 3), got (8, 3)"),
        ((), (3,), "`pose` must have shape (3,), got ()"),
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

    with pytest.raises(ValueError, match=r"`pose` must have shape \(\.\.\., 3\), got \(\?, 4\)"):
        trace.get_concrete_function()
