import pytest

from hps_tf.data.keypoints import moments
from hps_tf.data.keypoints.people import ImageEntry


def _of(*names, places=None):
    places = range(len(names)) if places is None else places
    found = moments.of(
        ImageEntry((name,), place) for name, place in zip(names, places, strict=True)
    )
    return list(found.values())


def test_images_that_follow_one_another_are_neighbours():
    assert _of("a_8.jpg", "a_9.jpg", "a_10.jpg") == [0, 1, 2]
    assert _of("nose.jpg", "ear.jpg") == [0, 1]
    assert _of("a_8.jpg") == [0]


def test_images_without_people_are_a_gap_though_the_file_leaves_them_out():
    assert _of("0.jpg", "1.jpg", "2.jpg", "33.jpg", "34.jpg") == [0, 1, 2, 33, 34]


def test_images_without_people_are_a_gap_where_the_file_lists_them():
    assert _of("x.jpg", "y.jpg", "z.jpg", places=(4, 5, 9)) == [0, 1, 5]
    assert _of("0.jpg", "30.jpg", "60.jpg", places=(0, 30, 60)) == [0, 30, 60]


def test_every_fifth_frame_is_a_neighbour_where_no_other_is_there():
    assert _of(*(f"v_{5 * i:06d}.png" for i in (0, 1, 2, 3, 9))) == [0, 1, 2, 3, 9]


def test_milliseconds_are_numbers_too():
    assert _of("1033", "1067", "1100", "1133", "1500") == [0, 1, 2, 3, 14]


@pytest.mark.parametrize("names", [("a1.jpg", "b90.jpg", "a91.jpg"), ("7.jpg", "90.jpg", "8.jpg")])
def test_numbers_of_other_kinds_tell_nothing(names):
    assert _of(*names) == [0, 1, 2]
