import dataclasses

import numpy as np
import pytest

from hps_tf.body import load_default
from hps_tf.data.images import image_dataset
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.synthetic import Generator, Group
from hps_tf.rendering.colour import to_uint8
from hps_tf.visualization import labelled_sheet, palette
from tests.data.synthetic.conftest import pixels, standing

SIZE = 112  # Enlarged twice.
MARGIN, TITLE = 20, 36


@pytest.fixture(scope="module")
def body():
    return load_default(3000)


@pytest.fixture(scope="module")
def examples():
    return Generator(SIZE, num_vertices=3000)(Group("train", 0, standing(5), 5))


def cell(sheet, column=0):
    """Image and labels of an example of the first row."""
    left = MARGIN + column * (4 * SIZE + 6)
    top = MARGIN + TITLE
    picture = sheet[top : top + 2 * SIZE, left : left + 4 * SIZE]
    return picture[:, : 2 * SIZE], picture[:, 2 * SIZE :]


def test_image_is_shown_as_it_is(examples, body):
    sheet = labelled_sheet.of_examples(examples, SIZE, body, 2, title="People")
    image, _ = cell(sheet, column=1)
    decoded = pixels(examples[1]).astype(int)
    # TensorFlow and Pillow spread a JPEG's colours over its pixels by different rules.
    assert np.abs(image[::2, ::2].astype(int) - decoded).mean() < 1.5
    np.testing.assert_array_equal(image[::2], image[1::2])


def test_parts_have_their_colours_over_the_image(examples, body):
    example = dataclasses.replace(examples[0], pose=None, shape=None, translation=None)
    example = dataclasses.replace(example, keypoint_weights=np.zeros(17))
    _, labelled = cell(labelled_sheet.of_examples([example], SIZE, body, 1, title="People"))
    image, labels = pixels(example).astype(float), example.part_labels
    expected = np.where(
        labels[..., None] > 0, 0.45 * image + 0.55 * 255 * palette.PART_COLOURS[labels], image
    )
    assert np.abs(labelled[::2, ::2] - expected).mean() < 1.5
    assert np.abs(labelled[::2, ::2] - expected)[labels > 0].max() < 10


def test_outline_lies_just_outside_of_the_parts(examples, body):
    (example,) = [e for e in examples if (e.keypoint_weights > 0).all()][:1]
    bare = dataclasses.replace(example, keypoint_weights=np.zeros(17))
    without = dataclasses.replace(bare, pose=None, shape=None, translation=None)
    (_, outlined), (_, plain) = (
        cell(labelled_sheet.of_examples([e], SIZE, body, 1, title="")) for e in (bare, without)
    )
    outline = (outlined != plain).any(axis=-1)
    assert (outlined[outline] == 255).all()
    mask = np.pad((example.part_labels > 0).repeat(2, 0).repeat(2, 1), 2)
    near = np.any(
        [np.roll(mask, (dy, dx), (0, 1)) for dy in (-2, 0, 2) for dx in (-2, 0, 2)], axis=0
    )
    assert np.count_nonzero(outline) > 200
    assert (outline & ~near[2:-2, 2:-2]).sum() <= 0.25 * outline.sum()


def test_dots_are_at_labelled_keypoints_alone(examples, body):
    weights = np.zeros(17)
    weights[9] = 1.0
    example = dataclasses.replace(
        examples[0], keypoint_weights=weights, pose=None, shape=None, translation=None
    )
    without = dataclasses.replace(example, keypoint_weights=np.zeros(17))
    (_, dotted), (_, plain) = (
        cell(labelled_sheet.of_examples([e], SIZE, body, 1, title="")) for e in (example, without)
    )
    rows, columns = np.nonzero((dotted != plain).any(axis=-1))
    centre = 2 * (example.keypoints_2d[9] + 0.5) - 0.5
    assert np.abs([columns.mean(), rows.mean()] - centre).max() < 1
    assert max(np.ptp(rows), np.ptp(columns)) < 9


def test_dataset_is_drawn_from_its_first_example_to_its_last(tmp_path, examples, body):
    image_dataset.write(
        tmp_path / "data",
        {"train": examples},
        image_size=SIZE,
        num_shape=16,
        body="default",
        settings={},
        dropped={},
    )
    dataset = ImageDataset(tmp_path / "data", "train")
    drawn = labelled_sheet.of_dataset(dataset, 2, body, 2, title="All")
    ends = [examples[0], examples[-1]]
    expected = labelled_sheet.of_examples(ends, SIZE, body, 2, title="All")
    np.testing.assert_array_equal(drawn, expected)
    without_body = labelled_sheet.of_dataset(dataset, 2, None, 2, title="All")
    assert (without_body != drawn).any()
    paper = to_uint8(np.array(palette.PAPER))
    np.testing.assert_array_equal(drawn[0, 0], paper)
