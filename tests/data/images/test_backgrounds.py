import numpy as np
import pytest
from PIL import Image

from hps_tf.data.images import backgrounds
from hps_tf.errors import InputError


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(path)


@pytest.fixture
def directory(tmp_path):
    for index, name in enumerate(("a.png", "b/c.PNG", "d.png")):
        save(tmp_path / name, np.full((60, 90, 3), 40 * (index + 1)))
    (tmp_path / "notes.txt").write_text("no photograph")
    return tmp_path


def test_every_photograph_gives_as_many_crops(directory):
    crops = backgrounds.read(directory, 9, 16, seed=0)
    assert crops.shape == (9, 16, 16, 3)
    assert crops.dtype == np.uint8
    values, counts = np.unique(crops[:, 8, 8, 0], return_counts=True)
    assert (values.tolist(), counts.tolist()) == ([40, 80, 120], [3, 3, 3])
    assert len(np.unique(backgrounds.read(directory, 2, 16, seed=0)[:, 8, 8, 0])) == 2


def test_crops_show_the_photograph_alone_and_differ(tmp_path):
    columns = np.broadcast_to(np.arange(90)[None, :, None], (60, 90, 3))
    save(tmp_path / "a.png", columns)
    crops = backgrounds.read(tmp_path, 200, 20, seed=1).astype(int)
    assert crops.max() < 90
    spans = np.ptp(crops[:, 0, :, 0], axis=1)
    assert spans.min() >= 0.5 * 60 - 4  # From half of the shorter side
    assert spans.max() <= 60  # to all of it.
    is_mirrored = crops[:, 0, 0, 0] > crops[:, 0, -1, 0]
    assert 60 < is_mirrored.sum() < 140
    assert len(np.unique(crops.reshape(200, -1), axis=0)) > 150


def test_a_seed_gives_the_same_crops(directory):
    save(directory / "e.png", np.random.default_rng(0).integers(0, 256, (70, 70, 3)))
    first, again = (backgrounds.read(directory, 5, 16, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert (first != backgrounds.read(directory, 5, 16, seed=4)).any()


def test_says_what_is_wrong(directory, tmp_path):
    with pytest.raises(InputError, match="none: expected a directory with photographs, received"):
        backgrounds.read(tmp_path / "none", 1, 16, seed=0)
    with pytest.raises(
        ValueError, match="`num_crops` and `image_size`: expected positive numbers that fill"
    ):
        backgrounds.read(directory, 10**6, 256, seed=0)
    (directory / "f.jpg").write_text("<html>")
    with pytest.raises(InputError, match=r"f\.jpg: expected an image"):
        backgrounds.read(directory, 9, 16, seed=0)
