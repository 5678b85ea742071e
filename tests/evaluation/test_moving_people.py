import dataclasses

import numpy as np
import pytest

from hps_tf.errors import InputError
from hps_tf.evaluation import moving_people
from hps_tf.evaluation.held_out_people import IMAGE_SIZE

FRAMES = 6


@pytest.fixture(scope="module")
def clips(make_clip):
    clips = [make_clip("01_01", num_frames=40, seed=1), make_clip("02_01", num_frames=15, seed=2)]
    path = np.cumsum(np.full((40, 3), 0.02, np.float32), axis=0)
    return [dataclasses.replace(clips[0], translation=path), clips[1]]


@pytest.fixture(scope="module")
def people(clips, body):
    return moving_people.draw(clips, 5, FRAMES, 0, body)


def test_windows_are_consecutive_frames_of_clips_and_do_not_overlap(people):
    frames = people.frames.reshape(5, FRAMES)
    np.testing.assert_array_equal(np.diff(frames, axis=1), 1)
    names = people.clips.reshape(5, FRAMES)
    np.testing.assert_array_equal(names[:, 0], ["01_01"] * 3 + ["02_01"] * 2)
    assert (np.diff(frames[:3, 0]) >= FRAMES).all()


def test_a_window_has_one_shape_and_one_camera_that_sees_all_of_it(people, clips, body):
    shape = people.shape.reshape(5, FRAMES, -1)
    np.testing.assert_array_equal(shape, np.repeat(shape[:, :1], FRAMES, axis=1))
    keypoints = people.evidence.keypoints
    assert keypoints.min() > 0
    assert keypoints.max() < IMAGE_SIZE[0]
    # The path of a straight walk is straight before the camera, and as long.
    steps = np.diff(people.translation.reshape(5, FRAMES, 3), axis=1)[0]
    np.testing.assert_allclose(steps, np.tile(steps[0], (FRAMES - 1, 1)), atol=1e-4)
    assert np.linalg.norm(steps[0]) == pytest.approx(0.02 * np.sqrt(3), rel=1e-3)


def test_people_are_those_of_the_body_model(people, body):
    vertices, joints = body(
        rotation_matrices=people.rotation_matrices,
        shape=people.shape,
        translation=people.translation,
    )
    np.testing.assert_allclose(people.joints_3d, joints, atol=1e-5)
    np.testing.assert_allclose(people.vertices, vertices, atol=1e-5)


def test_more_windows_than_there_are_is_refused(clips, body):
    with pytest.raises(
        InputError, match="windows of 6 frames: expected at most the 8 of the data, received "
    ):
        moving_people.draw(clips, 9, FRAMES, 0, body)
