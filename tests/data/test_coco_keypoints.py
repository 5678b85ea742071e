import copy
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hps_tf.data import coco_keypoints, json_values, people
from hps_tf.errors import InputError
from tests.data.keypoint_files import annotation, annotations, flat, image, points, refusal, result


def read(content):
    return coco_keypoints.read(json_values.parse(json.dumps(content).encode(), "a.json"), "a.json")


def test_reads_annotations_with_their_images():
    images = [image(9), image(785)]
    found = read(annotations([annotation(5, 785), annotation(6, 9, seed=1)], images))
    first, second = found.people
    assert (found.keypoint_set, found.skipped, found.num_images) == ("coco17", [], 2)
    assert (first.person_id, second.person_id) == ("5", "6")
    assert first.image == (("000000000785.jpg",), 1, (480, 640))
    assert second.image.frame == 0
    np.testing.assert_array_equal(first.keypoints, points(0))
    np.testing.assert_array_equal(first.box[:2], points(0).min(axis=0))


def test_what_annotators_labelled_counts_in_full():
    v = np.arange(17) % 3
    found = read(annotations([annotation(keypoints=flat(points(), v))]))
    np.testing.assert_array_equal(found.people[0].confidence, [0, 1, 1] * 5 + [0, 1])


def test_results_keep_their_scores_and_take_cocos_image_names():
    found = read([result(40083), result(785), result(785, seed=1)])
    assert [person.person_id for person in found.people] == ["40083_0", "785_0", "785_1"]
    assert [person.image.frame for person in found.people] == [1, 0, 0]
    assert found.people[1].image.names == (
        "000000000785.jpg",
        "COCO_val2014_000000000785.jpg",
        "COCO_train2014_000000000785.jpg",
    )
    assert found.people[0].image.size is None
    np.testing.assert_array_equal(found.people[0].confidence, np.full(17, 0.5))


def test_results_may_name_images_by_file_and_are_in_natural_order():
    found = read([result("frame10.jpg"), result("frame9.jpg", track_id=3)])
    assert [person.image.frame for person in found.people] == [1, 0]
    assert found.people[0].image.names == ("frame10.jpg",)
    assert found.people[1].track_id == "3"


def test_frames_count_from_the_first():
    content = json.loads(json.dumps(annotations([annotation()])))
    assert coco_keypoints.read(content, "a.json", first_frame=7).people[0].image.frame == 7


def test_who_cannot_be_fitted_is_skipped_with_a_reason():
    whole_body = annotation(4, keypoints=[1.0] * 399)
    found = read(
        annotations(
            [
                annotation(1),
                annotation(2, iscrowd=1),
                annotation(3, num_keypoints=0, keypoints=[0] * 51),
                whole_body,
            ]
        )
    )
    assert [person.person_id for person in found.people] == ["1"]
    assert found.skipped == [
        ("2", "a crowd, not one person"),
        ("3", "no keypoint is labelled"),
        ("4", "expected keypoints of 51 numbers, received 399"),
    ]


def test_knows_cocos_keypoints_however_they_are_spelt():
    def category(names):
        return [{"id": 1, "keypoints": names}]

    names = coco_keypoints.COCO17_NAMES
    spelt = [name.title().replace("Left_", "L_").replace("Right_", "R-") for name in names]
    people = [annotation()]
    assert read(annotations(people, categories=category(spelt))).people
    h36m = ["pelvis", *names[1:]]
    with pytest.raises(InputError, match=r"expected COCO's 17 keypoints .* received 17: pelvis"):
        read(annotations(people, categories=category(h36m)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (3, "a.json: expected an object, received 3"),
        ({"images": []}, "a.json: expected field 'annotations', received fields 'images'"),
        ({"annotations": []}, "a.json: expected field 'images'"),
        (annotations({}), "a.json, annotations: expected a list, received an object"),
        (annotations([[]]), r"annotations\[0\]: expected an object, received a list"),
        (
            annotations([{"id": 1, "image_id": 785}]),
            r"annotations\[0\]: expected field 'keypoints'",
        ),
        (annotations([annotation(keypoints="x")]), r"\[0\]\.keypoints: expected a list"),
        (annotations([annotation(keypoints=["x"] * 51)]), r"keypoints\[0\]: expected a number"),
        (annotations([annotation(keypoints=[[1, 2, 2]] * 17)]), r"keypoints\[0\]: expected a num"),
        (annotations([annotation(keypoints=[10**400] * 51)]), "received one too large"),
        (annotations([annotation(image_id=1)]), "expected the id of one of the images, received 1"),
        (annotations([annotation(), annotation()]), r"annotations\[1\].id: .* received 1 again"),
        (annotations([annotation(person_id=None)]), r"annotations\[0\].id: .* received null"),
        (annotations([annotation(person_id="a\nb")]), r"annotations\[0\].id: expected a whole"),
        (annotations([annotation(bbox=[1, 2])]), r"bbox: expected 4 numbers, received 2"),
        (annotations([], [image(), image()]), r"images\[1\].id: .* received 785 again"),
        (annotations([], [image(width=0)]), r"images\[0\].width: expected a whole number from 1"),
        (annotations([], [image(width="9")]), r"images\[0\].width: expected a whole number from 1"),
        (annotations([], [image(width=60000, height=60000)]), "expected an image of at most"),
        (annotations([], [image(file_name="\ud800")]), r"images\[0\].file_name: expected a text"),
        (annotations([], categories=4), "categories: expected a list, received 4"),
        ([result(), 1], r"a.json\[1\]: expected an object, received 1"),
        ([{"keypoints": []}], r"a.json\[0\]: expected field 'image_id'"),
        ([{"image_id": 1}], r"a.json\[0\]: expected field 'keypoints'"),
        ([result(1.5)], r"a.json\[0\].image_id: expected a whole number or a text, received 1.5"),
        ([result(True)], r"a.json\[0\].image_id: .* received true or false"),
    ],
)
def test_says_what_is_wrong(content, message):
    with pytest.raises(InputError) as error:
        read(content)
    assert re.search(message, str(error.value)), error.value


def test_damaged_entries_are_left_out_on_request():
    content = annotations(
        [annotation(1), annotation(1), [], annotation(2, 9), annotation(3, keypoints=None)],
        [image(), image(9, width=0), image(10)],
    )
    found = coco_keypoints.read(content, "a.json", skip_bad=True)
    assert [person.person_id for person in found.people] == ["1"]
    assert found.num_images == 2
    assert [error.partition(":")[0] for error in found.damaged] == [
        "a.json, images[1].width",
        "a.json, annotations[1].id",
        "a.json, annotations[2]",
        "a.json, annotations[3].image_id",
        "a.json, annotations[4].keypoints",
    ]
    with pytest.raises(InputError, match=r"a\.json: expected field 'annotations'"):
        coco_keypoints.read({"images": []}, "a.json", skip_bad=True)


SMALL = [
    annotations([annotation(), annotation(2, keypoints=flat(points(1), 1), track_id=3)]),
    [result(), result(785, bbox=[1, 2, 3, 4])],
]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.just(10**400),
)


def mutated(content, draw):
    """Puts a value in a place deep in the content, or takes the place away."""
    here = content
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        if isinstance(here[key], dict | list) and here[key] and draw(st.integers(0, 3)):
            here = here[key]
        elif draw(st.booleans()):
            here[key] = draw(VALUES)
            return
        else:
            del here[key]
            return


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_mutated_files_are_read_or_refused(data):
    content = copy.deepcopy(data.draw(st.sampled_from(SMALL)))
    for _ in range(data.draw(st.integers(1, 3))):
        mutated(content, data.draw)
    message = refusal(lambda: coco_keypoints.read(content, "a.json"))
    assert message is None or message.startswith("a.json")
    if message is None:
        for person in coco_keypoints.read(content, "a.json").people:
            assert person.keypoints.shape == (17, 2)
            people.flaw(person)  # Must not raise.


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000))
def test_cut_text_is_refused(cut):
    text = json.dumps(SMALL[0]).encode()
    with pytest.raises(InputError, match=r"^a\.json: expected JSON, received"):
        json_values.parse(text[: cut % len(text)], "a.json")
