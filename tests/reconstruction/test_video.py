from typing import NamedTuple

import numpy as np
import pytest

from hps_tf.errors import InputError
from hps_tf.reconstruction import VideoReconstructor
from hps_tf.reconstruction.video import WINDOW, _windows

HEIGHT, WIDTH = 60, 80


class Frame(NamedTuple):
    time: float
    pixels: np.ndarray


def frames(*counts):
    """Frames in which the fake detector finds so many people."""
    for number, count in enumerate(counts):
        pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        pixels[0] = 10 * count + 5
        yield Frame(number / 25, pixels)


@pytest.fixture(scope="module")
def reconstruct(reconstructor):
    return VideoReconstructor(reconstructor)


@pytest.mark.parametrize("refine", [True, False])
def test_people_are_followed_and_have_one_shape(reconstruct, body, refine):
    found = reconstruct(frames(*[1] * 10, *[0] * 2, *[1] * 8), refine=refine)
    people = found.people
    assert people.image.tolist() == [*range(10), *range(12, 20)]
    assert (people.person == 0).all()
    np.testing.assert_allclose(people.shape, people.shape[:1].repeat(18, axis=0))
    np.testing.assert_allclose(found.times, np.arange(20) / 25)
    assert found.flaw is None
    assert len(people.images) == 20
    points = body.joints(pose=people.pose, shape=people.shape, translation=people.translation)
    np.testing.assert_allclose(points, people.joints_3d, atol=1e-4)
    near = np.linalg.norm(people.fitted_keypoints_2d - people.keypoints_2d, axis=2)
    assert near.mean() < 8


def test_who_comes_back_after_long_is_somebody_else(reconstruct):
    people = reconstruct(frames(*[1] * 5, *[0] * 30, *[1] * 5), refine=False).people
    assert people.person.tolist() == [0] * 5 + [1] * 5


def test_who_is_seen_too_shortly_is_left_out(reconstruct):
    people = reconstruct(frames(0, 1, 1, *[0] * 30, *[1] * 4), refine=False).people
    assert people.person.tolist() == [0] * 4
    assert people.image.tolist() == [33, 34, 35, 36]
    assert len(reconstruct(frames(1), refine=False).people) == 1


def test_nobody_is_an_answer(reconstruct):
    assert len(reconstruct(frames(0, 0, 0)).people) == 0


def test_frames_before_damage_are_used(reconstruct):
    def damaged():
        yield from frames(*[1] * 11)
        raise InputError("a.mp4: expected 9 s")

    seen = []
    found = reconstruct(damaged(), refine=False, seen=seen.append)
    assert len(found.people) == 11
    assert found.flaw == "a.mp4: expected 9 s"
    assert seen == [8, 11]
    with pytest.raises(InputError, match="nothing"):
        reconstruct(iter_error())


def iter_error():
    raise InputError("nothing")
    yield


def test_windows_hold_neighbouring_frames_of_one_person():
    person = np.array([0] * 40 + [1] * 5)
    frame = np.array([*range(30), *range(31, 41), *range(5)])
    shuffled = np.random.default_rng(0).permutation(45)
    rows, central = _windows(person[shuffled], frame[shuffled])
    person, frame = person[shuffled], frame[shuffled]
    np.testing.assert_array_equal(rows[central], np.arange(45))
    for window in rows.reshape(-1, WINDOW):
        assert len(np.unique(person[window])) == 1
        steps = np.diff(frame[window])
        assert np.isin(steps, [0, 1]).all()
        # A frame is repeated at the end alone.
        assert (np.diff(steps) <= 0).all()
