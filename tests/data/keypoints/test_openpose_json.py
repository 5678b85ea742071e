import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.data.keypoints import openpose_json
from hps_tf.errors import InputError
from tests.data.keypoint_files import openpose, openpose_person, refusal

# As OpenPose's documentation lists them (output.md).
UPPER_BODY = ["Nose", "Neck", "RShoulder", "RElbow", "RWrist", "LShoulder", "LElbow", "LWrist"]
LEGS = ["RHip", "RKnee", "RAnkle", "LHip", "LKnee", "LAnkle"]
FACE = ["REye", "LEye", "REar", "LEar"]
FEET = ["LBigToe", "LSmallToe", "LHeel", "RBigToe", "RSmallToe", "RHeel"]
BODY_25 = [*UPPER_BODY, "MidHip", *LEGS, *FACE, *FEET]
COCO_18 = [*UPPER_BODY, *LEGS, *FACE]


@pytest.mark.parametrize("names", [BODY_25, COCO_18])
def test_reads_cocos_keypoints_of_both_layouts(names):
    xy = np.random.default_rng(0).uniform(0, 100, (len(names), 2))
    found = openpose_json.read(
        openpose(openpose_person(xy)), "dir/walk_000000000012_keypoints.json"
    )
    (person,) = found.people
    for row, name in enumerate(COCO17_NAMES):
        side, _, part = name.rpartition("_")
        other = names.index(side[:1].upper() + part.title())
        np.testing.assert_array_equal(person.keypoints[row], xy[other])
    np.testing.assert_array_equal(person.confidence, np.full(17, 0.8))


def test_names_people_and_images_after_the_file():
    people = openpose(openpose_person(np.ones((25, 2))), openpose_person(np.ones((18, 2))))
    found = openpose_json.read(people, "dir/walk_000000000012_keypoints.json", frame=4)
    assert [person.person_id for person in found.people] == [
        "walk_000000000012_0",
        "walk_000000000012_1",
    ]
    assert found.people[0].image.names[:2] == ("walk_000000000012.jpg", "walk_000000000012.png")
    assert found.people[0].image.frame == 4
    assert found.num_images == 1


@pytest.mark.parametrize(
    ("person_id", "track_id"), [([-1], None), ([7], "7"), (7, "7"), (None, None), ([], None)]
)
def test_knows_who_is_tracked(person_id, track_id):
    person = openpose_person(np.ones((25, 2))) | {"person_id": person_id}
    assert openpose_json.read(openpose(person), "a.json").people[0].track_id == track_id


def test_an_image_without_people_is_an_image():
    found = openpose_json.read(openpose(), "a_keypoints.json")
    assert (found.people, found.num_images) == ([], 1)


@pytest.mark.parametrize("count", [0, 45, 74, 399])
def test_other_layouts_are_skipped(count):
    person = openpose_person(np.ones((25, 2))) | {"pose_keypoints_2d": [1.0] * count}
    found = openpose_json.read(openpose(person), "a_keypoints.json")
    assert found.skipped == [("a_0", f"expected keypoints of 75 or 54 numbers, received {count}")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "a.json: expected an object, received a list"),
        ({"version": 1.3}, "a.json: expected field 'people', received fields 'version'"),
        ({"people": {}}, "a.json, people: expected a list, received an object"),
    ],
)
def test_says_what_is_wrong(content, message):
    with pytest.raises(InputError) as error:
        openpose_json.read(content, "a.json")
    assert re.search(message, str(error.value)), error.value


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (1, "a.json, people[0]: expected an object, received 1"),
        ({}, "a.json, people[0]: expected field 'pose_keypoints_2d', received fields none"),
        ({"pose_keypoints_2d": "x"}, "a.json, people[0].pose_keypoints_2d: expected a list"),
        ({"pose_keypoints_2d": ["x"] * 75}, "people[0].pose_keypoints_2d[0]: expected a number"),
        (
            openpose_person(np.ones((25, 2))) | {"person_id": "x"},
            "a.json, people[0].person_id[0]: expected a number, received 'x'",
        ),
    ],
)
def test_a_damaged_person_is_left_out_and_the_others_read(entry, reason):
    found = openpose_json.read(openpose(entry, openpose_person(np.ones((25, 2)))), "a.json")
    assert [person.person_id for person in found.people] == ["a_1"]
    ((person_id, told),) = found.skipped
    assert person_id == "a_0"
    assert reason in told


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["people", "person_id", "pose_keypoints_2d"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_json_is_read_or_refused(content):
    for tried in (content, {"people": [content]}, {"people": [{"pose_keypoints_2d": content}]}):
        message = refusal(lambda content=tried: openpose_json.read(content, "a.json"))
        assert message is None or message.startswith("a.json")
