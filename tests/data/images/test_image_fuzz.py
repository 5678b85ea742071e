"""Damaged images of every format with EXIF: read or refused, soon, in little memory."""

import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hps_tf.data.images import photographs
from hps_tf.errors import InputError
from tests import mutations

FORMATS = ("jpeg", "png", "webp", "tiff", "bmp", "gif")


def image(kind):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "maker"
    pixels = np.random.default_rng(0).integers(0, 256, (12, 9, 3), np.uint8)
    buffer = io.BytesIO()
    options = {"exif": exif} if kind in ("jpeg", "png", "webp", "tiff") else {}
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


DAMAGED = {kind: mutations.damaged(image(kind)) for kind in FORMATS}


def read(directory, data):
    path = directory / "fuzzed.img"
    path.write_bytes(data.draw(DAMAGED[data.draw(st.sampled_from(FORMATS))]))
    mutations.read_or_refused(lambda: photographs.at(path).read(), InputError)
    mutations.read_or_refused(lambda: photographs.read_labels(path), InputError)


@mutations.few(2_000)
@given(data=st.data())
def test_damaged_images_are_read_or_refused(tmp_path_factory, data):
    read(tmp_path_factory.getbasetemp(), data)


@mutations.many
@given(data=st.data())
def test_many_damaged_images_are_read_or_refused(tmp_path_factory, part, data):
    read(tmp_path_factory.getbasetemp(), data)
