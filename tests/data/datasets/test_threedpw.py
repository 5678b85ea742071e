import os
import pickle
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.data.datasets import threedpw
from hps_tf.errors import InputError
from tests.data import threedpw_files as files


@pytest.fixture(scope="module")
def video():
    return files.Video(count=3, num_people=2)


def read(fields, tmp_path, protocol=2):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(fields, protocol))
    return threedpw.read(path)


@pytest.mark.parametrize("protocol", [0, 2])
def test_reads_people_and_camera(protocol, video, tmp_path):
    found = read(video.fields, tmp_path, protocol)
    assert found.name == "courtyard_walk_00"
    np.testing.assert_array_equal(found.extrinsics, video.cameras)
    np.testing.assert_array_equal(found.lens.focal_length, [984.0, 980.5])
    np.testing.assert_array_equal(found.lens.principal_point, [270.5, 480.5])
    assert [person.gender for person in found.people] == ["m", "f"]
    for index, person in enumerate(found.people):
        np.testing.assert_array_equal(person.pose, video.poses[index])
        np.testing.assert_array_equal(person.translation, video.translations[index])
        assert person.shape.shape == (10,)
        assert person.joints.shape == (3, 24, 3)
        assert person.is_valid.all()


def test_keypoints_are_in_cocos_order(video, tmp_path):
    person = read(video.fields, tmp_path).people[1]
    seen = video.coco(1) @ files.INTRINSICS.T
    is_found = np.array([name != "left_wrist" for name in COCO17_NAMES])
    expected = seen[..., :2] / seen[..., 2:]
    np.testing.assert_allclose(person.keypoints[:, is_found, :2], expected[:, is_found])
    np.testing.assert_array_equal(person.keypoints[..., 2], np.tile(0.8 * is_found, (3, 1)))


def test_frames_without_a_camera_are_marked(video, tmp_path):
    valid = [np.array([0, 1, 0]), np.array([True, True, False])]
    found = read({**video.fields, "campose_valid": valid}, tmp_path)
    assert [person.is_valid.tolist() for person in found.people] == [
        [False, True, False],
        [True, True, False],
    ]


def test_finds_the_splits_that_are_there(tmp_path):
    (tmp_path / "sequenceFiles" / "test").mkdir(parents=True)
    with pytest.raises(InputError, match="expected sequenceFiles/train"):
        threedpw.find(tmp_path)
    path = tmp_path / "sequenceFiles" / "test" / "b.pkl"
    path.touch()
    assert threedpw.find(tmp_path) == {"test": [path]}


def test_directories_that_archives_were_unpacked_into_are_entered(tmp_path):
    path = tmp_path / "sequenceFiles" / "sequenceFiles" / "train" / "b.pkl"
    path.parent.mkdir(parents=True)
    path.touch()
    (tmp_path / "imageFiles" / "b").mkdir(parents=True)
    assert threedpw.find(tmp_path) == {"train": [path]}
    assert threedpw.folder(tmp_path, "imageFiles") == tmp_path / "imageFiles"


def wrong(field, value):
    return lambda fields: {**fields, field: value}


def without(field):
    return lambda fields: {name: value for name, value in fields.items() if name != field}


def person_wrong(field, change):
    def changed(fields):
        return {**fields, field: [fields[field][0], change(np.array(fields[field][1]))]}

    return changed


def with_nan(values):
    values = values.astype(float)
    values.flat[5] = np.nan
    return values


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("cam_poses"), "field cam_poses: expected a field of that name, received none"),
        (without("poses2d"), "field poses2d: expected a field of that name"),
        (wrong("sequence", "../a"), "field sequence: expected a name, received '../a'"),
        (wrong("sequence", 3), "field sequence: expected a name"),
        (wrong("genders", ["m", "x"]), "field genders[1]: expected m or f, received 'x'"),
        (wrong("genders", ["m"] * 3), "field poses: expected an entry for person 2"),
        (wrong("genders", []), "field genders: expected a list"),
        (wrong("cam_poses", np.ones((3, 4, 4))), "field cam_poses: expected rigid motions"),
        (wrong("cam_poses", np.ones((3, 3, 4))), "field cam_poses: expected shape (None, 4, 4)"),
        (wrong("cam_intrinsics", np.ones((3, 3))), "field cam_intrinsics: expected [[fx, 0, cx]"),
        (person_wrong("poses", lambda x: x[:2]), "field poses[1]: expected shape (3, 72)"),
        (person_wrong("poses", with_nan), "field poses[1]: expected finite numbers, received NaN"),
        (person_wrong("poses", lambda x: 90 + x), "field poses[1]: expected radians, received 9"),
        (person_wrong("betas", lambda x: x[:5]), "betas[1]: expected at least 10 numbers"),
        (person_wrong("trans", lambda x: x[:, :2]), "trans[1]: expected shape (3, 3)"),
        (person_wrong("poses2d", lambda x: x[:, :, :17]), "poses2d[1]: expected shape (3, 3, 18)"),
        (person_wrong("jointPositions", lambda x: "?"), "jointPositions[1]: expected an array of"),
        (lambda fields: [1], "expected a pickled dict, received list"),
    ],
)
def test_says_what_is_wrong(change, message, video, tmp_path):
    with pytest.raises(InputError, match=re.escape(message)):
        read(change(video.fields), tmp_path)


class Hostile:
    def __reduce__(self):
        return os.system, ("touch hostile",)


def test_hostile_pickles_run_nothing(video, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"a\.pkl: expected a pickle of arrays, received one that"):
        read({**video.fields, "texture_maps": Hostile()}, tmp_path)
    assert not (tmp_path / "hostile").exists()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_cut_and_mutated_files_are_read_or_refused(tmp_path_factory, video, data):
    content = bytearray(pickle.dumps(video.fields, 2))
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "mutated.pkl"
    path.write_bytes(bytes(content))
    try:
        found = threedpw.read(path)
    except InputError:
        pass
    else:
        assert np.isfinite(found.people[0].pose).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: {**fields, "genders": [b"m", "Female"]},
        lambda fields: {**fields, "genders": ("male", "f")},
        lambda fields: {**fields, "genders": np.array(["m", "f"])},
        lambda fields: {**fields, "sequence": np.str_("courtyard_walk_00")},
        lambda fields: {**fields, "sequence": b"courtyard_walk_00"},
        lambda fields: {**fields, "betas": [beta[:10, None] for beta in fields["betas"]]},
        lambda fields: {**fields, "campose_valid": np.ones((2, 3), np.uint8)},
        lambda fields: {**fields, "campose_valid": [[True] * 3] * 2},
        lambda fields: {**fields, "poses": np.stack(fields["poses"])},
    ],
    ids=["bytes", "tuple", "array", "numpy text", "byte text", "10 x 1", "bits", "lists", "stack"],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_spellings_of_the_same_are_read_alike(change, protocol, video, tmp_path):
    expected, found = read(video.fields, tmp_path), read(change(video.fields), tmp_path, protocol)
    assert found.name == expected.name
    for person, other in zip(found.people, expected.people, strict=True):
        for value, wanted in zip(person, other, strict=True):
            np.testing.assert_array_equal(value, wanted)


def test_what_stands_where_a_camera_is_not_valid_does_not_matter(video, tmp_path):
    fields = dict(video.fields)
    fields["campose_valid"] = [np.array([1, 0, 0]), np.array([1, 0, 1])]
    cameras = video.cameras.copy()
    cameras[1] = np.nan
    fields["cam_poses"] = cameras
    for name in ("poses", "trans", "jointPositions", "poses2d"):
        fields[name] = [np.array(value) for value in fields[name]]
        fields[name][0][1:] = np.nan
    found = read(fields, tmp_path)
    np.testing.assert_array_equal(found.extrinsics[[0, 2]], cameras[[0, 2]])
    np.testing.assert_array_equal(found.extrinsics[1], np.eye(4))
    np.testing.assert_array_equal(found.people[0].pose[0], video.poses[0][0])
    assert all(np.isfinite(field).all() for field in found.people[0][1:])
    fields["cam_poses"][2] = 2.0
    with pytest.raises(InputError, match="rigid motions where campose_valid is 1"):
        read(fields, tmp_path)


@pytest.mark.parametrize("nobody", [[], None, "absent"])
def test_somebody_nobody_detected_has_keypoints_of_no_confidence(nobody, video, tmp_path):
    keypoints = [video.fields["poses2d"][0]] + ([] if nobody == "absent" else [nobody])
    found = read({**video.fields, "poses2d": keypoints}, tmp_path)
    assert found.people[0].keypoints[..., 2].max() == 0.8
    np.testing.assert_array_equal(found.people[1].keypoints, np.zeros((3, 17, 3)))
