import dataclasses
import json

import numpy as np
import pytest

from hps_tf.data.images import photographs
from hps_tf.data.synthetic.people import Person
from hps_tf.evaluation import hard_scenes

SCALE = 4


class Standing:
    """People who stand with arms down, in place of a prior's."""

    def __init__(self, prior):
        del prior

    def draw(self, split, first, count, seed):
        pose = np.zeros((1, 24, 3))
        pose[0, 16, 2], pose[0, 17, 2] = -1.2, 1.2
        return [Person(pose, np.zeros((1, 3)))] * count


def _small(name):
    case = next(case for case in hard_scenes.CASES if case.name == name)
    height, width = case.size
    places = [(x, y, extent / SCALE) for x, y, extent in case.places]
    return dataclasses.replace(case, size=(height // SCALE, width // SCALE), places=places)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    names = ("border", "upside_down", "hidden", "exif_turned", "embracing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hard_scenes, "CASES", tuple(map(_small, names)))
        patch.setattr(hard_scenes, "PriorPeople", Standing)
        patch.setattr(hard_scenes.priors, "load", lambda name: None)
        path = tmp_path_factory.mktemp("hard")
        hard_scenes.write(path)
        hard_scenes.write(path / "again")
        hard_scenes.write(path / "other", seed=1)
        yield path


@pytest.fixture(scope="module")
def people(directory):
    """The annotated people by the names of their pictures: keypoints `(17, 3)` and box."""
    content = json.loads((directory / hard_scenes.ANNOTATIONS).read_text())
    names = {image["id"]: image["file_name"][:-4] for image in content["images"]}
    found = {name: [] for name in names.values()}
    for person in content["annotations"]:
        keypoints = np.array(person["keypoints"]).reshape(17, 3)
        found[names[person["image_id"]]].append((keypoints, person["bbox"]))
    return found


def test_twenty_cases_have_names_of_their_own():
    assert len({case.name for case in hard_scenes.CASES}) == 20


def test_a_seed_gives_one_set(directory):
    for name in ("border.jpg", hard_scenes.ANNOTATIONS):
        written = (directory / name).read_bytes()
        assert (directory / "again" / name).read_bytes() == written
        assert (directory / "other" / name).read_bytes() != written


def test_keypoints_outside_the_picture_are_not_labelled(people):
    left, low, right = (keypoints[:, 2] > 0 for keypoints, _ in people["border"])
    assert 3 < left.sum() < 17
    assert 3 < right.sum() < 17
    assert low[0]
    assert not low[15]


def test_people_upside_down_have_their_feet_above(people):
    for keypoints, _ in people["upside_down"]:
        assert keypoints[15:, 1].max() < keypoints[0, 1]


def test_what_a_counter_hides_is_labelled_but_not_in_the_box(people):
    for keypoints, (_, top, _, height) in people["hidden"]:
        assert top + height <= 0.55 * 120 + 1
        assert keypoints[13:15, 1].min() > top + height


def test_a_turned_file_is_upright_when_read(directory, people):
    photograph = photographs.at(directory / "exif_turned.jpg")
    assert photograph.size == photograph.read().shape[:2] == (225, 150)
    for keypoints, _ in people["exif_turned"]:
        assert keypoints[15, 1] > keypoints[0, 1] + 50


def test_people_are_where_the_picture_differs_from_the_empty_one(directory, people):
    picture, empty = (
        photographs.at(directory / name).read().astype(int)
        for name in ("upside_down.jpg", "empty/upside_down.jpg")
    )
    differs = np.abs(picture - empty).max(axis=2) > 60
    inside = np.zeros(differs.shape, bool)
    for _, box in people["upside_down"]:
        left, top, width, height = map(int, box)
        inside[top : top + height, left : left + width] = True
    assert differs[inside].mean() > 10 * differs[~inside].mean()
