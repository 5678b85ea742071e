import copy
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hps_tf.data.keypoints import coco_keypoints, people
from hps_tf.errors import InputError
from hps_tf.io import json_values
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


def _categories(*others):
    return [*annotations([])["categories"], *others]


CAR = {"id": 3, "image_id": 785, "category_id": 3, "bbox": [10, 300, 100, 60], "iscrowd": 0}
OTHER = "of a category other than people"


@pytest.mark.parametrize(
    ("entry", "category", "reason"),
    [
        (CAR, {"id": 3, "name": "car"}, OTHER),
        (annotation(3, category_id=18), {"id": 18, "name": "dog"}, OTHER),
        (
            annotation(3, category_id=18, keypoints=[20, 310, 2] * 20),
            {"id": 18, "name": "dog", "keypoints": [f"d{i}" for i in range(20)]},
            OTHER,
        ),
        (CAR | {"category_id": 1, "iscrowd": 1}, {"id": 2, "name": "x"}, "a crowd, not one person"),
        (CAR | {"category_id": 1}, {"id": 2, "name": "x"}, "no keypoint is labelled"),
    ],
)
def test_what_is_no_person_is_skipped_and_the_person_read(entry, category, reason):
    found = read(annotations([annotation(1), entry], categories=_categories(category)))
    assert [person.person_id for person in found.people] == ["1"]
    assert found.skipped == [("3", reason)]


def test_without_names_of_keypoints_the_category_person_counts():
    categories = [{"id": 7, "name": "Person"}, {"id": 18, "name": "dog"}]
    people = [annotation(1, category_id=7), annotation(2, category_id=18)]
    found = read(annotations(people, categories=categories))
    assert [person.person_id for person in found.people] == ["1"]
    assert read(annotations(people, categories=[])).skipped == []


def test_results_of_other_categories_or_without_keypoints_are_skipped():
    box = {"image_id": 785, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}
    found = read([result(category_id=18), box, result(), result(category_id=0)])
    assert [person.person_id for person in found.people] == ["785_2", "785_3"]
    assert found.skipped == [("785_0", OTHER), ("785_1", "no keypoint is labelled")]


@pytest.mark.parametrize("num_keypoints", [17, 21])
def test_of_more_names_than_cocos_the_first_17_are_read(num_keypoints):
    names = [*coco_keypoints.COCO17_NAMES, "left_finger", "right_finger", "left_toe", "right_toe"]
    keypoints = flat(points()) + [0] * (3 * (num_keypoints - 17))
    categories = [{"id": 1, "name": "person", "keypoints": names}]
    found = read(annotations([annotation(keypoints=keypoints)], categories=categories))
    np.testing.assert_array_equal(found.people[0].keypoints, points())


@pytest.mark.parametrize("num_keypoints", [26, 133, 136])
def test_of_larger_sets_of_results_cocos_come_first(num_keypoints):
    keypoints = flat(points(), 0.5) + [9.0] * (3 * (num_keypoints - 17))
    np.testing.assert_array_equal(read([result(keypoints=keypoints)]).people[0].keypoints, points())


@pytest.mark.parametrize("value", [-0.0031, float("nan"), None])
def test_a_keypoint_whose_confidence_is_no_number_is_not_seen(value):
    keypoints = flat(points(), 0.9)
    keypoints[11], keypoints[32] = value, 1.2614
    (person,) = read([result(keypoints=keypoints)]).people
    expected = np.full(17, 0.9)
    expected[[3, 10]] = 0, 1
    np.testing.assert_array_equal(person.confidence, expected)
    np.testing.assert_array_equal(np.delete(person.keypoints, 3, 0), np.delete(points(), 3, 0))
    assert people.flaw(person) is None


@pytest.mark.parametrize("box", [[0, 0, 0, 0], [5, 5, 0, 0], [], None])
def test_a_box_of_zero_is_none(box):
    (person,) = read(annotations([annotation(bbox=box)])).people
    assert person.box is None
    assert people.flaw(person) is None


@pytest.mark.parametrize("form", [2, 2.0, [2.0], [[2.0]], "2"])
def test_alphapose_tells_who_is_who_as_idx(form):
    assert read([result(idx=form)]).people[0].track_id == "2"
    assert read([result(idx=[])]).people[0].track_id is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (3, "a.json: expected an object, received 3"),
        ({"images": []}, "a.json: expected field 'annotations', received fields 'images'"),
        ({"annotations": []}, "a.json: expected field 'images'"),
        (annotations({}), "a.json, annotations: expected a list, received an object"),
        (annotations([[]]), r"annotations\[0\]: expected an object, received a list"),
        (annotations([], categories=[{"id": 18, "name": "dog"}]), "named 'person', received 'dog'"),
        (annotations([annotation(category_id=[1])]), r"\[0\].category_id: expected a whole"),
        (annotations([annotation(keypoints="x")]), r"\[0\]\.keypoints: expected a list"),
        (annotations([annotation(keypoints=["x"] * 51)]), r"keypoints\[0\]: expected a number"),
        ([result(idx=1.5)], r"a.json\[0\].idx: expected a whole number or a text, received 1.5"),
        ([result(idx=[1, 2])], r"a.json\[0\].idx: expected a whole number or a text"),
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
        [annotation(1), annotation(1), [], annotation(2, 9), annotation(3, keypoints="x")],
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
