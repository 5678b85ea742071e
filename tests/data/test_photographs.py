import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from hps_tf.data import photographs
from hps_tf.data.people import ImageEntry
from hps_tf.errors import InputError
from tests.data.keypoint_files import refusal


def pixels(height=4, width=6):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def save(path, image, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, **options)
    return path


def entry(*names, size=None):
    return ImageEntry(names, 0, size)


def test_finds_the_first_name_that_is_there_and_reads_it(tmp_path):
    save(tmp_path / "b.png", pixels())
    photograph = photographs.locate(tmp_path, entry("a.jpg", "b.png", size=(4, 6)))
    assert photograph == (tmp_path / "b.png", (4, 6), True)
    np.testing.assert_array_equal(photograph.read(), pixels())


@pytest.mark.parametrize("name", ["val/a.png", "/data/val/a.png", "../x/a.png", "C:\\val\\a.png"])
def test_directories_in_names_may_be_missing_and_never_lead_outside(name, tmp_path):
    save(tmp_path / "images" / "a.png", pixels())
    save(tmp_path / "x" / "a.png", pixels(9, 9))
    photograph = photographs.locate(tmp_path / "images", entry(name))
    assert photograph.path == tmp_path / "images" / "a.png"


def test_names_with_directories_are_found_there_first(tmp_path):
    save(tmp_path / "a.png", pixels())
    save(tmp_path / "val" / "a.png", pixels(2, 2))
    assert photographs.locate(tmp_path, entry("val/a.png")).size == (2, 2)


def test_orientation_counts_unless_the_stored_size_is_stated(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    save(tmp_path / "a.png", pixels(), exif=exif)
    for size, seen in ((None, (6, 4)), ((6, 4), (6, 4)), ((4, 6), (4, 6))):
        photograph = photographs.locate(tmp_path, entry("a.png", size=size))
        assert photograph.size == seen
        assert photograph.read().shape == (*seen, 3)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1", "LA"])
def test_reads_every_kind_as_rgb(mode, tmp_path):
    path = tmp_path / ("a.tiff" if mode == "CMYK" else "a.png")
    Image.fromarray(pixels()).convert(mode).save(path)
    assert photographs.locate(tmp_path, entry(path.name)).read().shape == (4, 6, 3)


def test_transparent_becomes_white(tmp_path):
    save(tmp_path / "a.png", np.zeros((2, 2, 4), np.uint8))
    assert (photographs.locate(tmp_path, entry("a.png")).read() == 255).all()


def test_says_what_is_missing_or_wrong(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"expected the image 'a\.jpg', received none"):
        photographs.locate(tmp_path, entry("a.jpg", "\0", "x" * 5000))
    save(tmp_path / "a.png", pixels())
    with pytest.raises(
        InputError, match=r"expected 9 x 8 pixels as the keypoint .* received 6 x 4"
    ):
        photographs.locate(tmp_path, entry("a.png", size=(8, 9)))
    (tmp_path / "b.png").write_text("<html>")
    with pytest.raises(InputError, match=r"b\.png: expected an image, received: cannot identify"):
        photographs.locate(tmp_path, entry("b.png"))
    monkeypatch.setattr(photographs, "MAX_PIXELS", 20)
    with pytest.raises(InputError, match=r"a\.png: expected at most 20 pixels, received 6 x 4"):
        photographs.locate(tmp_path, entry("a.png"))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["jpeg", "png", "tiff", "webp", "gif", "bmp"]),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=5),
    st.integers(1, 4000),
)
def test_damaged_images_are_read_or_refused(tmp_path, form, patches, cut):
    path = tmp_path / "a"
    Image.fromarray(pixels(20, 20)).save(path, form)
    data = bytearray(path.read_bytes())
    for place, value in patches:
        data[place % len(data)] = value
    path.write_bytes(bytes(data[:cut]))
    for read in (
        lambda: photographs.locate(tmp_path, entry("a")).read(),
        lambda: photographs.read_labels(path),
    ):
        message = refusal(read)
        assert message is None or message.startswith(str(path))
