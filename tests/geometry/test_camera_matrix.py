import numpy as np
import pytest
import tensorflow as tf

from hps_tf.geometry import camera, camera_matrix

SOUND = np.array([[700.0, 2.0, 319.5], [0, 690, -40], [0, 0, 1]])


def changed(*places):
    matrix = SOUND.copy()
    for row, column, value in places:
        matrix[row, column] = value
    return matrix


UNSOUND = {
    "transposed": SOUND.T,
    "transposed, without skew": np.array([[700.0, 0, 0], [0, 700, 0], [320, 240, 1]]),
    "in widths of the image": changed((0, 0, 1.09), (1, 1, 1.09), (0, 2, 0.5), (1, 2, 0.5)),
    "mirrored": changed((0, 0, -700)),
    "zeros": np.zeros((3, 3)),
    "not a number": changed((0, 1, np.nan)),
    "infinite": changed((1, 2, np.inf)),
    "enormous": changed((0, 0, 1e6)),
    "scaled as a whole": 2 * SOUND,
    "skewed the other way": changed((1, 0, 2)),
}


@pytest.mark.parametrize("case", UNSOUND)
def test_what_is_no_camera_is_told_in_a_batch_with_others(case):
    matrices = np.stack([SOUND, UNSOUND[case]])
    for dtype in (np.float32, np.float64):
        found = camera_matrix.is_sound(matrices.astype(dtype))
        np.testing.assert_array_equal(found, [True, False])


def test_cameras_of_crops_stay_cameras():
    rng = np.random.default_rng(0)
    boxes = rng.uniform([-50, -50, 20, 20], [300, 300, 500, 500], (20, 4)).astype(np.float32)
    cropped = camera.crop_intrinsics(SOUND.astype(np.float32), boxes, (256, 256))
    assert camera_matrix.is_sound(cropped).numpy().all()


def test_the_same_is_told_in_a_graph_and_by_xla():
    matrices = np.stack([SOUND, *UNSOUND.values()]).astype(np.float32)
    expected = camera_matrix.is_sound(matrices)
    for jit_compile in (False, True):
        function = tf.function(camera_matrix.is_sound, jit_compile=jit_compile)
        np.testing.assert_array_equal(function(tf.constant(matrices)), expected)


def test_other_shapes_are_refused():
    with pytest.raises(
        ValueError, match=r"`intrinsics`: expected shape \(\.\.\., 3, 3\), received"
    ):
        camera_matrix.is_sound(np.eye(4))
