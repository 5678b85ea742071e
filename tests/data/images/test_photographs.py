import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from hps_tf.data.images import photographs
from hps_tf.data.keypoints.people import ImageEntry
from hps_tf.errors import InputError
from tests import mutations
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


@pytest.mark.parametrize("stored", ["IMG_1.JPG", "img_1.jpg", "IMG_1.jpg"])
def test_names_are_found_in_upper_and_lower_case(stored, tmp_path):
    save(tmp_path / stored, pixels())
    assert photographs.locate(tmp_path, entry("IMG_1.jpg")).path == tmp_path / stored


def test_of_names_that_differ_in_case_alone_the_exact_one_is_found(tmp_path):
    save(tmp_path / "A.JPG", pixels())
    save(tmp_path / "a.jpg", pixels(9, 9))
    assert photographs.locate(tmp_path, entry("a.jpg")).size == (9, 9)
    save(tmp_path / "b.PNG", pixels(2, 2))  # Since the directory was listed first.
    assert photographs.locate(tmp_path, entry("b.png")).size == (2, 2)


@pytest.mark.parametrize(
    "exif", [b"\0\10\0\2\1\x12\0\3", b"MM\0*\0\0", b"II*\0\xff\xff\xff\xff", b"x"]
)
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_an_image_whose_exif_is_damaged_is_upright(exif, suffix, tmp_path):
    path = save(tmp_path / f"a.{suffix}", pixels(), exif=exif)
    plain = save(tmp_path / f"plain.{suffix}", pixels())
    photograph = photographs.at(path)
    assert photograph.size == (4, 6)
    np.testing.assert_array_equal(photograph.read(), photographs.at(plain).read())


@pytest.mark.parametrize("suffix", ["png", "tiff"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_once(orientation, suffix, tmp_path, monkeypatch):
    monkeypatch.setattr(photographs, "_BAND_PIXELS", 7)  # A row at a time.
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = Image.fromarray(pixels())
    upright.getexif()[0x0112] = orientation
    upright = ImageOps.exif_transpose(upright)
    photograph = photographs.at(save(tmp_path / f"a.{suffix}", pixels(), exif=exif))
    assert photograph.size == (upright.height, upright.width)
    np.testing.assert_array_equal(photograph.read(), np.asarray(upright))


@pytest.mark.parametrize("suffix", ["png", "tiff"])
@pytest.mark.parametrize("orientation", range(5, 9))
def test_orientation_counts_unless_the_stored_size_is_stated(orientation, suffix, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    name = save(tmp_path / f"a.{suffix}", pixels(), exif=exif).name
    for size, seen in ((None, (6, 4)), ((6, 4), (6, 4)), ((4, 6), (4, 6))):
        photograph = photographs.locate(tmp_path, entry(name, size=size))
        assert photograph.size == seen
        assert photograph.read().shape == (*seen, 3)
    np.testing.assert_array_equal(photograph.read(), pixels())


@pytest.mark.parametrize("kind", ["png", "webp", "gif"])
def test_a_large_image_takes_at_most_20_bytes_per_pixel(kind, tmp_path):
    path = tmp_path / f"a.{kind}"
    Image.new("P" if kind == "gif" else "RGB", (2048, 2048)).save(path)
    most = 20 * 2048 * 2048
    assert mutations.read_or_refused(photographs.at(path).read, InputError, most).any() == 0


def test_webp_has_a_limit_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(photographs, "_MAX_PIXELS_OF_WEBP", 20)
    assert photographs.at(save(tmp_path / "a.png", pixels())).size == (4, 6)
    with pytest.raises(InputError, match=r"a\.webp: expected at most 20 pixels, received 6 x 4"):
        photographs.at(save(tmp_path / "a.webp", pixels()))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1", "LA"])
def test_reads_every_kind_as_rgb(mode, tmp_path):
    path = tmp_path / ("a.tiff" if mode == "CMYK" else "a.png")
    Image.fromarray(pixels()).convert(mode).save(path)
    assert photographs.locate(tmp_path, entry(path.name)).read().shape == (4, 6, 3)


@pytest.mark.parametrize(
    ("values", "suffix", "seen"),
    [
        (np.array([[0, 257, 65535]], np.uint16), "png", [0, 1, 255]),
        (np.array([[0, 257, 65535]], np.uint16), "tiff", [0, 1, 255]),
        (np.array([[0, 514, 65535]], np.int32), "tiff", [0, 2, 255]),
        (np.array([[0.0, 0.4, 1.0]], np.float32), "tiff", [0, 102, 255]),
    ],
)
def test_more_bits_are_brought_to_8(values, suffix, seen, tmp_path):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(values).save(path)
    np.testing.assert_array_equal(photographs.at(path).read()[0, :, 1], seen)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array([[-1, 5]], np.int32), "grey values from 0 to 65535, received -1 to 5"),
        (np.array([[0.0, 255.0]], np.float32), "grey values from 0 to 1, received 0 to 255"),
        (np.array([[0.0, np.nan]], np.float32), "grey values from 0 to 1, received nan to nan"),
    ],
)
def test_other_numbers_are_named(values, message, tmp_path):
    path = tmp_path / "a.tiff"
    Image.fromarray(values).save(path)
    with pytest.raises(InputError, match=f"a.tiff: expected {message}"):
        photographs.at(path).read()


def test_content_decides_and_the_first_picture_is_read(tmp_path):
    frames = [Image.fromarray(np.full((3, 5, 3), value, np.uint8)) for value in (40, 200)]
    frames[0].save(tmp_path / "a.jpg", "GIF", save_all=True, append_images=frames[1:])
    photograph = photographs.at(tmp_path / "a.jpg")
    assert photograph.size == (3, 5)
    assert np.abs(photograph.read().astype(int) - 40).max() < 4


def test_says_what_a_path_is_instead_of_an_image(tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    for name, received in (
        ("empty.jpg", "an empty file"),
        ("a.heic", "HEIC, which this Pillow does not read; save it as JPEG or PNG"),
        ("none.jpg", "no file"),
        ("", "a directory"),
    ):
        with pytest.raises(InputError, match=f"expected an image, received {received}"):
            photographs.at(tmp_path / name)


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
