import numpy as np
import pytest

from hps_tf import evaluation
from hps_tf.body import load_default
from hps_tf.evaluation import PredictedPeople
from hps_tf.geometry import axis_angle


def _labels(sequences, frames, subjects=None):
    subjects = [b""] * len(frames) if subjects is None else subjects
    return {
        "sequence": np.array(sequences, object),
        "subject": np.array(subjects, object),
        "frame": np.array(frames),
    }


def _found(*arguments):
    return [numbers.tolist() for numbers in evaluation.clips(_labels(*arguments))]


def test_frames_of_a_video_are_put_in_order():
    assert _found([b"b", b"a", b"b", b"a"], [1, 0, 0, 1]) == [[2, 0], [1, 3]]


def test_a_video_is_cut_where_a_frame_is_missing():
    assert _found([b"a"] * 5, [0, 5, 10, 20, 25]) == [[0, 1, 2], [3, 4]]


def test_images_of_no_video_are_in_no_clip():
    assert _found([b"", b"a", b""], [0, 0, 1]) == [[1]]


def test_two_people_of_a_video_have_clips_of_their_own():
    subjects = [b"p", b"q", b"p", b"q"]
    assert _found([b"a"] * 4, [0, 0, 1, 1], subjects) == [[0, 2], [1, 3]]


def test_a_frame_seen_twice_begins_another_clip():
    assert _found([b"a"] * 4, [0, 1, 1, 2]) == [[0, 1], [2, 3]]


@pytest.fixture(scope="module")
def body():
    return load_default(3000)


def _people(body, moves):
    """Standing people whose true left arm stands still while the one found is turned by moves."""
    count = len(moves)
    pose = np.zeros((count, 24, 3), np.float32)
    turned = pose.copy()
    turned[:, 16, 2] = moves
    still = np.zeros((count, body.num_shape), np.float32)
    place = np.tile(np.array([0, 0, 4], np.float32), (count, 1))
    labels = {
        **_labels([b"a"] * count, np.arange(count)),
        "pose": pose,
        "shape": still,
        "translation": place,
        "markers_3d": np.zeros((count, 17, 3), np.float32),
        "has_pose": np.ones(count, np.float32),
        "has_markers": np.zeros(count, np.float32),
    }
    nothing = np.zeros((count, 0))
    matrices = axis_angle.to_matrix(turned).numpy()
    return PredictedPeople(labels, matrices, still, place, *[nothing] * 5)


def _jitter(body, people):
    return evaluation.mean_acceleration_error(people, body, evaluation.clips(people.labels))


def test_an_arm_that_is_wrong_but_still_does_not_jitter(body):
    assert _jitter(body, _people(body, np.full(4, 0.5))) == pytest.approx(0.0, abs=1e-2)


def test_jitter_is_the_second_difference_of_the_joints(body):
    moves = np.array([0.0, 0.3, 0.0, -0.3])
    people = _people(body, moves)
    joints = body.keypoints("h36m17", rotation_matrices=people.rotation_matrices).numpy()
    joints -= joints[:, :1]
    expected = 1000 * np.linalg.norm(np.diff(joints, n=2, axis=0), axis=-1).mean()
    assert expected > 1.0
    assert _jitter(body, people) == pytest.approx(expected, rel=1e-3)


def test_clips_of_two_frames_or_without_poses_have_no_acceleration(body):
    assert np.isnan(_jitter(body, _people(body, np.zeros(2))))
    people = _people(body, np.zeros(4))
    people.labels["has_pose"][1] = 0.0
    assert np.isnan(_jitter(body, people))
