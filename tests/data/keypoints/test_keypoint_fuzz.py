"""Damaged keypoint files of every format: read or refused, soon, in little memory."""

import copy
import json

from hypothesis import given
from hypothesis import strategies as st

from hps_tf.data.keypoints import subjects
from hps_tf.errors import InputError
from tests import mutations
from tests.data import detection_files, keypoint_files

FILES = detection_files.small_files() | {
    "coco annotations": (
        "people.json",
        json.dumps(keypoint_files.annotations([keypoint_files.annotation()])).encode(),
    ),
    "npz": (
        "people.npz",
        detection_files.npz(
            keypoints=detection_files.people(2), person_ids=["a", "b"], image_sizes=[480, 640]
        ),
    ),
}
VALUES = st.one_of(
    st.sampled_from([None, True, [], {}, "", "x", [[]], [None], {"x": 1}, 10**400, -1, 1e308]),
    st.integers(),
    st.floats(),
)
CHANGES = st.lists(
    st.tuples(st.integers(0, 1 << 30), VALUES, st.booleans()), min_size=1, max_size=3
)
DAMAGED = {
    name: mutations.damaged_archive(content)
    if content.startswith(b"PK")
    else mutations.damaged(content)
    for name, (_, content) in FILES.items()
}


def exchanged(content, changes):
    """JSON with values deep in it exchanged or taken away."""
    for place, value, is_gone in changes:
        here = content
        while isinstance(here, dict | list) and here:
            keys = list(here) if isinstance(here, dict) else range(len(here))
            place, rest = divmod(place, len(keys))
            key = keys[rest]
            if not isinstance(here[key], dict | list) or place % 4 == 0:
                if is_gone:
                    del here[key]
                else:
                    here[key] = copy.deepcopy(value)
                break
            here = here[key]
    return json.dumps(content).encode()


def read(directory, data):
    name = data.draw(st.sampled_from(sorted(FILES)))
    file_name, content = FILES[name]
    if file_name.endswith("json") and data.draw(st.integers(0, 3)):
        damaged = exchanged(json.loads(content), data.draw(CHANGES))
    else:
        damaged = data.draw(DAMAGED[name])
    path = directory / file_name
    path.write_bytes(damaged)
    found = mutations.read_or_refused(
        lambda: subjects.gather([path], image_size=(480, 640)), InputError
    )
    assert found is None or all(subject.person.is_seen.any() for subject in found.subjects)


@mutations.few(2_000)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(tmp_path_factory, data):
    read(tmp_path_factory.getbasetemp(), data)


@mutations.many
@given(data=st.data())
def test_many_damaged_files_are_read_or_refused(tmp_path_factory, part, data):
    read(tmp_path_factory.getbasetemp(), data)


def test_whole_files_are_read(tmp_path):
    for file_name, content in FILES.values():
        path = tmp_path / file_name
        path.write_bytes(content)
        assert subjects.gather([path], image_size=(480, 640)).subjects
