import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from hps_tf.data.keypoints import coco_rle
from hps_tf.errors import InputError
from tests.data.keypoint_files import refusal


def encoded(mask):
    rle = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    return {"size": rle["size"], "counts": rle["counts"].decode()}


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 1), st.integers(0, 99))
def test_decodes_what_pycocotools_encodes(height, width, share, seed):
    mask = np.random.default_rng(seed).uniform(size=(height, width)) < share
    np.testing.assert_array_equal(coco_rle.decode(encoded(mask), "m"), mask)


def test_decodes_large_shapes():
    rows, columns = np.mgrid[:256, :256]
    mask = (rows - 100) ** 2 + (columns - 130) ** 2 < 90**2
    decoded = coco_rle.decode(encoded(mask), "m")
    assert decoded.dtype == bool
    np.testing.assert_array_equal(decoded, mask)


def test_decodes_lists_of_runs():
    decoded = coco_rle.decode({"size": [2, 3], "counts": [1, 2, 3]}, "m")
    np.testing.assert_array_equal(decoded, [[False, True, False], [True, False, False]])


@pytest.mark.parametrize(
    ("rle", "message"),
    [
        ([], "m: expected an object, received a list"),
        ({"counts": "a"}, "m: expected field 'size'"),
        ({"size": [2, 2]}, "m: expected field 'counts'"),
        ({"size": [2], "counts": ""}, "m.size: expected height and width, received 1 numbers"),
        ({"size": [2, 10**9], "counts": ""}, "m.size: expected a whole number from 1 to 4096"),
        ({"size": [2, "x"], "counts": ""}, "m.size: expected a whole number"),
        ({"size": [2, 2], "counts": ""}, "fill 2 x 2 pixels, received 0 runs of 0"),
        ({"size": [2, 2], "counts": [5]}, "fill 2 x 2 pixels, received 1 runs of 5"),
        ({"size": [2, 2], "counts": [-1, 5]}, "m.counts: expected a whole number from 0"),
        ({"size": [2, 2], "counts": "ä"}, "m.counts: expected COCO's encoding, received 'ä'"),
        ({"size": [2, 2], "counts": "o"}, "received one that is cut off"),
        ({"size": [2, 2], "counts": "o" * 50}, "expected COCO's encoding, received 'o'"),
        ({"size": [2, 2], "counts": 4}, "m.counts: expected a list, received 4"),
    ],
)
def test_says_what_is_wrong(rle, message):
    with pytest.raises(InputError) as error:
        coco_rle.decode(rle, "m")
    assert re.search(message, str(error.value)), error.value


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200), st.characters()), min_size=1, max_size=4))
def test_damaged_text_is_decoded_or_refused(patches):
    mask = np.zeros((256, 256), bool)
    mask[10:50, 20:90] = True
    rle = encoded(mask)
    counts = list(rle["counts"])
    for place, character in patches:
        counts[place % len(counts)] = character
    damaged = rle | {"counts": "".join(counts)}
    message = refusal(lambda: coco_rle.decode(damaged, "m"))
    assert message is None or message.startswith("m")
