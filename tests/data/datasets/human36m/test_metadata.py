import re

import numpy as np
import pytest

pytest.importorskip("cdflib")

from hps_tf.data.datasets.human36m import metadata
from hps_tf.errors import InputError
from tests.data import human36m_files as files

TEXT = files.metadata_xml()


def read(text):
    return metadata.read(text.encode(), "metadata.xml")


def test_reads_cameras_of_every_subject():
    found = read(TEXT)
    assert found.cameras == files.CAMERAS
    assert found.subjects == files.SUBJECTS
    for number, camera in enumerate(files.CAMERAS):
        for field, expected in files.LENS._asdict().items():
            np.testing.assert_allclose(getattr(found.lenses[camera], field), expected)
        matrix = found.world_to_camera("S9", camera)
        np.testing.assert_allclose(matrix, files.extrinsics(number), atol=1e-12)


def test_numbers_go_by_camera_then_subject():
    numbers = np.zeros(300)
    numbers[264:] = np.tile(np.arange(1, 10), 4)
    place = 6 * (2 * 11 + 7)  # Third camera, S8.
    numbers[place : place + 6] = 0.1, 0.2, 0.3, 1000, 2000, 3000
    matrix = read(files.metadata_xml(numbers=numbers)).world_to_camera("S8", "58860488")
    sin, cos = np.sin([0.1, 0.2, 0.3]), np.cos([0.1, 0.2, 0.3])
    about_x = [[1, 0, 0], [0, cos[0], -sin[0]], [0, sin[0], cos[0]]]
    about_y = [[cos[1], 0, sin[1]], [0, 1, 0], [-sin[1], 0, cos[1]]]
    about_z = [[cos[2], -sin[2], 0], [sin[2], cos[2], 0], [0, 0, 1]]
    rotation = np.array(about_x) @ about_y @ about_z
    np.testing.assert_allclose(matrix[:3, :3], rotation, atol=1e-12)
    np.testing.assert_allclose(matrix @ [1, 2, 3, 1], [0, 0, 0, 1], atol=1e-12)
    lens = read(files.metadata_xml(numbers=numbers)).lenses["58860488"]
    assert [part.tolist() for part in lens] == [[1, 2], [3, 4], [5, 6, 7], [8, 9]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "metadata.xml: expected XML, received: no element"),
        (TEXT[: len(TEXT) // 2], "metadata.xml: expected XML, received"),
        ("<a/>", "dbcameras/index2id: expected 4 entries, received []"),
        (TEXT.replace("<id>54138969</id>", ""), "index2id: expected 4 entries"),
        (TEXT.replace("54138969", "55011271"), "index2id: expected 4 entries"),
        (TEXT.replace("<td>S11</td>", ""), "mapping/*: expected 13 entries"),
        (re.sub("<w0>.*</w0>", "", TEXT), "w0: expected 300 numbers, received 0"),
        (TEXT.replace("<w0>[", "<w0>[1 "), "w0: expected 300 numbers, received 301"),
        (re.sub(r"<w0>\[\S+", "<w0>[nan", TEXT), "w0: expected finite numbers, received NaN"),
        (re.sub(r"<w0>\[\S+", "<w0>[x", TEXT), "w0: expected 300 numbers, received: could not"),
        (files.metadata_xml(numbers=np.zeros(300)), "w0: expected focal lengths above 0"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "expected Human3.6M's metadata.xml"),
    ],
)
def test_says_what_is_wrong(text, message):
    with pytest.raises(InputError, match=re.escape(message)):
        read(text)
