import json

import numpy as np
import pytest

from hps_tf.data.keypoints.cameras import Intrinsics
from hps_tf.data.keypoints.people import ImageEntry
from hps_tf.errors import InputError

MATRIX = [[700, 0, 319.5], [0, 710, 239.5], [0, 0, 1]]
FIELDS = {"fx": 700, "fy": 710, "cx": 319.5, "cy": 239.5}


@pytest.fixture
def intrinsics(tmp_path):
    def read(content):
        path = tmp_path / "camera.json"
        path.write_text(json.dumps(content))
        return Intrinsics(path)

    return read


@pytest.mark.parametrize("content", [MATRIX, FIELDS, {"a.jpg": FIELDS}, {"x/a.jpg": MATRIX}])
def test_a_matrix_or_its_numbers_are_read_for_all_images_or_by_name(intrinsics, content):
    np.testing.assert_array_equal(intrinsics(content).of(ImageEntry(("x/a.jpg",), 0)), MATRIX)


@pytest.mark.parametrize(
    "content",
    [
        np.transpose(MATRIX).tolist(),
        {"fx": 1.09375, "fy": 1.09375, "cx": 0.5, "cy": 0.5},
        FIELDS | {"fy": 1.46},
        FIELDS | {"fx": -700},
        FIELDS | {"cx": 1e9},
        [[700, 0, 319.5], [0, 700, 239.5], [0, 0, 0]],
        [[700, 0, 319.5], [3, 700, 239.5], [0, 0, 1]],
    ],
    ids=["transposed", "fractions", "half", "mirrored", "far", "no last row", "skewed below"],
)
@pytest.mark.parametrize("by_name", [False, True])
def test_what_is_no_camera_in_pixels_is_refused(intrinsics, content, by_name):
    with pytest.raises(
        InputError, match=r"\[0, 0, 1\]\] in pixels, fx and fy at least 10, received"
    ):
        intrinsics({"a.jpg": content} if by_name else content)
