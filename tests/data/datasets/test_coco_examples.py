import io
import pickle

import numpy as np
import pytest
from PIL import Image

from hps_tf.body.parts import NUM_PARTS
from hps_tf.data.datasets import coco_images
from hps_tf.data.datasets.coco_examples import ExampleMaker
from hps_tf.data.datasets.coco_images import Drops
from hps_tf.data.images import default_camera, image_example, image_records
from hps_tf.data.keypoints.part_masks import DensePoseMasks
from hps_tf.errors import InputError
from hps_tf.geometry import camera
from hps_tf.io import json_values
from tests.data import coco_files
from tests.data.coco_files import BOXES, COLOURS, KEYPOINTS

SIZE = 128


def photographs(directory, keypoints, densepose):
    coco_files.write(directory, keypoints, densepose)
    contents = [
        json_values.parse((directory / name).read_bytes(), name)
        for name in ("keypoints.json", "densepose.json")
    ]
    masks = DensePoseMasks(contents[1], "densepose.json")
    found = coco_images.read(contents[0], "keypoints.json", masks, Drops())
    return {photograph.image_id: photograph for photograph in found}


def maker(directory, **options):
    return ExampleMaker(directory / "images", SIZE, **options)


def square(box):
    side = 1.25 * max(box[2:])
    return np.array(box[:2]) + (np.array(box[2:]) - side) / 2, side


def colours_of(example):
    return np.asarray(Image.open(io.BytesIO(example.image)), int)


@pytest.mark.parametrize("image_id", ["785", "9"])  # Masks compressed, and as lists of runs.
def test_labels_and_keypoints_lie_on_the_painted_parts(image_id, tmp_path):
    photograph = photographs(tmp_path, *coco_files.contents())[image_id]
    examples, drops = maker(tmp_path)(photograph)
    assert not drops.counts
    first, second = examples
    assert first.name == f"{image_id}_{image_id}1"
    assert first.labels == ("keypoints", "parts")
    assert second.labels == ("keypoints",)
    assert not first.is_silhouette
    for example in examples:
        image_example.check(example, SIZE, 16)
    distances = np.abs(colours_of(first)[:, :, np.newaxis] - COLOURS.astype(int)).sum(axis=-1)
    seen = np.where(distances.min(axis=-1) < 25, distances.argmin(axis=-1), -1)

    def agreement(labels):
        is_judged = (seen >= 0) & ((seen > 0) | (labels > 0))
        return (seen == labels)[is_judged].mean()

    # JPEG blurs the edges of colours.
    assert agreement(first.part_labels) > 0.95
    for axis in (0, 1):
        for step in (-2, 2):
            assert agreement(np.roll(first.part_labels, step, axis)) < 0.93
    corner, side = square(BOXES[1])
    places = corner + (np.arange(SIZE)[:, np.newaxis] + 0.5) * side / SIZE
    columns, rows = ((places - BOXES[1][:2]) / BOXES[1][2:]).T
    expected = coco_files.figure(columns[np.newaxis], rows[:, np.newaxis])
    assert (first.part_labels != expected).mean() < 0.01  # A mask has but 256 x 256 cells.
    assert set(np.unique(first.part_labels)) == {0, *coco_files.FIGURE}
    for example, box in zip(examples, BOXES.values(), strict=True):
        corner, side = square(box)
        place = np.array(box[:2]) + KEYPOINTS * box[2:]
        expected = (place - corner) * SIZE / side - 0.5
        np.testing.assert_allclose(example.keypoints_2d, expected, atol=0.02)
        np.testing.assert_array_equal(example.keypoint_weights, np.ones(17))
    rows, columns = np.rint(first.keypoints_2d).astype(int).T[::-1]
    nose, left_wrist, right_wrist, left_knee = 0, 9, 10, 13
    labels = first.part_labels[rows, columns]
    assert labels[[nose, left_wrist, right_wrist]].tolist() == [14, 12, 13]
    assert labels[left_knee] in (7, 9)


def test_the_crops_camera_is_that_of_the_photograph(tmp_path):
    photograph = photographs(tmp_path, *coco_files.contents())["785"]
    example = maker(tmp_path)(photograph).examples[0]
    matrix = default_camera.intrinsics(coco_files.SIZE)
    rays = camera.viewing_slopes(photograph.people[0].keypoints, matrix)
    np.testing.assert_allclose(
        camera.viewing_slopes(example.keypoints_2d, example.intrinsics), rays, atol=1e-9
    )


def test_keypoints_not_labelled_have_no_weight(tmp_path):
    keypoints, densepose = coco_files.contents()
    keypoints["annotations"][0]["keypoints"][3:9] = [float("nan"), 1e300, 0, 0, 0, 0]
    photograph = photographs(tmp_path, keypoints, densepose)["785"]
    example = maker(tmp_path)(photograph).examples[0]
    image_example.check(example, SIZE, 16)
    np.testing.assert_array_equal(example.keypoint_weights, [1, 0, 0] + [1] * 14)


def test_a_person_of_whom_no_part_is_masked_has_keypoints_alone(tmp_path):
    keypoints, densepose = coco_files.contents()
    densepose["annotations"][0]["dp_masks"] = [[]] * NUM_PARTS
    photograph = photographs(tmp_path, keypoints, densepose)["785"]
    assert maker(tmp_path)(photograph).examples[0].labels == ("keypoints",)
    examples, drops = maker(tmp_path, parts_only=True)(photograph)
    assert examples == []
    assert drops.counts == {coco_images.NO_PARTS: 2}


def bad_size(entry):
    entry["dp_masks"][0]["size"] = [255, 256]


def bad_text(entry):
    entry["dp_masks"][0]["counts"] = entry["dp_masks"][0]["counts"][:-3] + "~"


def box_elsewhere(entry):
    entry["bbox"] = [2000, 2000, 50, 50]


def box_without_area(entry):
    entry["bbox"] = [20, 20, 1e-310, 50]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (bad_size, r"densepose\.json, annotations\[0\]\.dp_masks\[0\]"),
        (bad_text, r"dp_masks\[0\]\.counts: expected COCO's encoding"),
        (box_elsewhere, r"annotation 7851 .*: expected part masks around the person"),
        (box_without_area, "part masks of annotation 7851, bbox: expected left, top"),
    ],
)
def test_damaged_masks_are_refused_or_counted(damage, message, tmp_path):
    keypoints, densepose = coco_files.contents()
    damage(densepose["annotations"][0])
    photograph = photographs(tmp_path, keypoints, densepose)["785"]
    with pytest.raises(InputError, match=message) as error:
        maker(tmp_path)(photograph)
    examples, drops = maker(tmp_path, skip_bad=True)(photograph)
    assert [example.name for example in examples] == ["785_7852"]
    assert drops.counts == {coco_images.DAMAGED_PARTS: 1}
    assert drops.first == {coco_images.DAMAGED_PARTS: str(error.value)}


def test_a_box_mostly_outside_the_photograph_is_refused(tmp_path):
    keypoints, densepose = coco_files.contents()
    keypoints["annotations"][1]["bbox"] = [60, -100, 40, 150]
    photograph = photographs(tmp_path, keypoints, densepose)["785"]
    with pytest.raises(InputError, match=r"bbox: expected one in the photograph of 160 x 120"):
        maker(tmp_path)(photograph)


def remove(path):
    path.unlink()


def cut(path):
    path.write_bytes(path.read_bytes()[:700])


def replace(path):
    Image.new("RGB", (9, 9)).save(path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (remove, r"expected the image 'COCO_train2014_000000000785\.jpg', received none"),
        (cut, r"785\.jpg: expected an image"),
        (replace, r"785\.jpg: expected 160 x 120 pixels"),
    ],
)
def test_a_photograph_missing_or_damaged_counts_for_all_its_people(damage, message, tmp_path):
    photograph = photographs(tmp_path, *coco_files.contents())["785"]
    damage(tmp_path / "images" / photograph.entry.names[0])
    with pytest.raises(InputError, match=message) as error:
        maker(tmp_path)(photograph)
    examples, drops = maker(tmp_path, skip_bad=True)(photograph)
    assert examples == []
    assert drops.counts == {coco_images.NO_PHOTOGRAPH: 2}
    assert drops.first == {coco_images.NO_PHOTOGRAPH: str(error.value)}


def test_photographs_are_found_by_the_names_of_2017_too(tmp_path):
    photograph = photographs(tmp_path, *coco_files.contents())["785"]
    images = tmp_path / "images"
    (images / photograph.entry.names[0]).rename(images / "000000000785.jpg")
    assert len(maker(tmp_path)(photograph).examples) == 2


def test_other_processes_make_the_same(tmp_path):
    photograph = photographs(tmp_path, *coco_files.contents())["785"]
    sent = pickle.dumps((maker(tmp_path), photograph))
    assert len(sent) < 20_000  # Not the whole file of masks.
    make, received = pickle.loads(sent)
    for example, expected in zip(
        make(received).examples, maker(tmp_path)(photograph).examples, strict=True
    ):
        assert image_records.encode(example) == image_records.encode(expected)
