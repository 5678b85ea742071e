import io
import re
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hps_tf.data.keypoints import keypoint_npz
from hps_tf.errors import InputError
from tests.data.keypoint_files import refusal


def archive(count=3, num_keypoints=17, values=3, **changes):
    rng = np.random.default_rng(0)
    fields = {"keypoints": rng.uniform(1, 99, (count, num_keypoints, values))} | changes
    buffer = io.BytesIO()
    np.savez(buffer, **{name: value for name, value in fields.items() if value is not None})
    return buffer.getvalue()


def read(data):
    return keypoint_npz.read(data, "a.npz")


def test_keypoints_alone_are_people_in_images_of_their_own():
    found = read(archive(values=2))
    assert found.keypoint_set == "coco17"
    assert [person.person_id for person in found.people] == ["0", "1", "2"]
    assert [person.image for person in found.people] == [
        (("000000",), 0, None),
        (("000001",), 1, None),
        (("000002",), 2, None),
    ]
    np.testing.assert_array_equal(found.people[0].confidence, np.ones(17))
    assert found.people[0].track_id is None


def test_confidence_is_the_third_number_or_a_field():
    found = read(archive())
    assert found.people[0].keypoints.shape == (17, 2)
    assert (found.people[0].confidence >= 1).all()
    found = read(archive(values=2, confidence=np.full((3, 17), 0.25, np.float32)))
    np.testing.assert_array_equal(found.people[0].confidence, np.full(17, 0.25))


def test_smpls_joints_are_known_by_their_number():
    assert read(archive(num_keypoints=24)).keypoint_set == "smpl24"


def test_reads_all_fields():
    intrinsics = np.diag([500.0, 500.0, 1.0])
    found = read(
        archive(
            person_ids=["ann", "bob", "ann"],
            image_names=["9.png", "9.png", "10.png"],
            image_sizes=[[480, 640]] * 3,
            intrinsics=intrinsics,
            boxes=np.ones((3, 4)),
        )
    )
    assert [person.person_id for person in found.people] == ["ann_0", "bob_0", "ann_1"]
    assert [person.track_id for person in found.people] == ["ann", "bob", "ann"]
    assert found.people[2].image == (("10.png",), 1, (480, 640))
    assert found.num_images == 2
    np.testing.assert_array_equal(found.people[1].intrinsics, intrinsics)
    np.testing.assert_array_equal(found.people[1].box, np.ones(4))


def test_unique_ids_stay_as_they_are():
    found = read(archive(person_ids=[5, 6, 9], image_sizes=[480, 640]))
    assert [person.person_id for person in found.people] == ["5", "6", "9"]
    assert found.people[2].image.size == (480, 640)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected an .npz archive"),
        (b"[]", "expected an .npz archive"),
        (archive()[:500], "expected an .npz archive"),
        (archive(keypoints=None, boxes=[1]), "expected field 'keypoints', received fields boxes"),
        (archive(num_keypoints=25), r"field 'keypoints': expected shape .* \(3, 25, 3\)"),
        (archive(keypoints=np.ones((17, 3))), r"field 'keypoints': expected shape .* \(17, 3\)"),
        (archive(keypoints=np.array([{}])), "field 'keypoints': expected numbers"),
        (archive(confidence=np.ones(3)), r"'confidence': expected shape \(3, 17\), received \(3,"),
        (archive(boxes=np.ones((3, 3))), r"'boxes': expected shape \(3, 4\), received \(3, 3\)"),
        (archive(intrinsics=np.ones((2, 3, 3))), r"'intrinsics': expected shape \(3, 3, 3\)"),
        (archive(intrinsics=np.full((3, 3), np.nan)), "'intrinsics': expected finite numbers"),
        (archive(person_ids=["a"]), "'person_ids': expected 3 texts, received 1"),
        (archive(person_ids=["a", "", "b"]), "'person_ids': expected texts, received one that is"),
        (archive(person_ids=np.ones(3)), "'person_ids': expected a list of texts or whole numbers"),
        (
            archive(person_ids=["a", "a", "b"], image_names=["x"] * 3),
            "'person_ids': expected a person once an image",
        ),
        (archive(image_sizes=[0, 640]), r"'image_sizes': .* received \[0.0, 640.0\] in row 0"),
        (archive(image_sizes=[1e6, 1e6]), r"'image_sizes': expected whole height and width"),
    ],
)
def test_says_what_is_wrong(data, message):
    with pytest.raises(InputError) as error:
        read(data)
    assert str(error.value).startswith("a.npz")
    assert re.search(message, str(error.value)), error.value


def test_a_small_archive_cannot_claim_all_memory():
    data = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        data, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40, 17, 3)}
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("keypoints.npy", data.getvalue() + bytes(64))
    with pytest.raises(InputError, match="field 'keypoints'"):
        read(buffer.getvalue())


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_archives_are_read_or_refused(patches):
    data = bytearray(archive(person_ids=["a", "b", "c"], image_sizes=[9, 9]))
    for place, value in patches:
        data[place % len(data)] = value
    message = refusal(lambda: read(bytes(data)))
    assert message is None or message.startswith("a.npz")
