"""Damaged label images and DensePose files: read or refused, soon, in little memory."""

import io
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hps_tf.data.keypoints.part_masks import DensePoseMasks, LabelImages
from hps_tf.data.keypoints.people import ImageEntry, Person
from hps_tf.errors import InputError
from hps_tf.io import json_values
from tests import mutations
from tests.data import coco_files


def png():
    labels = np.zeros((24, 32), np.uint8)
    labels[4:20, 6:20] = 5
    buffer = io.BytesIO()
    Image.fromarray(labels).save(buffer, "png")
    return buffer.getvalue()


PERSON = Person(
    "1",
    ImageEntry(("1.jpg",), 0, (24, 32)),
    np.ones((17, 2)),
    np.ones(17),
    np.array([0.0, 0.0, 32.0, 24.0]),
)
PNG = mutations.damaged(png())
MASKED = {"annotations": [{"id": 1, "bbox": [1, 2, 30, 20], "dp_masks": coco_files.dp_masks()}]}
JSON = mutations.damaged(json.dumps(MASKED).encode())


def read(directory, data):
    if data.draw(st.booleans()):
        (directory / "1.png").write_bytes(data.draw(PNG))
        mutations.read_or_refused(lambda: LabelImages(directory).of(PERSON, True), InputError)
        return
    content = data.draw(JSON)

    def masks():
        return DensePoseMasks(json_values.parse(content, "d.json"), "d.json").of(PERSON, True)

    mutations.read_or_refused(masks, InputError)


@mutations.few(2_000)
@given(data=st.data())
def test_damaged_masks_are_read_or_refused(tmp_path_factory, data):
    read(tmp_path_factory.getbasetemp(), data)


@mutations.many
@given(data=st.data())
def test_many_damaged_masks_are_read_or_refused(tmp_path_factory, part, data):
    read(tmp_path_factory.getbasetemp(), data)
