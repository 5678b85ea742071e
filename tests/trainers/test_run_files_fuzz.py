"""Damaged JSON of run directories and of prepared data."""

import json

from hypothesis import given
from hypothesis import strategies as st

from hps_tf.data.images import image_dataset
from hps_tf.data.mocap import motion_manifest
from hps_tf.errors import InputError
from tests import mutations
from trainers import arguments, workdir
from trainers.configs import base

CONFIG = json.dumps(base.prior("light", "6d").to_dict()).encode()
IMAGES = json.dumps(
    {
        "version": 1,
        "kind": "images",
        "settings": {},
        "image_size": 8,
        "num_shape": 2,
        "body": "default",
        "splits": {"train": {"examples": 1, "subjects": ["a"]}},
        "dropped": {},
    }
).encode()
MOTION = b'{"version": 1, "settings": {}, "splits": {}, "frames": {}, "clips": []}'

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3)
    ),
    max_leaves=8,
)


def damaged_json(content: bytes) -> st.SearchStrategy[bytes]:
    """As `mutations.damaged`, or whole JSON with one value exchanged, or all of it."""
    whole = json.loads(content)

    def exchanged(name: str, value: object) -> bytes:
        return json.dumps(whole | {name: value}).encode()

    return st.one_of(
        mutations.damaged(content),
        st.builds(exchanged, st.sampled_from(sorted(whole)), _VALUES),
        _VALUES.map(lambda value: json.dumps(value).encode()),
    )


DAMAGED = {content: damaged_json(content) for content in (CONFIG, IMAGES, MOTION)}


def _read(directory, data) -> None:
    config = base.prior("light", "6d")
    readers = {
        "config": (CONFIG, lambda: arguments.load(directory / "config.json")),
        "run": (CONFIG, lambda: workdir.check(directory, config)),
        "images": (IMAGES, lambda: image_dataset.ImageDataset(directory, "train")),
        "motion": (MOTION, lambda: motion_manifest.read(directory)),
    }
    content, read = readers[data.draw(st.sampled_from(sorted(readers)))]
    name = "config.json" if content is CONFIG else "manifest.json"
    (directory / name).write_bytes(data.draw(DAMAGED[content]))
    mutations.read_or_refused(read, InputError)


@mutations.few(2_000)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(tmp_path_factory, data):
    _read(tmp_path_factory.getbasetemp(), data)


@mutations.many
@given(data=st.data())
def test_many_damaged_files_are_read_or_refused(tmp_path_factory, part, data):
    _read(tmp_path_factory.getbasetemp(), data)
