import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from hps_tf.geometry import camera, weak_perspective

PRINCIPAL_POINT = np.array([310.0, 250.0])
INTRINSICS = np.array([[1100.0, 3.0, 310.0], [0.0, 1200.0, 250.0], [0.0, 0.0, 1.0]])


@pytest.fixture
def points(rng) -> np.ndarray:
    return rng.normal(size=(4, 24, 3)) * [0.4, 0.8, 0.4] + [0.0, 0.0, 4.0]


def test_weak_perspective_is_scale_and_offset(points, execute):
    scale, offset = np.array([200.0, 100.0, 50.0, 25.0]), np.arange(8.0).reshape(4, 2)
    pixels = execute(weak_perspective.project)(*map(tf.constant, (points, scale, offset)))
    for i in range(4):
        np.testing.assert_allclose(pixels[i], scale[i] * points[i, :, :2] + offset[i])


@given(
    st.tuples(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0), st.floats(0.5, 50.0)),
)
@settings(max_examples=25, deadline=None)
def test_weak_perspective_round_trip_returns_the_translation(translation):
    scale, offset = weak_perspective.from_translation(np.array(translation), INTRINSICS)
    returned = weak_perspective.to_translation(scale, offset, INTRINSICS)
    np.testing.assert_allclose(returned, translation, atol=1e-12)


def test_weak_perspective_approaches_perspective_with_distance(rng):
    body = rng.normal(size=(24, 3)) * 0.4
    intrinsics = camera.intrinsic_matrix(np.array([1000.0, 1000.0]), PRINCIPAL_POINT)
    gaps = []
    for depth in (10.0, 100.0, 1000.0):
        translation = np.array([0.1 * depth, 0.05 * depth, depth])
        scale, offset = weak_perspective.from_translation(translation, intrinsics)
        weak = weak_perspective.project(body, scale, offset)
        gaps.append(np.abs(weak - camera.project(body + translation, intrinsics)).max())
    assert gaps[0] > 5 * gaps[1] > 25 * gaps[2]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: weak_perspective.project(tf.zeros([2, 3]), tf.zeros([]), tf.zeros([3])),
            "`offset`.*received .3,.",
        ),
        (
            lambda: weak_perspective.to_translation(1.0, tf.zeros([3]), tf.eye(3)),
            "`offset`.*received .3,.",
        ),
        (
            lambda: weak_perspective.from_translation(tf.zeros([2]), tf.eye(3)),
            "`translation`.*received .2,.",
        ),
    ],
)
def test_wrong_shape_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
