import json
import re

import numpy as np
import pytest

from hps_tf.data.datasets import coco_images
from hps_tf.data.datasets.preparation import Drops
from hps_tf.data.keypoints import coco_keypoints
from hps_tf.data.keypoints.part_masks import DensePoseMasks
from hps_tf.errors import InputError
from hps_tf.io import json_values
from tests.data import coco_files
from tests.data.coco_files import BOXES, image, person
from tests.data.keypoint_files import annotations, flat, points


def read(keypoints, densepose=None, **options):
    drops = Drops()
    content = json_values.parse(json.dumps(keypoints).encode(), "k.json")
    masks = None
    if densepose is not None:
        masks = DensePoseMasks(densepose, "d.json", skip_bad=options.get("skip_bad", False))
    return coco_images.read(content, "k.json", masks, drops, **options), drops


def one(**changes):
    return annotations([person(1, 785, BOXES[1]) | changes], [image(785)])


def test_reads_photographs_with_their_people_and_masks():
    photographs, drops = read(*coco_files.contents())
    by_id = {photograph.image_id: photograph for photograph in photographs}
    assert set(by_id) == {"785", "9"}
    assert [member.person_id for member in by_id["785"].people] == ["7851", "7852"]
    assert set(by_id["785"].masks.person_ids) == {"7851"}
    assert by_id["9"].entry.names == (
        "COCO_train2014_000000000009.jpg",
        "000000000009.jpg",
        "COCO_val2014_000000000009.jpg",
        "COCO_train2014_000000000009.jpg",
    )
    assert by_id["9"].entry.size == coco_files.SIZE
    assert not drops.counts


def test_without_masks_there_are_none():
    keypoints, densepose = coco_files.contents()
    assert all(photograph.masks is None for photograph in read(keypoints)[0])
    keypoints["annotations"] = keypoints["annotations"][:1] + keypoints["annotations"][3:]
    masks = {photograph.image_id: photograph.masks for photograph in read(keypoints, densepose)[0]}
    assert masks["9"] is None
    assert masks["785"] is not None


def test_with_parts_only_others_are_left_out():
    photographs, drops = read(*coco_files.contents(), parts_only=True)
    assert sorted(p.person_id for photo in photographs for p in photo.people) == ["7851", "91"]
    assert drops.counts == {coco_images.NO_PARTS: 2}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iscrowd": 1}, coco_keypoints.CROWD),
        ({"num_keypoints": 0, "keypoints": [0] * 51}, coco_keypoints.NO_KEYPOINTS),
        ({"keypoints": None}, coco_keypoints.NO_KEYPOINTS),
        ({"category_id": 18}, coco_keypoints.OTHER_CATEGORY),
        ({"keypoints": flat(points(), [2] * 5 + [0] * 12)}, coco_images.FEW_KEYPOINTS),
        ({"bbox": [20, 10, 31.9, 31]}, coco_images.SMALL_BOX),
        ({"bbox": [20, 10, 0, 60]}, coco_images.SMALL_BOX),
    ],
)
def test_who_is_not_worth_keeping_is_counted(changes, reason):
    photographs, drops = read(one(**changes))
    assert photographs == []
    assert drops.counts == {reason: 1}


def test_six_keypoints_and_32_pixels_are_enough():
    xy = points(centre=(50.0, 50.0))
    keypoints = flat(xy, [1] * 6 + [0] * 11)
    (photograph,), _ = read(one(keypoints=keypoints, bbox=[20, 10, 10, 32]))
    np.testing.assert_array_equal(photograph.people[0].keypoints, xy)


@pytest.mark.parametrize("box", [None, [], [0, 0, 0, 0]])
def test_keypoints_tell_a_box_that_the_file_does_not(box):
    xy = points(centre=(50.0, 50.0))
    (photograph,), drops = read(one(keypoints=flat(xy), bbox=box))
    low, size = np.split(photograph.people[0].box, 2)
    assert (low < xy.min(axis=0)).all()
    assert (low + size > xy.max(axis=0)).all()
    assert not drops.counts


def test_a_keypoint_that_is_no_number_is_not_labelled():
    keypoints = flat(points(centre=(50.0, 50.0)))
    keypoints[0], keypoints[50] = float("nan"), -1
    (photograph,), _ = read(one(keypoints=keypoints))
    np.testing.assert_array_equal(photograph.people[0].is_seen, [0] + [1] * 15 + [0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bbox": [0, 0, -50, 50]}, "annotation 1, bbox: expected left, top, width, height"),
        ({"bbox": [0, 0, 1e9, 50]}, "annotation 1, bbox: expected left, top, width, height"),
        ({"bbox": [float("nan"), 0, 50, 50]}, "annotation 1, bbox: .* received .nan"),
        ({"bbox": [500, 0, 50, 50]}, "annotation 1: the box .* lies outside the image"),
        ({"category_id": [1]}, r"annotations\[0\].category_id: expected a whole number or a text"),
        ({"keypoints": [1] * 50}, "annotation 1: expected keypoints of 51 numbers, received 50"),
        ({"keypoints": 3}, r"annotations\[0\].keypoints: expected a list"),
        ({"image_id": 4}, r"annotations\[0\].image_id: expected the id of one of the images"),
        ({"id": [1]}, r"annotations\[0\].id: expected a whole number or a text"),
    ],
)
def test_damaged_annotations_are_refused_or_counted(changes, message):
    content = one(**changes)
    with pytest.raises(InputError) as error:
        read(content)
    assert re.search(message, str(error.value)), error.value
    photographs, drops = read(content, skip_bad=True)
    assert photographs == []
    assert drops.counts == {coco_images.DAMAGED: 1}
    assert drops.first[coco_images.DAMAGED] == str(error.value)


def test_damaged_images_and_masks_are_counted_too():
    keypoints, densepose = coco_files.contents()
    keypoints["images"][0]["width"] = "wide"
    densepose["annotations"][0]["id"] = None
    photographs, drops = read(keypoints, densepose, skip_bad=True)
    assert [photograph.image_id for photograph in photographs] == ["9"]
    assert drops.counts == {coco_images.DAMAGED: 4}  # The image, its two people, the masks.
    assert drops.first[coco_images.DAMAGED].startswith("k.json, images[0].width: expected")


def test_masks_of_other_people_are_refused():
    keypoints, _ = coco_files.contents()
    _, densepose = coco_files.contents((4, 5))
    with pytest.raises(InputError, match=r"k\.json: expected the people of the part masks"):
        read(keypoints, densepose)


def test_results_are_refused():
    with pytest.raises(InputError, match=r"k\.json: expected an object, received a list"):
        read([])


def many(num_images):
    people = [
        person(2 * image_id + i, image_id, BOXES[1])
        for image_id in range(num_images)
        for i in (0, 1)
    ]
    return annotations(people, [image(image_id) for image_id in range(num_images)])


def test_splits_depend_on_nothing_but_the_ids():
    def splits(content):
        photographs, drops = read(content)
        found = coco_images.split(photographs, drops, None, None)
        return {name: {photo.image_id for photo in photos} for name, photos in found.items()}

    whole = splits(many(600))
    assert whole["test"].isdisjoint(whole["train"])
    assert len(whole["test"] | whole["train"]) == 600
    assert 25 <= len(whole["test"]) <= 55  # 40 expected, with a deviation of 6.
    content = many(600)
    content["annotations"] = content["annotations"][::-1][:500]
    part = splits(content)
    assert part["test"] <= whole["test"]
    assert part["train"] <= whole["train"]


def test_counts_take_the_first_photographs_by_hash():
    photographs, drops = read(many(30))
    assert [photo.place for photo in photographs] == sorted(photo.place for photo in photographs)
    assert photographs[0].place != photographs[1].place
    splits = coco_images.split(photographs, drops, 4, 10)
    assert splits == {"test": photographs[:4], "train": photographs[4:14]}
    assert drops.counts == {coco_images.NOT_CHOSEN: 2 * 16}


def test_the_place_of_an_id_stays_as_it_is():
    # The first 8 bytes of printf 785 | sha256sum.
    (photograph,), _ = read(one())
    assert photograph.place == int("9e04a49e57866951", 16) / 2**64
