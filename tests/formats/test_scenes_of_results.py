"""What fits and photographs found, as scenes and files."""

import dataclasses

import numpy as np
import pytest

from hps_tf.fitting import FitResult
from hps_tf.reconstruction import Reconstruction


@pytest.fixture
def fitted(body):
    count = 3
    rest = {field.name: np.zeros(count) for field in dataclasses.fields(FitResult)}
    values = {
        "pose": np.random.default_rng(0).normal(0, 0.3, (count, 24, 3)).astype(np.float32),
        "shape": np.zeros((count, body.num_shape), np.float32),
        "translation": np.tile(np.float32([0, 0, 3]), (count, 1)),
        "keypoints_2d": np.ones((count, 17, 2), np.float32),
        "joint_std": np.full((count, 24), 0.1, np.float32),
    }
    return FitResult(**{**rest, **values, "terms": {}})


def test_a_fit_of_an_image_is_people_side_by_side(fitted, body):
    scene = fitted.scene(body)
    assert [person.name for person in scene.people] == ["person 0", "person 1", "person 2"]
    np.testing.assert_array_equal(scene.people[2].pose[0], fitted.pose[2])


def test_a_fit_of_a_video_is_one_person(fitted, body):
    (person,) = fitted.scene(body, frame_rate=25).people
    assert person.frames.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(person.pose, fitted.pose)


@pytest.fixture
def found(fitted, body):
    arrays = {field.name: np.zeros(3) for field in dataclasses.fields(Reconstruction)}
    values = {
        "images": ("a.jpg", "b.jpg"),
        "image": np.array([0, 0, 1]),
        "person": np.array([0, 1, 0]),
        "confidence": np.ones((3, 17)),
        "intrinsics": np.tile(np.diag([100.0, 100, 1]), (3, 1, 1)),
        "pose": fitted.pose,
        "shape": fitted.shape,
        "translation": fitted.translation,
        "joints_3d": np.tile([0.3, 0.6, 3.0], (3, 24, 1)),
        "joint_std": fitted.joint_std,
        "fitted_keypoints_2d": fitted.keypoints_2d,
        "body": body,
    }
    return Reconstruction(**{**arrays, **values})


def test_people_of_one_image_are_saved_by_suffix(found, tmp_path):
    (file,) = found.of_image(0).save(tmp_path / "people.glb")
    assert file.read_bytes()[:4] == b"glTF"
    scene = found.of_image(1).scene()
    assert scene.images == ("b.jpg",)
    np.testing.assert_allclose(scene.people[0].joints_2d[0, 5], [10, 20], rtol=1e-6)


def test_people_of_a_video_keep_their_frames(found):
    first, second = found.scene(frame_rate=25).people
    assert (first.frames.tolist(), second.frames.tolist()) == ([0, 1], [0])


def test_several_photographs_are_no_scene(found):
    with pytest.raises(ValueError, match="`frame_rate`: expected a number"):
        found.scene()
