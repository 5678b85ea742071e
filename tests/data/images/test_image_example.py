import io
import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from hps_tf.data.images import image_example
from hps_tf.data.images.image_example import LABELS
from hps_tf.errors import InputError
from tests.data.image_examples import NUM_SHAPE, SIZE, example, label_fields, picture


def check(checked):
    image_example.check(checked, SIZE, NUM_SHAPE)


def changed(field, place, value):
    """Field with one number changed, of a fresh example."""
    array = np.array(getattr(example(), field), np.float64)
    array[place] = value
    return {field: array}


def huge_png():
    """A few bytes that claim to be an image of ten thousand million pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk


def gif():
    buffer = io.BytesIO()
    Image.new("L", (SIZE, SIZE)).save(buffer, "GIF")
    return buffer.getvalue()


@pytest.mark.parametrize("label", LABELS)
def test_an_example_has_the_labels_whose_fields_it_has(label):
    assert example(labels=(label,)).labels == (label,)
    check(example(labels=(label,)))


def test_labels_come_in_one_order():
    assert example(labels=LABELS[::-1]).labels == LABELS
    assert example(labels=()).labels == ()


@pytest.mark.parametrize(("image_format", "mode"), [("PNG", "RGB"), ("JPEG", "RGB"), ("PNG", "L")])
def test_images_may_be_jpeg_or_png(image_format, mode):
    check(example(image=picture(image_format=image_format, mode=mode)))


def test_what_a_missing_keypoint_holds_does_not_matter():
    for value in (np.nan, np.inf, 1e300):
        check(example(**changed("keypoints_2d", (3, 1), value)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"intrinsics": np.eye(4)}, "'intrinsics': expected shape (3, 3), received (4, 4)"),
        (changed("intrinsics", (0, 2), np.nan), "'intrinsics': expected finite numbers"),
        (
            changed("intrinsics", (0, 1), 0.5),
            "'intrinsics': expected [[f, 0, cx], [0, f, cy], [0, 0, 1]], received [[20.5, 0.5, 8.0]"
            ", [0.0, 20.5, 7.0], [0.0, 0.0, 1.0]]",
        ),
        (changed("intrinsics", (1, 0), 0.5), "'intrinsics': expected [[f, 0, cx], [0, f, cy]"),
        (changed("intrinsics", (1, 1), 20.6), "'intrinsics': expected [[f, 0, cx], [0, f, cy]"),
        (changed("intrinsics", (2, 2), 2), "'intrinsics': expected [[f, 0, cx], [0, f, cy]"),
        (
            {"intrinsics": np.diag([-9.0, -9.0, 1.0])},
            "'intrinsics': expected [[f, 0, cx], [0, f, cy]",
        ),
        ({"image": picture(size=8)}, "'image': expected 16 x 16 pixels, received 8 x 8"),
        ({"image": gif()}, "'image': expected a JPEG or PNG, received something else"),
        ({"image": b""}, "'image': expected a JPEG or PNG, received something else"),
        ({"image": picture()[:20]}, "'image': expected a JPEG or PNG, received"),
        ({"image": huge_png()}, "'image': expected a JPEG or PNG, received"),
        (
            {"image": picture() + bytes(1 << 26)},
            "'image': expected a JPEG or PNG of at most 67108864 bytes, received 67",
        ),
        (
            {"keypoints_2d": np.zeros((16, 2))},
            "'keypoints_2d': expected shape (17, 2), received (16, 2)",
        ),
        (
            changed("keypoints_2d", (4, 1), np.nan),
            "'keypoints_2d': expected finite numbers, received others",
        ),
        (
            {"keypoint_weights": None},
            "'keypoint_weights': expected shape (17,), received none",
        ),
        (
            {"keypoint_weights": np.ones((17, 1))},
            "'keypoint_weights': expected shape (17,), received (17, 1)",
        ),
        (
            changed("keypoint_weights", 5, np.nan),
            "'keypoint_weights': expected numbers from 0 to 1, received nan",
        ),
        (
            changed("keypoint_weights", 5, 2.5),
            "'keypoint_weights': expected numbers from 0 to 1, received 2.5",
        ),
        (
            changed("keypoint_weights", 5, -0.5),
            "'keypoint_weights': expected numbers from 0 to 1, received -0.5",
        ),
        (
            {"part_labels": np.zeros((8, 8), np.uint8)},
            "'part_labels': expected shape (16, 16), received (8, 8)",
        ),
        (
            {"part_labels": np.full((16, 16), 15, np.uint8)},
            "'part_labels': expected numbers from 0 to 14, received 15",
        ),
        ({"pose": np.zeros(72)}, "'pose': expected shape (24, 3), received (72,)"),
        (changed("pose", (0, 0), np.inf), "'pose': expected finite numbers, received others"),
        (changed("pose", (0, 0), 1e39), "'pose': expected finite numbers, received others"),
        ({"shape": None}, "'shape': expected shape (5,), received none"),
        ({"shape": np.zeros(16)}, "'shape': expected shape (5,), received (16,)"),
        (changed("shape", 2, np.nan), "'shape': expected finite numbers, received others"),
        ({"translation": None}, "'translation': expected shape (3,), received none"),
        (changed("translation", 2, np.nan), "'translation': expected finite numbers"),
        (
            {"markers_3d": np.zeros((24, 3))},
            "'markers_3d': expected shape (17, 3), received (24, 3)",
        ),
        (changed("markers_3d", (0, 0), np.nan), "'markers_3d': expected finite numbers"),
    ],
)
def test_says_what_is_wrong_with_which_field_of_which_example(changes, message):
    with pytest.raises(InputError) as error:
        check(example("S1/walk 7", **changes))
    assert str(error.value).startswith("example 'S1/walk 7', field " + message)
    assert "\n" not in str(error.value)
    assert "object at" not in str(error.value)


@pytest.mark.parametrize(
    ("field", "label"),
    [("keypoint_weights", "keypoints_2d"), ("shape", "pose"), ("translation", "pose")],
)
def test_what_comes_with_a_label_does_not_come_alone(field, label):
    fields = label_fields(("keypoints", "pose"))
    message = f"example 'a', field {label!r}: expected it with {field!r}, received none"
    with pytest.raises(InputError, match=re.escape(message)):
        check(example(labels=(), **{field: fields[field]}))


def test_a_name_is_needed():
    with pytest.raises(InputError, match="expected an example with a name, received none"):
        check(example(""))
