import numpy as np
import pytest
from PIL import Image

from hps_tf.data.synthetic import STYLES, background
from hps_tf.errors import InputError


@pytest.mark.parametrize("size", [17, 64, 256])
@pytest.mark.parametrize("style", ["a", "b"])
def test_drawn_backgrounds_fill_the_image_and_vary(rng, style, size):
    images = [background.draw(rng, STYLES[style], size) for _ in range(8)]
    assert {image.shape for image in images} == {(size, size, 3)}
    assert {image.dtype for image in images} == {np.dtype(np.uint8)}
    assert min(image.std() for image in images) > 1
    means = np.array([image.mean(axis=(0, 1)) for image in images])
    assert means.std(axis=0).min() > 10


def test_busy_style_has_more_edges(rng):
    def edges(style):
        images = [background.draw(rng, STYLES[style], 64).astype(float) for _ in range(20)]
        return np.mean([np.abs(np.diff(image, axis=1)).mean() for image in images])

    assert edges("b") > 1.5 * edges("a")


def test_textures_fill_the_image(rng):
    image = background.textured(rng, STYLES["a"], 48)
    assert (image.shape, image.dtype) == ((48, 48, 3), np.uint8)


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "more").mkdir()
    colours = np.zeros((40, 60, 3), np.uint8)
    colours[..., 0] = np.arange(60) * 4
    colours[..., 1] = np.arange(40)[:, None] * 6
    Image.fromarray(colours).save(tmp_path / "more" / "b.png")
    Image.fromarray(colours).save(tmp_path / "a.JPG", "JPEG")
    (tmp_path / "notes.txt").write_text("no photograph")
    return tmp_path


def test_photographs_are_found_in_order_of_their_names(directory):
    assert background.list_photographs(directory) == ["a.JPG", "more/b.png"]


def test_piece_of_a_photograph_is_a_square_of_it(rng, directory):
    photograph = background.read(directory, "more/b.png")
    spans = []
    for _ in range(40):
        image = background.piece(rng, photograph, 24).astype(int)
        assert image.shape == (24, 24, 3)
        # Red grows along x by 4 a pixel, green along y by 6: the same scale on both axes.
        red, green = image[12, -1, 0] - image[12, 0, 0], image[-1, 12, 1] - image[0, 12, 1]
        assert abs(red) / 4 == pytest.approx(green / 6, abs=2)
        spans.append(red / 4)
    assert min(spans) < -10
    assert max(spans) > 30
    assert np.std(np.abs(spans)) > 4


def test_directory_without_photographs_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"expected photographs \(.jpg, .jpeg, .png\), received"):
        background.list_photographs(tmp_path)
    with pytest.raises(InputError, match="expected a directory of photographs, received none"):
        background.list_photographs(tmp_path / "none")


def test_damaged_photograph_is_named(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"bad.jpg: expected an image"):
        background.read(tmp_path, "bad.jpg")
