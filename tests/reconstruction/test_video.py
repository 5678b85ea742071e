from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from hps_tf.errors import InputError
from hps_tf.reconstruction import Reconstructor, VideoReconstructor
from hps_tf.reconstruction.video import WINDOW, _stretches, _windows

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


def test_who_flickers_is_fitted_frame_by_frame(reconstruct):
    people = reconstruct(frames(1, 0, 1, 0, 1, 1)).people
    assert people.image.tolist() == [0, 2, 4, 5]
    assert (people.person == 0).all()
    assert np.isfinite(people.joint_std).all()


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


def test_a_stretch_is_of_one_person_and_has_no_gap():
    person = np.array([0] * 40 + [1] * 5)
    frame = np.array([*range(30), *range(31, 41), *range(5)])
    shuffled = np.random.default_rng(0).permutation(45)
    stretches = _stretches(person[shuffled], frame[shuffled])
    assert [frame[shuffled][rows].tolist() for rows in stretches] == [
        list(range(30)),
        list(range(31, 41)),
        list(range(5)),
    ]
    assert [person[shuffled][rows[0]] for rows in stretches] == [0, 0, 1]


@pytest.mark.parametrize("count", [1, 2, WINDOW, WINDOW + 1, 3 * WINDOW])
def test_windows_cover_a_stretch(count):
    places, central = _windows(count)
    assert places.shape[1] == min(count, WINDOW)
    np.testing.assert_array_equal(places.ravel()[central], np.arange(count))
    assert (np.diff(places, axis=1) == 1).all()


def test_frames_are_held_together(reconstruct, reconstructor):
    """Frames whose keypoints jitter give steadier bodies than each for itself."""
    detector = reconstructor.detector
    rng = np.random.default_rng(0)

    def jittered(images):
        return [
            people._replace(keypoints=people.keypoints + rng.normal(0, 2, people.keypoints.shape))
            for people in detector.find_people(images)
        ]

    shaky = Reconstructor(
        SimpleNamespace(find_people=jittered),
        reconstructor.lifter,
        reconstructor.refiner,
        reconstructor.body,
    )
    together = VideoReconstructor(shaky)(frames(*[1] * 20)).people.joints_3d
    rng = np.random.default_rng(0)
    alone = shaky([frame.pixels for frame in frames(*[1] * 20)]).joints_3d
    steps = [np.linalg.norm(np.diff(joints, axis=0), axis=2).mean() for joints in (together, alone)]
    assert steps[0] < 0.5 * steps[1]
