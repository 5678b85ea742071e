import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from hps_tf.data.images import photographs

HEIGHT, WIDTH = 48, 64  # A diagonal of 80.
DIAGONAL_35 = np.hypot(36, 24)
ORIENTATION = 0x0112


def save(path, tags, orientation=1):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif.get_ifd(0x8769).update(tags)
    Image.new("RGB", (WIDTH, HEIGHT)).save(path, exif=exif)
    return photographs.at(path)


@pytest.mark.parametrize("orientation", [1, 6])
def test_an_equivalent_focal_length_is_a_share_of_the_diagonal(tmp_path, orientation):
    photograph = save(tmp_path / "a.jpg", {0xA405: 26}, orientation)
    assert photograph.focal_length() == pytest.approx(80 * 26 / DIAGONAL_35)


def test_a_sensor_gives_the_focal_length_where_there_is_no_equivalent(tmp_path):
    # 4 mm before 250 pixels per millimetre are 1000 pixels of 640, that is 100 of 64.
    tags = {0x920A: IFDRational(4), 0xA20E: IFDRational(2500), 0xA210: 3, 0xA002: 640}
    assert save(tmp_path / "a.jpg", tags).focal_length() == pytest.approx(100)
    inches = tags | {0xA20E: IFDRational(6350), 0xA210: 2, 0xA405: 0}
    assert save(tmp_path / "b.jpg", inches).focal_length() == pytest.approx(100)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {0xA405: 0},
        {0xA405: 5},  # Less than any lens has.
        {0x920A: IFDRational(4)},
        {0x920A: IFDRational(4, 0), 0xA20E: IFDRational(2500), 0xA210: 3},
        {0x920A: IFDRational(4), 0xA20E: IFDRational(2500), 0xA210: 9},
    ],
)
def test_what_cannot_be_believed_counts_as_none(tmp_path, tags):
    assert save(tmp_path / "a.jpg", tags).focal_length() is None


def test_an_image_without_exif_has_none(tmp_path):
    Image.new("L", (WIDTH, HEIGHT)).save(tmp_path / "a.png")
    assert photographs.at(tmp_path / "a.png").focal_length() is None
