import dataclasses
import re

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

from hps_tf.data.keypoints.part_masks import DensePoseMasks, LabelImages, PartMap, file_stem
from hps_tf.data.keypoints.people import ImageEntry, Person
from hps_tf.errors import InputError
from tests.data.keypoint_files import points

BOX = np.array([100.5, 50.0, 19.6, 40.2])
IMAGE = ImageEntry(("dir/a.jpg",), 0, (120, 160))
PERSON = Person("7", IMAGE, points(), np.ones(17), BOX)


def save(path, labels, mode=None):
    image = Image.fromarray(np.asarray(labels, np.uint8))
    (image if mode is None else image.convert(mode)).save(path)


def labels_of_image():
    labels = np.zeros(IMAGE.size, np.uint8)
    labels[60:80, 105:115] = 3
    labels[80:90, 105:115] = 14
    return labels


def test_a_map_of_the_image_is_cut_to_what_is_labelled(tmp_path):
    save(tmp_path / "7.png", labels_of_image())
    part_map = LabelImages(tmp_path).of(PERSON, is_alone=False)
    np.testing.assert_array_equal(part_map.box, [105, 60, 10, 30])
    np.testing.assert_array_equal(part_map.labels, labels_of_image()[60:90, 105:115])


def test_a_map_of_the_box_stays_in_it(tmp_path):
    labels = np.full((40, 20), 2)
    save(tmp_path / "7.png", labels)
    part_map = LabelImages(tmp_path).of(PERSON, is_alone=False)
    np.testing.assert_allclose(part_map.box, BOX)
    labels[:10] = 0
    save(tmp_path / "7.png", labels)
    part_map = LabelImages(tmp_path).of(PERSON, is_alone=False)
    np.testing.assert_allclose(part_map.box, [100.5, 50 + 40.2 / 4, 19.6, 40.2 * 3 / 4])


def test_a_map_may_be_named_after_the_image_of_one_person(tmp_path):
    save(tmp_path / "a.png", labels_of_image())
    maps = LabelImages(tmp_path)
    assert maps.of(PERSON, is_alone=True) is not None
    assert maps.of(PERSON, is_alone=False) is None


def test_palettes_are_read_as_indices(tmp_path):
    image = Image.fromarray(labels_of_image()).convert("P")
    image.putpalette(list(range(255, -1, -1)) * 3)
    image.save(tmp_path / "7.png")
    assert set(np.unique(np.asarray(Image.open(tmp_path / "7.png")))) == {0, 3, 14}
    assert LabelImages(tmp_path).of(PERSON, False).labels.max() == 14


def test_background_alone_is_kept(tmp_path):
    save(tmp_path / "7.png", np.zeros(IMAGE.size))
    assert not LabelImages(tmp_path).of(PERSON, False).labels.any()


@pytest.mark.parametrize(
    ("labels", "mode", "message"),
    [
        (np.zeros((5, 9)), None, "expected 160 x 120 of the image or 20 x 40 of the box, received"),
        (np.full(IMAGE.size, 15), None, "expected labels 0 to 14, received 15"),
        (np.zeros(IMAGE.size), "RGB", "expected one channel of 8 bits or a palette, received RGB"),
    ],
)
def test_says_what_is_wrong_with_a_label_image(labels, mode, message, tmp_path):
    save(tmp_path / "7.png", labels, mode)
    with pytest.raises(InputError, match=message):
        LabelImages(tmp_path).of(PERSON, False)


def test_a_damaged_label_image_and_a_missing_directory_are_named(tmp_path):
    (tmp_path / "7.png").write_bytes(b"\x89PNG")
    with pytest.raises(InputError, match=r"7\.png: expected an image"):
        LabelImages(tmp_path).of(PERSON, False)
    with pytest.raises(InputError, match="expected a directory of label images"):
        LabelImages(tmp_path / "none")


def test_resampling_takes_the_middles_of_cells():
    labels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    part_map = PartMap(labels, BOX)
    np.testing.assert_array_equal(part_map.resampled((2, 2)), [[5, 7], [13, 15]])
    np.testing.assert_array_equal(part_map.resampled((8, 4)), labels.repeat(2, axis=0))


def rle(mask):
    encoded = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    return {"size": [256, 256], "counts": encoded["counts"].decode()}


def densepose(dp_masks, **changes):
    annotation = {"id": 7, "bbox": BOX.tolist(), "dp_masks": dp_masks} | changes
    return {"annotations": [{"id": 6, "bbox": [0, 0, 1, 1]}, annotation]}


def masks():
    torso, head = np.zeros((2, 256, 256), bool)
    torso[100:200, 50:200] = True
    head[20:110, 90:150] = True
    return [rle(torso), *([[]] * 12), rle(head)], torso, head


def test_reads_densepose_masks_in_the_box():
    dp_masks, torso, head = masks()
    part_map = DensePoseMasks(densepose(dp_masks), "a.json").of(PERSON, is_alone=False)
    np.testing.assert_array_equal(part_map.box, BOX)
    np.testing.assert_array_equal(part_map.labels, np.where(head, 14, np.where(torso, 1, 0)))


def test_people_without_masks_have_no_map():
    maps = DensePoseMasks(densepose(masks()[0]), "a.json")
    assert maps.of(dataclasses.replace(PERSON, person_id="6"), True) is None
    assert maps.of(dataclasses.replace(PERSON, person_id="8"), True) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "a.json: expected an object, received a list"),
        ({"annotations": []}, "a.json: expected annotations with dp_masks, received none"),
        (densepose([[]] * 13), "dp_masks: expected 14 masks, received 13"),
        (densepose("x"), "dp_masks: expected a list, received 'x'"),
        (densepose([1] * 14), r"dp_masks\[0\]: expected an object, received 1"),
        (
            densepose([masks()[0][0], {"size": [1, 1], "counts": [1]}, *([[]] * 12)]),
            r"dp_masks\[1\]: expected a mask of \(256, 256\) like the others, received \(1, 1\)",
        ),
        (densepose(masks()[0], bbox=[0, 0, 0, 1]), "bbox: expected left, top, width, height"),
    ],
)
def test_says_what_is_wrong_with_densepose_masks(content, message):
    with pytest.raises(InputError) as error:
        DensePoseMasks(content, "a.json").of(PERSON, False)
    assert re.search(message, str(error.value)), error.value


def test_damaged_annotations_are_left_out_on_request():
    content = densepose(masks()[0])
    content["annotations"] += [4, {"id": None}, content["annotations"][1]]
    maps = DensePoseMasks(content, "a.json", skip_bad=True)
    assert maps.of(PERSON, False) is not None
    assert maps.damaged == [
        "a.json, annotations[2]: expected an object, received 4",
        "a.json, annotations[3].id: expected a whole number or a text, received null",
        "a.json, annotations[4].id: expected one of its own, received 7 again",
    ]
    with pytest.raises(InputError, match=r"annotations\[2\]: expected an object, received 4"):
        DensePoseMasks(content, "a.json")


def test_the_masks_of_some_people_are_those_of_all():
    content = densepose(masks()[0])
    content["annotations"].append(content["annotations"][1] | {"id": 8})
    maps = DensePoseMasks(content, "a.json")
    assert maps.person_ids == {"7", "8"}
    other = dataclasses.replace(PERSON, person_id="6")
    few = maps.of_people([other, PERSON])
    assert few.person_ids == {"7"}
    np.testing.assert_array_equal(few.of(PERSON, False).labels, maps.of(PERSON, False).labels)
    assert maps.person_ids == {"7", "8"}


@pytest.mark.parametrize("person_id", ["442619", "785_0", "walk-1.2"])
def test_plain_ids_name_files_as_they_are(person_id):
    assert file_stem(person_id) == person_id


def test_other_ids_name_files_that_are_safe_and_differ():
    ids = ["a/b", "a_b", "a b", "../x", ".x", "..", "é", "e" * 200, "e" * 201]
    stems = [file_stem(person_id) for person_id in ids]
    assert len(set(stems)) == len(ids)
    assert all(re.fullmatch(r"[\w-][\w.-]{0,120}", stem) for stem in stems)
