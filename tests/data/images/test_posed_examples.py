import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("cdflib")

from hps_tf.data.images import camera_frame, image_example, posed_examples
from hps_tf.data.images.lens import Lens
from tests.data import human36m_files as files

SIZE = 192
CAMERA = 1


@pytest.fixture(scope="module")
def take():
    """Somebody near the border of the image, where the lens distorts."""
    return files.Take(3, seed=4, offset=0.9 * files.extrinsics(CAMERA)[0, :3])


@pytest.fixture(scope="module")
def photograph(take):
    """The person in white."""
    return grey(np.where(take.parts(1, CAMERA) > 0, 255, 0))


def grey(values):
    return Image.fromarray(np.repeat(values[..., None], 3, axis=2).astype(np.uint8))


@pytest.fixture(scope="module")
def frame(take):
    matrix = files.extrinsics(CAMERA)
    pelvis = np.zeros(3)
    pose, translation = camera_frame.move_body(take.pose, take.translation, pelvis, matrix)
    return posed_examples.Frame(
        name="S1_Directions.54138969_000002",
        subject="S1",
        action="Directions",
        sequence="S1_Directions.54138969",
        number=1,
        pose=pose[1],
        shape=take.shape,
        translation=translation[1],
        markers=camera_frame.transform(take.joints, matrix)[1],
    )


def make(photograph, frame, lens=files.LENS):
    body = posed_examples.body_model(None, 0)
    return posed_examples.make(photograph, lens, body, frame, SIZE)


def overlap(example):
    """Intersection over union of the part map with the white person; outside is mid grey."""
    person, labelled = pixels(example) > 140, example.part_labels > 0
    return (person & labelled).sum() / (person | labelled).sum()


def pixels(example):
    return np.asarray(Image.open(io.BytesIO(example.image)), np.float64)[..., 0]


def test_part_labels_are_those_of_the_pixels(photograph, frame, take):
    example = make(photograph, frame)
    image_example.check(example, SIZE, 16)
    assert example.labels == image_example.LABELS
    assert not example.is_silhouette
    assert overlap(example) > 0.97
    by_part = make(grey(16 * take.parts(1, CAMERA)), frame)
    is_same = np.abs(pixels(by_part) - 16.0 * example.part_labels) < 8
    assert is_same[example.part_labels > 0].mean() > 0.8  # Where parts meet, pixels mix.


def test_without_the_lens_they_would_not_be(photograph, frame):
    straight = Lens(files.LENS.focal_length, files.LENS.principal_point)
    assert overlap(make(photograph, frame, straight)) < overlap(make(photograph, frame)) - 0.01


def test_keypoints_are_the_bodys_and_weigh_nothing_outside(photograph, frame, take):
    example = make(photograph, frame)
    points = take.body.keypoints("coco17", **take.arguments).numpy()[1:2].astype(np.float64)
    seen = camera_frame.transform(points, files.extrinsics(CAMERA))[0] @ example.intrinsics.T
    np.testing.assert_allclose(example.keypoints_2d, seen[:, :2] / seen[:, 2:], atol=1e-2)
    assert (example.keypoint_weights == 1).all()
    high = frame._replace(markers=frame.markers[[10] * 16 + [8]])  # Around the head alone.
    weights = make(photograph, high).keypoint_weights
    assert (weights[:5] == 1).all()
    assert (weights[-6:] == 0).all()


def test_detected_keypoints_go_before_the_bodys(photograph, frame):
    detected = np.zeros((17, 3))
    detected[3] = [*files.LENS.project(frame.markers)[9], 0.4]
    lens = Lens(files.LENS.focal_length, files.LENS.principal_point)
    example = make(photograph, frame._replace(keypoints=detected), lens)
    np.testing.assert_array_equal(example.keypoint_weights, 0.4 * (np.arange(17) == 3))
    slope = (detected[3, :2] - lens.principal_point) / lens.focal_length
    expected = slope * example.intrinsics[0, 0] + example.intrinsics[:2, 2]
    np.testing.assert_allclose(example.keypoints_2d[3], expected)
    nothing = make(photograph, frame._replace(keypoints=np.zeros((17, 3))), lens)
    assert "keypoints" not in nothing.labels


@pytest.mark.parametrize("offset", [[9.0, 0, 0], [0, 0, -20.0]])
def test_who_is_out_of_sight_is_left_out(offset, photograph, frame):
    moved = frame._replace(markers=frame.markers + offset)
    assert make(photograph, moved) is None


def test_examples_keep_who_did_what(photograph, frame):
    example = dataclasses.asdict(make(photograph, frame))
    assert example["name"] == frame.name
    assert (example["action"], example["frame"]) == ("Directions", 1)
    np.testing.assert_array_equal(example["markers_3d"], frame.markers)
