import numpy as np
import pytest

import hps_tf.body
from hps_tf import models, priors
from hps_tf.errors import InputError
from hps_tf.io import foreign_file

KINDS = {
    b"": "an empty file",
    bytes(600): "nothing but zeros",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1234\n": "git lfs pull",
    b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>\n": "a web page, such as",
    b"\xef\xbb\xbf\n <HTML><body>": "a web page, such as the log-in page",
    b'<?xml version="1.0"?><!-- moved --><html>': "a web page",
    b"\x1f\x8b\x08\x00" + bytes(30): "a gzip archive; unpack it",
    b"Rar!\x1a\x07\x00": "a RAR archive; unpack it",
    b"\x89HDF\r\n\x1a\n": "an HDF5 file",
    b"\xff\xd8\xff\xe0": "a JPEG image",
    b'{"a": 1}': "a JSON text",
    b"clip,subject,split\n01_01,01,train\n": "a text",
    "Größe, am Ende abgeschnitten: ä".encode()[:-1]: "a text",
}


@pytest.mark.parametrize("content", KINDS, ids=KINDS.values())
def test_kinds_are_told_by_the_first_bytes(content):
    assert KINDS[content] in foreign_file.describe(content[: foreign_file.HEAD_BYTES])


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04", b"\x80\x02}q\x00", b"\x00\x01\x02", b"a\xffb + more bytes"]
)
def test_other_kinds_are_not(content):
    assert foreign_file.describe(content) is None


@pytest.mark.parametrize("content", KINDS, ids=KINDS.values())
@pytest.mark.parametrize("load", [hps_tf.body.load, priors.load, models.load])
def test_whatever_is_loaded_says_what_the_file_is(load, content, tmp_path):
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        load(path)
    assert str(path) in str(error.value)
    assert KINDS[content] in str(error.value)


def test_a_single_array_is_told(tmp_path):
    np.save(tmp_path / "a.npy", np.ones(3))
    for load in (hps_tf.body.load, priors.load, models.load):
        with pytest.raises(InputError, match=r"a single array \(\.npy\)"):
            load(tmp_path / "a.npy")
