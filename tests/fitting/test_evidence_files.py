"""Evidence from files, in one line."""

import json

import numpy as np
import pytest

from hps_tf.errors import InputError
from hps_tf.fitting import Evidence
from tests.data import detection_files, keypoint_files

A, B = detection_files.people(2)


def save(path, content):
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_from_coco_knows_cameras_images_people_and_who_is_left_out(tmp_path):
    people = [
        keypoint_files.annotation(5, 785),
        keypoint_files.annotation(6, 9, seed=1),
        keypoint_files.annotation(7, 9, keypoints=[0] * 51),
        keypoint_files.annotation(8, 9, keypoints="x"),
    ]
    images = [keypoint_files.image(9), keypoint_files.image(785)]
    path = save(tmp_path / "people.json", keypoint_files.annotations(people, images))
    seen = Evidence.from_coco(path)
    np.testing.assert_allclose(seen.keypoints[0], keypoint_files.points(0), rtol=1e-6)
    assert seen.person_ids.tolist() == ["5", "6"]
    assert seen.image_names.tolist() == ["000000000785.jpg", "000000000009.jpg"]
    assert seen.frames.tolist() == [1, 0]
    np.testing.assert_allclose(seen.intrinsics, [[[800, 0, 319.5], [0, 800, 239.5], [0, 0, 1]]] * 2)
    reasons = dict(seen.left_out)
    assert reasons.keys() == {"7", f"{path}, annotations[3].keypoints"}
    assert reasons["7"] == "no keypoint is visible"


def test_from_openpose_reads_a_directory_and_a_video(tmp_path):
    for frame in (3, 4, 8):
        people = [
            {"person_id": [k], "pose_keypoints_2d": detection_files.body_25(p)}
            for k, p in ((1, A), (2, B))
        ]
        save(tmp_path / f"v_{frame}_keypoints.json", {"version": 1.3, "people": people})
    seen = Evidence.from_openpose(tmp_path, image_size=(480, 640), is_video=True)
    assert seen.person_ids.tolist() == ["1"] * 3 + ["2"] * 3
    assert seen.frames.tolist() == [0, 1, 5] * 2
    second = seen.select(seen.person_ids == "2")
    assert len(second) == 3
    np.testing.assert_allclose(second.keypoints[0], B[:, :2], rtol=1e-6)
    assert second.image_names[2] == "v_8.jpg"
    both = second.followed_by(seen.select([0]))
    assert both.person_ids.tolist() == ["2", "2", "2", "1"]


def test_from_mediapipe_takes_the_size_of_the_image(tmp_path):
    path = save(tmp_path / "photo.json", {"landmarks": [detection_files.landmarks(A)]})
    seen = Evidence.from_mediapipe(path, image_size=(480, 640))
    np.testing.assert_allclose(seen.keypoints[0], A[:, :2], rtol=1e-5)
    with pytest.raises(InputError, match="expected the size of the image"):
        Evidence.from_mediapipe(path)
    with pytest.raises(InputError, match="expected COCO's annotations or results, received Media"):
        Evidence.from_coco(path)


def test_from_npz_and_from_file_agree(tmp_path):
    content = detection_files.npz(keypoints=np.stack([A, B]), image_sizes=[480, 640])
    path = save(tmp_path / "a.npz", content)
    first, second = Evidence.from_npz(str(path)), Evidence.from_file(path)
    np.testing.assert_array_equal(first.keypoints, second.keypoints)
    np.testing.assert_array_equal(first.keypoints, np.float32([A[:, :2], B[:, :2]]))


def test_one_person_without_a_row_is_told_what_to_add():
    with pytest.raises(ValueError, match=r"received one person without a row, \(17, 2\); add the"):
        Evidence(np.ones((17, 2)), np.ones(17), np.eye(3))


def test_texts_of_rows_must_be_as_many():
    camera = np.array([[[500.0, 0, 320], [0, 500, 240], [0, 0, 1]]])
    with pytest.raises(ValueError, match=r"`person_ids`: expected shape \(1,\), received \(2,\)"):
        Evidence(np.ones((1, 17, 2)), np.ones((1, 17)), camera, person_ids=np.array(["a", "b"]))
