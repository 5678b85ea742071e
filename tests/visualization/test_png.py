import numpy as np
import pytest
from PIL import Image

from hps_tf.visualization import png


@pytest.mark.parametrize("is_quick", [True, False])
@pytest.mark.parametrize("shape", [(7, 5, 3), (7, 5)])
def test_reloaded_picture_equals_what_was_written(tmp_path, shape, is_quick):
    image = np.random.default_rng(0).integers(256, size=shape, dtype=np.uint8)
    png.write(tmp_path / "picture.png", image, is_quick=is_quick)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "picture.png")), image)
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]


def test_existing_file_survives_a_failure(tmp_path):
    path = tmp_path / "picture.png"
    png.write(path, np.zeros((2, 2, 3), np.uint8))
    before = path.read_bytes()
    with pytest.raises(TypeError):
        png.write(path, np.zeros((2, 2, 5), np.float64))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["picture.png"]
