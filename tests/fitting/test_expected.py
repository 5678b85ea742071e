import numpy as np
import pytest
import tensorflow as tf

from hps_tf.fitting.expected import Expected, pull
from hps_tf.geometry.spread import Spread


def test_rows_are_chosen_of_every_array(about):
    chosen = about().select(np.array([4, 1]))
    np.testing.assert_array_equal(chosen.shape, about().shape[[4, 1]])
    np.testing.assert_array_equal(chosen.spread.place, about().spread.place[[4, 1]])


def test_windows_have_one_shape_weighed_by_precision(about):
    expected = about()
    expected.spread.shape[1] = 0.25  # Four times the precision of the first frame.
    windows = expected.by_window(2)
    first, second = expected.shape[:2, :10]
    np.testing.assert_allclose(windows.shape[0, :10], (first + 4 * second) / 5, rtol=1e-5)
    np.testing.assert_allclose(windows.spread.shape[0], np.sqrt(2 / (4 + 16)), rtol=1e-5)
    assert windows.rotation_matrices.shape == (3, 2, 24, 3, 3)
    assert windows.spread.keypoints.shape == (3, 2, 17)


def test_windows_of_frames_of_infinite_spread_have_the_mean_shape(about):
    expected = about()
    expected.spread.shape[:] = np.inf
    windows = expected.by_window(3)
    np.testing.assert_allclose(windows.shape[0], expected.shape[:3].mean(axis=0), atol=1e-6)
    assert np.isinf(windows.spread.shape).all()


def test_windows_of_one_frame_are_the_frames(about):
    windows = about().by_window(1)
    np.testing.assert_array_equal(windows.shape, about().shape)
    np.testing.assert_array_equal(windows.translation[:, 0], about().translation)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (
            "shape",
            np.zeros((6, 10)),
            r"`about.shape`: expected shape \(6, 16\), received \(6, 10\)",
        ),
        ("translation", np.full((6, 3), np.nan), "`about.translation`: expected finite; person 0"),
        ("translation", np.float32([[0, 0, 1]] * 5 + [[0, 0, -1]]), "positive depth; person 5"),
    ],
)
def test_unsuitable_bodies_are_refused(about, field, value, message):
    with pytest.raises(ValueError, match=message):
        about()._replace(**{field: value}).checked(6, 16, 10, "coco17")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("keypoints", np.ones((6, 24)), r"`about.spread.keypoints`: expected shape \(6, 17\)"),
        ("shape", np.ones((6, 16)), r"`about.spread.shape`: expected shape \(6, 10\)"),
        ("root", np.full((6, 3), -1.0), r"`about.spread.root`: expected ≥ 0; person 0 is not"),
        ("pose", np.full((6, 21, 3), np.nan), r"`about.spread.pose`: expected ≥ 0"),
    ],
)
def test_unsuitable_spread_is_refused(about, field, value, message):
    expected = about()
    spread: Spread = expected.spread._replace(**{field: value})
    with pytest.raises(ValueError, match=message):
        expected._replace(spread=spread).checked(6, 16, 10, "coco17")


def test_numbers_become_single_precision(about):
    wide = Expected(*(np.asarray(part, np.float64) for part in about()[:3]), about().spread)
    assert wide.checked(6, 16, 10, "coco17").shape.dtype == np.float32


def test_pull_grows_from_that_of_exact_keypoints():
    seen = np.ones((4, 17), np.float32)
    deviations = np.float32([0.0, 1.0, 4.0, np.inf])[:, None] * np.ones((4, 17), np.float32)
    found = pull(tf.constant(deviations[:3]), tf.constant(seen[:3])).numpy()
    np.testing.assert_allclose(found, 0.1 + 0.6 * np.float32([0, 1, 16]), rtol=1e-5)
    farthest = pull(tf.fill([1, 17], np.float32(np.inf)), tf.ones([1, 17]))
    assert np.isfinite(farthest).all()
    assert farthest[0] > 100


def test_pull_is_of_the_observed_keypoints():
    deviations = tf.constant(np.float32([[1.0] * 5 + [50.0] * 12]))
    is_seen = tf.constant(np.float32([[1.0] * 5 + [0.0] * 12]))
    np.testing.assert_allclose(pull(deviations, is_seen), [0.7], rtol=1e-5)
    np.testing.assert_allclose(pull(deviations, 0.0 * is_seen), [0.7], rtol=1e-5)


def test_one_doubtful_keypoint_does_not_decide():
    deviations = np.full((1, 17), 0.5, np.float32)
    sure = float(pull(tf.constant(deviations), tf.ones((1, 17)))[0])
    deviations[0, 9] = 64.0
    assert sure < float(pull(tf.constant(deviations), tf.ones((1, 17)))[0]) < 1.7 * sure
